import Bytes
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing

@Suite("firn gc")
struct CollectCommandTests {
    /// A table of three files, of which two were removed and one of these is open.
    private func scene() throws -> (ScratchStore, Table, OpenDataFile) {
        let scratch = try ScratchStore()
        let table = try scratch.store.createTable("t", TableCreation())
        for (name, value) in [
            ("state.retention.hours", "0"), ("log.retention.hours", "0"), ("state.retention.versions", "1"),
            ("gc.delayMinutes", "0"),
        ] as [(ByteString, ByteString)] { try table.setProperty(name, value) }
        let entries = (1...3).map { ScratchStore.entry($0) }
        for entry in entries { try scratch.store.storage.putIfAbsent(table.key(entry.path), [1]) }
        try table.commit("INGEST", actions: entries.map { .add($0) })
        try table.commit("REMOVE", actions: entries.dropLast().map { ScratchStore.removal($0) })
        try table.checkpoint()
        let open = try table.openDataFile(entries[0].path, id: entries[0].id)
        return (scratch, table, open)
    }

    @Test("a dry run prints the report of the table, for people and for programs, and leaves no trace")
    func dryRun() throws {
        let (scratch, table, handle) = try scene()
        defer { withExtendedLifetime(handle) {} }
        let traces = {
            try ["", "_sessions", "t"].flatMap { try scratch.store.storage.list($0).map(\.name) }
        }
        let before = try traces()
        let plan = try scratch.firn("gc", "--dry-run", scratch.path + "/t")
        let report = String(decoding: try table.garbageReport().text, as: UTF8.self)
        #expect(plan.status == 0 && plan.output == report)
        let lines = plan.output.split(separator: "\n")
        #expect(lines[0] == "# t at version 6: 2 files without references (2.0 KiB), 1 may go now (1002 B)")
        #expect(lines[2] == "# path\tbytes\tlive in versions\tremoved\twhat becomes of it")
        #expect(lines.count == 5)
        #expect(lines[3].hasPrefix("data/20240101T000000Z-0000000000000001.parquet\t1001\t5\t"))
        #expect(
            lines[3].contains(
                "Z\twaits: open in session \(scratch.store.session.id) (test, pid \(Processes.currentID) on ")
        )
        #expect(lines[4].hasSuffix("Z\tgoes: nothing holds it"))
        let json = try scratch.firn("gc", "-n", "--json", scratch.path + "/t")
        #expect(json.output == String(decoding: try table.garbageReport().json, as: UTF8.self))
        #expect(json.output.contains(#""freeCount":1,"freeBytes":1002,"files":["#), "\(json.output)")
        let limited = try scratch.firn("gc", "-n", "--limit", "1", scratch.path + "/t").output
        #expect(limited.hasSuffix("# and 1 file more\n") && limited.split(separator: "\n").count == 5)
        #expect(try traces() == before)
    }

    @Test("a run says what went and what waits")
    func run() throws {
        var (scratch, table, handle): (ScratchStore, Table, OpenDataFile?) = try scene()
        let first = try scratch.firn("gc", scratch.path + "/t")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.hasPrefix("deleted: 1 file (1002 B), "), "\(first.output)")
        #expect(first.output.contains("\nwaiting: 1 file (1001 B); firn gc --dry-run tells for what\n"))
        handle = nil
        try scratch.store.session.beat()
        #expect(handle == nil)
        let second = try scratch.firn("gc", "--json", scratch.path + "/t")
        #expect(second.output.contains(#""deletedFiles":1,"deletedBytes":1001,"#), "\(second.output)")
        #expect(try table.refresh().garbage.isEmpty)
        #expect(try scratch.firn("gc", scratch.path + "/t").output.hasPrefix("deleted: 0 files (0 B), "))
    }

    @Test(
        "mistakes are exit status 2",
        arguments: [["gc"], ["gc", "a/b", "--limit", "few"], ["gc", "a/b", "--limit", "-1"]])
    func mistakes(words: [String]) throws {
        let result = try FirnCommand.run(words.map { ByteString($0) })
        #expect(result.status == 2, "\(result)")
    }
}
