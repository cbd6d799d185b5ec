import Bytes
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("Files and partitions that leave a table")
struct RemovalTests {
    private func sample(kind: TableKind = .append) throws -> VerbTable {
        let fixture = try VerbTable(kind: kind, partitioned: true)
        try fixture.add(
            fixture.file(1, day: 1), fixture.file(2, day: 1, region: "us"), fixture.file(3, day: 2),
            fixture.file(4, day: 10, region: "us"))
        try fixture.add(fixture.file(5, day: 1, span: 20))
        return fixture
    }

    @Test("files go by the paths of the log or of a mount, once each; what is not live is told apart")
    func paths() throws {
        let fixture = try sample()
        let first = fixture.file(1, day: 1)
        let shown = "live/" + ByteString(first.path.bytes.dropFirst(5))
        let outcome = try fixture.perform(.remove(paths: [first.path, shown, fixture.file(3, day: 2).path]))
        #expect(outcome.plan.removed.map(\.path) == [first.path, fixture.file(3, day: 2).path].sorted())
        #expect(outcome.plan.removed.map(\.rowCount) == [10, 10])
        let text = String(decoding: outcome.text, as: UTF8.self)
        #expect(text.hasPrefix("2 files are removed: 2 files go (204 B, 20 rows)\n"), "\(text)")
        #expect(fixture.table.state.garbage[first.id] != nil)
        let gone = try fixture.refusal(.remove(paths: [shown]))
        #expect(gone.errno == .estale && gone.message.contains("was removed in version 3"), "\(gone)")
        let unknown = try fixture.refusal(
            .remove(paths: [fixture.file(2, day: 1, region: "us").path, "data/x"]))
        #expect(unknown.errno == .enoent && unknown.message.contains("data/x"), "\(unknown)")
    }

    @Test("a filter removes files all of whose rows match, and is refused where some may not")
    func filters() throws {
        let fixture = try sample()
        let partial = try fixture.refusal(
            .removeMatching(filter: "day = 1 AND k < 10", keepingPartial: false))
        #expect(partial.message.contains(fixture.file(5, day: 1).path.display), "\(partial)")
        #expect(partial.message.contains("--keep-partial"), "\(partial)")
        let kept = try fixture.perform(.removeMatching(filter: "day = 1 AND k < 10", keepingPartial: true))
        #expect(
            Set(kept.plan.removed.map(\.path))
                == [fixture.file(1, day: 1).path, fixture.file(2, day: 1, region: "us").path])
        let days = try fixture.perform(.removeMatching(filter: "day >= 2", keepingPartial: false))
        #expect(days.plan.removed.count == 2)
        #expect(
            try fixture.perform(.removeMatching(filter: "day = 77", keepingPartial: false)).hasNothingToDo)
        let wrong = try fixture.refusal(.removeMatching(filter: "dya = 1", keepingPartial: false))
        #expect(wrong.errno == .einval && wrong.message.contains("dya"), "\(wrong)")
        #expect(try fixture.paths() == [fixture.file(5, day: 1).path])
    }

    @Test("a partition goes by its whole path or by its first columns, never by a part of a value")
    func partitions() throws {
        let fixture = try sample()
        let one = try fixture.perform(.dropPartition("day=1/region=us"))
        #expect(one.plan.removed.map(\.path) == [fixture.file(2, day: 1, region: "us").path])
        let day = try fixture.perform(.dropPartition("day=1/"))
        #expect(day.plan.removed.count == 2)
        #expect(
            try fixture.paths() == [
                fixture.file(3, day: 2).path, fixture.file(4, day: 10, region: "us").path,
            ])
        for word in ["day=1", "region=us", "day=", "", "day=1/region=us/x"] as [ByteString] {
            let error = try fixture.refusal(.dropPartition(word))
            #expect(error.errno == .enoent && error.message.contains("day=…/region=…"), "\(error)")
        }
        let plain = try VerbTable()
        #expect(try plain.refusal(.dropPartition("day=1")).errno == .einval)
    }

    @Test("of an upsert table no file goes that hides older rows; a whole partition and the oldest file may")
    func upsert() throws {
        let fixture = try VerbTable(kind: .upsert, partitioned: true)
        try fixture.add(fixture.file(1, day: 1, span: 30))
        try fixture.add(fixture.file(20, day: 1, span: 30))
        try fixture.add(fixture.file(100, day: 1))
        try fixture.add(fixture.file(21, day: 2))
        let hiding = try fixture.refusal(.remove(paths: [fixture.file(20, day: 1).path]))
        #expect(hiding.errno == .eopnotsupp && hiding.message.contains("would come back"), "\(hiding)")
        #expect(hiding.message.contains(fixture.file(1, day: 1).path.display), "\(hiding)")
        // Nothing older has its keys; the other keys of the partition do not matter.
        _ = try fixture.perform(.remove(paths: [fixture.file(100, day: 1).path]))
        _ = try fixture.perform(.remove(paths: [fixture.file(1, day: 1).path]))
        try fixture.add(fixture.file(22, day: 1, span: 30))
        _ = try fixture.perform(.dropPartition("day=1"))
        #expect(try fixture.paths() == [fixture.file(21, day: 2).path])
    }

    @Test("a line of words is read as the command line is, and what is wrong with it is said")
    func words() throws {
        func read(_ verb: ByteString, _ line: ByteString) throws(StoreError) -> VerbRequest {
            try VerbLine(verb: verb, line: line).request
        }
        #expect(try read("tag", "3 good") == .tag(version: "3", name: "good", moving: false))
        #expect(try read("tag", " --move  3 good ") == .tag(version: "3", name: "good", moving: true))
        #expect(try read("tag", "--delete good") == .deleteTag(name: "good"))
        #expect(try read("restore", "good --dry-run") == .restore(version: "good"))
        #expect(try read("remove", "a b") == .remove(paths: ["a", "b"]))
        #expect(
            try read("remove", "--keep-partial --where  name = 'a  --dry-run'")
                == .removeMatching(filter: "name = 'a  --dry-run'", keepingPartial: true))
        #expect(try read("drop-partition", "day=1") == .dropPartition("day=1"))
        #expect(try VerbLine(verb: "restore", line: "--dry-run 3").isDryRun)
        #expect(try !VerbLine(verb: "remove", line: "--where x = '--dry-run'").isDryRun)
        for (verb, line) in [
            ("tag", "3"), ("tag", "--delete"), ("restore", ""), ("restore", "1 2"), ("remove", ""),
            ("remove", "--where"), ("remove", "a --where x = 1"), ("remove", "--keep-partial a"),
            ("drop-partition", "--sideways day=1"), ("dance", "x"),
        ] as [(ByteString, ByteString)] {
            #expect(throws: StoreError.self, "\(verb) \(line)") { try read(verb, line) }
        }
    }
}
