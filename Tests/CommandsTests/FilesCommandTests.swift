import Bytes
import JSON
import Platform
import TestKit
import Testing

@Suite("firn files")
struct FilesCommandTests {
    private func firn(_ words: ByteString...) throws -> (status: Int32, output: String, errors: String) {
        try FirnCommand.run(words)
    }

    /// A table by day with a file of each of three days and one of none, made of version files by hand.
    private func table() throws -> (directory: TemporaryDirectory, address: ByteString) {
        let directory = try TemporaryDirectory("files")
        let schema =
            #"{"columns": [{"name": "id", "type": "int64"}, {"name": "day", "type": "date"}]}"#
        try directory.write("schema.json", Array(schema.utf8))
        let address = directory.path + "/t"
        let made = try firn(
            "create", address, "--partition-by=day", "--schema", directory.file("schema.json"))
        #expect(made.status == 0, "\(made.errors)")
        return (directory, address)
    }

    private func log(_ address: ByteString, _ version: Int, _ lines: [String]) throws {
        let head =
            #"{"commitInfo":{"id":"0000000000000000000000000000000\#(version)","version":\#(version),"ordinal":0,"#
            + #""timestamp":\#(1_700_000_000_000 + version),"operation":"TEST"}}"#
        var text = ([head] + lines).map { $0 + "\n" }.joined()
        text += #"{"end":{"lines":\#(lines.count + 1),"crc32":"\#(Self.crc(text))"}}"# + "\n"
        let name = ByteString("/_transaction_log/" + String(repeating: "0", count: 19) + "\(version).json")
        let file = try FileDescriptor.open(address + name, [.writeOnly, .create, .truncate])
        try file.write(Array(text.utf8))
    }

    /// CRC-32 bit by bit.
    private static func crc(_ text: String) -> String {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in text.utf8 {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return Hex.string(UInt64(~value), width: 8)
    }

    private func add(_ number: Int, _ day: String?) -> String {
        let directory = day.map { "day=\($0)" } ?? "day=__HIVE_DEFAULT_PARTITION__"
        let path = "data/\(directory)/20240101T000000Z-\(Hex.string(UInt64(number))).parquet"
        return #"{"add":{"path":"\#(path)","partitionValues":{"day":\#(day.map { "\"\($0)\"" } ?? "null")},"#
            + #""size":\#(number * 10),"modificationTime":34,"dataChange":true,"numRecords":\#(number),"fileId":"\#(Hex.string(UInt64(number)))"}}"#
    }

    @Test("files are listed, by column, as JSON, by filter and by version; what is passed over is counted")
    func listing() throws {
        let (directory, address) = try table()
        _ = directory
        try log(address, 1, [add(1, "2024-01-01"), add(2, "2024-01-02"), add(3, nil)])
        try log(address, 2, [add(4, "2024-01-01")])
        let all = try firn("files", address)
        #expect(all.status == 0, "\(all.errors)")
        try #require(all.output.split(separator: "\n").count == 4)
        #expect(
            all.output.split(separator: "\n")[0]
                == "data/day=2024-01-01/20240101T000000Z-0000000000000001.parquet\t10\t1\tday=2024-01-01\t1\t2023-11-14T22:13:20.001Z"
        )
        let some = try firn("files", address, "--where", "day = '2024-01-01'", "--columns", "rows,bytes")
        #expect(some.output == "1\t10\n4\t40\n")
        #expect(
            some.errors.contains("2 files at version 2; passed over: 0 of 0 manifests, 2 files by partition"))
        #expect(
            try firn("files", address, "--where=day = DATE '2024-01-01'", "--version=1", "--columns=rows")
                .output == "1\n")
        #expect(try firn("files", address, "--where", "day IS NULL", "--columns", "rows").output == "3\n")
        let lines = try firn("files", address, "--json", "--where", "day is null").output
        let object = try JSONValue.parse(Array(lines.utf8.dropLast()))
        #expect(object["rows"]?.int64Value == 3 && object["partition"]?["day"]?.isNull == true)
        #expect(try firn("files", address, "--long").output.hasPrefix("path\tbytes\trows\t"))
    }

    @Test("the explanation tells which manifests were read, which were not and why")
    func explanation() throws {
        let (directory, address) = try table()
        _ = directory
        try log(address, 1, [add(1, "2024-01-01"), add(2, "2024-01-02")])
        #expect(try firn("checkpoint", address).status == 0)
        try log(address, 2, [add(4, "2024-02-01")])
        let text = try firn("files", address, "--where", "day > '2024-01-15'", "--explain")
        #expect(text.status == 0, "\(text.errors)")
        #expect(
            text.output.hasPrefix(
                "t at version 2: state 1 and 1 version after it (1 file added, 0 removed)\n"))
        #expect(text.output.contains(".avro: 2 files, skipped: day is 2024-01-01 to 2024-01-02\n"))
        #expect(text.output.hasSuffix("files listed: 1\n"))
        let json = try firn("files", address, "--where", "day > '2024-01-01'", "--explain", "--json").output
        let object = try JSONValue.parse(Array(json.utf8.dropLast()))
        #expect(object["manifests"]?.arrayValue?.first?["read"]?.boolValue == true)
        #expect(object["filesListed"]?.int64Value == 2)
        #expect(object["filesSkippedByPartitionValues"]?.int64Value == 1)
    }

    @Test("a mistake in a filter is exit status 2 with a caret; a table that is not there is 1")
    func mistakes() throws {
        let (directory, address) = try table()
        let wrong = try firn("files", address, "--where", "day = today")
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("'today'\n  day = today\n        ^\n"), "\(wrong.errors)")
        #expect(try firn("files", address, "--columns", "path,size").status == 2)
        #expect(try firn("files", address, "--version", "x").status == 2)
        #expect(try firn("files", address, "--version", "9").status == 1)
        #expect(try firn("files", directory.path + "/absent").status == 1)
        #expect(try firn("files", "/absent/t").errors.contains("does not exist"))
    }
}
