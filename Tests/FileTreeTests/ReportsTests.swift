import Bytes
import Compaction
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("reports as files")
struct ReportsTests {
    @Test("each kind is there in each form, has its exact size, and tells what the command tells")
    func forms() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        try table.split("", at: "3")
        let kinds: [(ReportKind, String)] = [(.files, "files"), (.partitions, "partitions"), (.jobs, "jobs")]
        let forms: [(ReportForm, String)] = [(.text, "txt"), (.json, "json"), (.csv, "csv")]
        #expect(
            client.list("t/reports")
                == kinds.flatMap { kind in forms.map { "\(kind.1).\($0.1)" } }.sorted())
        for (kind, name) in kinds {
            for (form, ending) in forms {
                var expected: [UInt8] = []
                table.writeReports([kind], form) { expected += $0 }
                let path = "t/reports/\(name).\(ending)"
                #expect(client.read(path) == String(decoding: expected, as: UTF8.self), "\(path)")
                #expect(client.attributes(path)?.sizeBytes == UInt64(expected.count), "\(path)")
            }
        }
        #expect(client.read("t/reports/partitions.csv").contains("id-to-3"))
        #expect(client.entry("t/reports/files.xml").error?.code == Errno.enoent.rawValue)
    }

    @Test("what is found out between two versions is in the next picture, a second later at most")
    func betweenVersions() throws {
        let clock = ManualClock()
        let client = try TreeClient(clock: clock)
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        client.copy("id\n0\n1\n1\n1\n1\n9\n", to: "t/ingest/a.csv")
        _ = try table.perform(.split(partition: nil, at: "1"), user: 0)
        _ = try table.perform(.split(partition: "id-from-1", at: "2"), user: 0)
        try table.setProperty("compaction.strategy", "off")
        try table.setProperty("partition.splitThresholdRows", "3")
        func leaf() -> String {
            let lines = client.read("t/reports/partitions.csv").split(separator: "\n")
            return lines.first { $0.hasPrefix("id-from-1/id-to-2,") }.map(String.init) ?? "(none)"
        }
        #expect(leaf().contains(",due"), "\(leaf())")
        let version = table.state.version
        #expect(table.compactor.runOnce() == 0)
        #expect(table.state.version == version && table.compactor.unsplittable.count == 1)
        clock.advance(milliseconds: 1_000)
        #expect(leaf().contains(",unsplittable"), "\(leaf())")
    }

    @Test("a report is of the newest version, and a picture that is open stays what it was")
    func pictures() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        let old = try #require(client.entry("t/reports/files.json").entry)
        let before = client.read("t/reports/files.json")
        client.copy("k\n2\n", to: "t/ingest/b.csv")
        #expect(client.read("t/reports/files.json").contains("\"files\":2"))
        let handle = try #require(
            client.ask(.open) { client.tree.open(old.node, flags: 0, client.context, $0) }.opened?.handle)
        let bytes = client.ask(.read) {
            client.tree.read(old.node, handle, offset: 0, count: 1 << 20, client.context, $0)
        }.bytes
        #expect(bytes == Array(before.utf8))
    }
}
