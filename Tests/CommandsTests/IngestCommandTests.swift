import Bytes
import JSON
import Platform
import TestKit
import Testing

@Suite("firn ingest")
struct IngestCommandTests {
    private let directory: TemporaryDirectory
    private let address: ByteString

    init() throws {
        directory = try TemporaryDirectory("ingest-command")
        address = directory.path + "/flights"
        let created = try FirnCommand.run(["create", address, "--partition-by", "day"])
        #expect(created.status == 0, "\(created.errors)")
    }

    private func ingest(_ words: ByteString...) throws -> (status: Int32, output: String, errors: String) {
        try FirnCommand.run(["ingest", address] + words)
    }

    private func file(_ name: ByteString, _ text: String) throws -> ByteString {
        try directory.write(name, Array(text.utf8))
        return directory.file(name)
    }

    private func described(_ key: String) throws -> JSONValue? {
        let result = try FirnCommand.run(["describe", "--json", address])
        return try JSONValue.parse(Array(result.output.utf8))[ByteString(key)]
    }

    @Test("each file is a commit, is known again, and stays where it is")
    func files() throws {
        let a = try file("a.csv", "day,id\n1,1\n2,2\n")
        let b = try file("b.csv", "day,id\n1,3\n")
        let first = try ingest(a, b)
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            first.output == "a.csv: 2 rows, version 1, 2 data files\nb.csv: 1 row, version 2, 1 data file\n")
        let again = try ingest(a, try file("c.csv", ""), try file("d.csv", "day,id\n"))
        #expect(again.status == 0)
        #expect(
            again.output
                == "a.csv: taken before, in version 1\nc.csv: empty\nd.csv: 0 rows, version 3, 0 data files\n"
        )
        #expect(try FileDescriptor.open(a, [.readOnly]).readToEnd() == Array("day,id\n1,1\n2,2\n".utf8))
        #expect(try described("rows") == 3)
    }

    @Test("a file that cannot be taken is refused with place, reason and remedy; the others are taken")
    func refusals() throws {
        let good = try file("good.csv", "day,id\n1,1\n")
        let bad = try file("bad.csv", "day,id\n1,2\n1,x\n")
        let result = try ingest(
            good, bad, directory.file("absent.csv"), try file("last.csv", "day,id\n1,4\n"))
        #expect(result.status == 1)
        #expect(
            result.output
                == "good.csv: 1 row, version 1, 1 data file\nlast.csv: 1 row, version 2, 1 data file\n")
        #expect(result.errors.contains("bad.csv: line 3, column 3: "), "\(result.errors)")
        #expect(
            result.errors.contains("expected int64, found x\n      correct the value"), "\(result.errors)")
        #expect(result.errors.contains("absent.csv: No such file or directory"), "\(result.errors)")
        #expect(result.errors.hasSuffix("firn: 2 of 4 files were refused\n"), "\(result.errors)")
        let missing = try FirnCommand.run(["ingest", directory.path + "/none", good])
        #expect(missing.status == 1 && missing.errors.contains("none"), "\(missing)")
    }

    @Test("together, all files are one commit or nothing is")
    func together() throws {
        let a = try file("a.csv", "day,id\n1,1\n")
        let b = try file("b.csv", "day,id\n1,2\n")
        let bad = try file("bad.csv", "day,id\n1,x,9\n")
        let refused = try ingest("--together", a, b, bad)
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("bad.csv"), "\(refused.errors)")
        #expect(try described("version") == 0)
        let taken = try ingest("--together", a, b)
        #expect(taken.output == "2 files: 2 rows, version 1, 1 data file\n")
        #expect(try ingest("--together", a, directory.file("absent")).status == 1)
    }

    @Test("a name gives the values of its directories, and a directory gives its files by their paths")
    func names() throws {
        let one = try file("one.csv", "id\n1\n")
        let named = try ingest("--name", "day=7/x.csv", one)
        #expect(named.output == "day=7/x.csv: 1 row, version 1, 1 data file\n", "\(named.errors)")
        for path in [
            "export/day=8/a.csv", "export/day=8/_SUCCESS", "export/.hidden/b.csv", "export/day=9/c.csv",
        ] {
            _ = try file(ByteString(path), "id\n\(path.count)\n")
        }
        let all = try ingest(directory.file("export"))
        #expect(
            all.output
                == "day=8/a.csv: 1 row, version 2, 1 data file\nday=9/c.csv: 1 row, version 3, 1 data file\n",
            "\(all.errors)")
        let files = try FirnCommand.run(["files", address])
        for day in 7...9 { #expect(files.output.contains("day=\(day)/"), "\(files.output)") }
    }

    @Test("as JSON, a line a file says what became of it")
    func json() throws {
        let good = try file("good.csv", "day,id\n1,1\n")
        let bad = try file("bad.csv", "day,id\n1,2\n1,x\n")
        let result = try ingest("--json", good, bad, good)
        let lines = try result.output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        #expect(result.status == 1 && lines.count == 3, "\(result)")
        #expect(lines[0]["outcome"] == "committed" && lines[0]["rows"] == 1 && lines[0]["version"] == 1)
        #expect(lines[1]["outcome"] == "refused" && lines[1]["line"] == 3 && lines[1]["errno"] == "EBADMSG")
        #expect(lines[2]["outcome"] == "duplicate" && lines[2]["version"] == 1)
    }
}
