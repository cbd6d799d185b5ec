import Bytes
import Ingest
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Ingest when things fail")
struct IngestFailureTests {
    private static let text = "day,id\n1,3\n2,2\n1,1\n2,4\n"
    private static let rows: Set<String> = ["day=1 id=1", "day=1 id=3", "day=2 id=2", "day=2 id=4"]

    private func sample() throws -> SampleStore {
        try SampleStore(rowKey: ["id"], partitionColumns: ["day"])
    }

    /// Steps of storage that the ingest of the text takes.
    private func stepCount() throws -> Int {
        let store = try sample()
        let before = store.storage.operationCount
        try store.ingest("a.csv", Self.text)
        return store.storage.operationCount - before
    }

    @Test(
        "after a crash at any step all rows are there or none, and the next ingest works",
        arguments: [
            false, true,
        ])
    func crashes(keepingUnsynced: Bool) throws {
        var committed = 0
        let steps = try stepCount()
        for step in 1...steps {
            let store = try sample()
            store.storage.inject(.crash, atOperation: step)
            let refusal = try store.refusal("a.csv", Self.text)
            let storage = store.storage.crashedCopy(keepingUnsynced: keepingUnsynced)
            let next = try SampleStore(reopening: storage, like: store)
            let rows = try next.rows()
            #expect(rows.isEmpty || Set(rows) == Self.rows, "step \(step)")
            #expect(rows.isEmpty || rows.count == Self.rows.count, "step \(step)")
            if refusal == nil { #expect(!rows.isEmpty, "step \(step): acknowledged and lost") }
            if !rows.isEmpty { committed += 1 }
            try next.ingest("a.csv", Self.text)
            #expect(try next.rows().count == Self.rows.count, "step \(step)")
        }
        #expect(committed < steps)
    }

    @Test("a lost reply at any step neither loses nor doubles a row")
    func lostReplies() throws {
        for step in 1...(try stepCount()) {
            let store = try sample()
            store.storage.inject(.lostReply, atOperation: step)
            let refusal = try store.refusal("a.csv", Self.text)
            let rows = try store.rows()
            if refusal == nil {
                #expect(Set(rows) == Self.rows, "step \(step)")
            } else if refusal?.rule != .unknownOutcome {
                #expect(rows.isEmpty, "step \(step)")
            }
            let next = try SampleStore(reopening: store.storage, like: store)
            try next.ingest("a.csv", Self.text)
            #expect(try next.rows().count == Self.rows.count, "step \(step)")
        }
    }

    @Test("an error at any step is a refusal, and no data file is left")
    func errors() throws {
        for step in 1...(try stepCount()) {
            let store = try sample()
            store.storage.inject(.error(.noSpace), atOperation: step)
            let refusal = try store.refusal("a.csv", Self.text)
            guard let refusal else {
                #expect(Set(try store.rows()) == Self.rows, "step \(step)")
                continue
            }
            if refusal.rule == .unknownOutcome { continue }
            #expect(refusal.errno == .enospc, "step \(step): \(refusal)")
            #expect(refusal.rule == .space, "step \(step)")
            #expect(store.dataKeys.isEmpty, "step \(step)")
            let next = try SampleStore(reopening: store.storage, like: store)
            #expect(try next.ingest("a.csv", Self.text).committedRows == 4, "step \(step)")
        }
    }

    @Test("the loser of the race for the first schema is read in the winner's")
    func schemaRace() throws {
        let first = try sample()
        let second = try SampleStore(reopening: first.storage, like: first)
        try first.ingest("a.csv", "day,id\n1,1\n")
        #expect(second.log.current.version == Version(0))
        // An int64 column fits the winner's doubles; the other way it would be refused.
        try second.ingest("b.csv", "id,day\n2,1\n")
        #expect(Set(try second.rows()) == ["day=1 id=1", "day=1 id=2"])
        #expect(second.log.current.definition.schema?.columns.map(\.name) == ["day", "id"])
        #expect(second.dataKeys.count == 2)
        let third = try SampleStore(reopening: first.storage, like: first, seed: 5)
        try third.ingest("c.csv", "day,id\n7,7\n")
        let refusal = try second.refusal("d.csv", "day,id,more\n1,1,1\n")
        #expect(refusal?.columnName == "more")
        #expect(second.dataKeys.count == 3)
    }

    @Test("two services at once: the same file is taken once, different files both")
    func concurrency() throws {
        let store = try sample()
        let other = try SampleStore(reopening: store.storage, like: store)
        let names: [ByteString] = (0..<6).map { ByteString("f\($0).csv") }
        let files = try names.map { try store.stage($0, Self.text) }
        let services = [store.service, other.service]
        let threads = services.map { service in
            Thread.spawn(name: "ingest", stackBytes: 4 << 20) {
                for file in files {
                    do throws(IngestRefusal) { _ = try service.commit([file]) } catch {
                        Issue.record("\(error)")
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        _ = try store.log.refresh()
        #expect(try store.rows().count == 4 * names.count)
        #expect(store.log.current.receipts.count == names.count)
        #expect(store.dataKeys.count == 2 * names.count)
    }

    @Test("a cancelled commit leaves nothing")
    func cancellation() throws {
        let store = try sample()
        let cancellation = Cancellation()
        cancellation.cancel()
        let file = try store.stage("a.csv", Self.text)
        do throws(IngestRefusal) {
            _ = try store.service.commit([file], cancellation: cancellation)
            Issue.record("it was taken")
        } catch {
            #expect(error.errno == .ecanceled)
        }
        #expect(store.dataKeys.isEmpty)
    }

    @Test("refused bytes are kept under names of their own, with the reason")
    func rejected() throws {
        let store = try sample()
        let names: [ByteString] = [
            "a.csv", "a.csv", "day=1/b.csv", ".hidden", "no\nextension", ByteString([0xFF]),
            ByteString(String(repeating: "ü", count: 150) + ".csv"),
        ]
        var kept: Set<ByteString> = []
        for name in names {
            let file = try store.stage(name, "id\nx")
            let refusal = IngestRefusal(.ebadmsg, .value, "wrong", line: 2, found: "x")
            let result = try store.service.reject(file, refusal)
            #expect(kept.insert(result).inserted)
            #expect(result.count <= 230)
            #expect(try store.storage.get("t/_rejected/" + result) == Array("id\nx".utf8))
            let reason = ByteString(try store.storage.get("t/_rejected/" + result + ".error")).display
            #expect(reason.contains(#""rule":"value","message":"wrong","line":2,"found":"x"}"#))
        }
        #expect(kept.isSuperset(of: ["a.csv", "a-2.csv", "day=1%2Fb.csv", "%2Ehidden"]))
    }
}
