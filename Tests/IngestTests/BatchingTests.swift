import Bytes
import Compression
import Ingest
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("Small files that wait together")
struct BatchingTests {
    private func sample(
        kind: TableKind = .append, duplicates: ByteString = "skip"
    ) throws -> SampleStore {
        let store = try SampleStore(
            kind: kind, rowKey: ["id"], properties: [("ingest.duplicates", duplicates)])
        try store.ingest("first.csv", "id,n\n1000,0\n")
        return store
    }

    @Test("are one transaction with one data file, and each has its own answer and receipt")
    func oneTransaction() throws {
        let store = try sample()
        let files = try (0..<12).map { number in
            try store.stage(
                ByteString("f\(number).csv"), "id,n\n" + String(repeating: "\(number),1\n", count: number + 1)
            )
        }
        let answers = store.gather(files)
        #expect(answers.version(0) == Version(2))
        for index in 1..<12 {
            #expect(answers.version(index) == Version(3))
            #expect(answers.outcome(index)?.committedRows == Int64(index + 1))
        }
        #expect(store.log.current.version == Version(3))
        #expect(store.dataKeys.count == 3)
        let receipts = store.log.current.receipts
        #expect(receipts.count == 13)
        #expect(receipts.all.map(\.rowCount) == [1] + (1...12).map { Int64($0) })
        #expect(receipts.all.map(\.name).dropFirst() == (0..<12).map { ByteString("f\($0).csv") }[...])
        #expect(try store.rows().count == 1 + (1...12).reduce(0, +))
    }

    @Test("have one data file a partition")
    func partitions() throws {
        let store = try SampleStore(rowKey: ["id"], partitionColumns: ["day"])
        try store.ingest("first.csv", "day,id\n0,0\n")
        _ = store.gather(
            try (0..<20).map {
                try store.stage(ByteString("f\($0).csv"), "day,id\n\($0 % 3),\($0)\n\(($0 + 1) % 3),\($0)\n")
            })
        #expect(store.dataKeys.count == 1 + 2 + 3)
        #expect(try store.rows().count == 41)
    }

    @Test("do not answer for each other: a bad one among them is refused with its place")
    func badNeighbour() throws {
        let store = try sample()
        let answers = store.gather([
            try store.stageRow("a.csv", 1), try store.stageRow("b.csv", 2),
            try store.stageRow("c.csv", 3, "x"),
            try store.stage("d.txt", "id,n\n4,0\n"), try store.stage("e.csv", "id,m\n4,0\n"),
            try store.stageRow("f.csv", 6), try store.stage("g.csv", ""),
        ])
        #expect(answers.refusal(2)?.line == 2 && answers.refusal(2)?.path == "c.csv")
        #expect(answers.refusal(3)?.rule == .format)
        #expect(answers.refusal(4)?.columnName == "m")
        #expect(answers.version(1) == Version(3) && answers.version(5) == Version(3))
        #expect(answers.outcome(6)?.isNothing == true)
        #expect(try store.rows().sorted() == ["id=1 n=0", "id=1000 n=0", "id=2 n=0", "id=6 n=0"])
    }

    @Test("keep the order of their arrival: in an upsert table the later row comes later")
    func order() throws {
        let store = try sample(kind: .upsert)
        let files = try (0..<40).map { try store.stageRow(ByteString("f\($0).csv"), $0 % 2, "\($0)") }
        _ = store.gather(files)
        let rows = try store.rows().filter { $0.hasPrefix("id=1 ") }
        #expect(rows == stride(from: 1, to: 40, by: 2).map { "id=1 n=\($0)" })
        #expect(store.log.current.version == Version(3))
    }

    @Test(
        "are known by name and content, also within one transaction",
        arguments: [("skip", 3, nil), ("append", 4, nil), ("refuse", 3, Errno.eexist)])
    func duplicates(_ rule: String, _ rowCount: Int, _ errno: Errno?) throws {
        let store = try sample(duplicates: ByteString(rule))
        let answers = store.gather([
            try store.stageRow("a.csv", 1), try store.stageRow("b.csv", 2), try store.stageRow("b.csv", 2),
        ])
        #expect(answers.version(1) == Version(3))
        #expect(answers.refusal(2)?.errno == errno)
        if rule == "skip" {
            guard case .duplicate(let receipt) = answers.outcome(2) else {
                Issue.record("\(String(describing: answers[2]))")
                return
            }
            #expect(receipt.version == Version(3) && receipt.name == "b.csv")
        }
        #expect(try store.rows().count == rowCount)
    }

    @Test("make the schema of a new table one after the other, and what does not fit it is refused")
    func firstFiles() throws {
        let store = try SampleStore(rowKey: ["id"])
        let answers = store.gather([
            try store.stage("a.csv", "id,n\n1,\n"), try store.stage("b.csv", "id,n\n2,\n"),
            try store.stage("c.csv", "id,n\n3,2.5\n"), try store.stage("d.csv", "id,n\n4,x\n"),
            try store.stage("e.csv", "id,n\n5,1\n"), try store.stage("f.csv", "id,m\n6,1\n"),
        ])
        // b waits with the others, c decides a type and goes alone, e is read again in that type.
        #expect((0..<6).map { answers.version($0)?.rawValue } == [1, 2, 3, nil, 4, nil])
        #expect(answers.refusal(3)?.expected == "double")
        #expect(answers.refusal(5)?.rule == .column)
        #expect(store.types == ["id:int64", "n:double"])
        #expect(try store.rows().sorted() == ["id=1", "id=2", "id=3 n=2.5", "id=5 n=1.0"])
    }

    @Test("are given up one by one; the others are taken")
    func cancellation() throws {
        let store = try sample()
        let cancellation = Cancellation()
        let files = try (0..<4).map { try store.stageRow(ByteString("f\($0).csv"), $0) }
        let answers = store.gather(files, cancellations: [2: cancellation]) { cancellation.cancel() }
        #expect(answers.refusal(2)?.errno == .ecanceled)
        #expect(answers.version(1) == Version(3) && answers.version(3) == Version(3))
        #expect(try store.rows().count == 4)
    }

    @Test("are read again where another process has been first with a schema or a receipt")
    func otherProcess() throws {
        let store = try sample()
        let other = try SampleStore(reopening: store.storage, like: store)
        let files = [
            try store.stageRow("a.csv", 1), try store.stageRow("b.csv", 2), try store.stageRow("c.csv", 3),
        ]
        try other.ingest("b.csv", "id,n\n2,0\n")
        let answers = store.gather(files)
        #expect(answers.outcome(1)?.isDuplicate == true)
        #expect(answers.version(0) == Version(3) && answers.version(2) == Version(4))
        #expect(try store.rows().count == 4)
        #expect(store.dataKeys.count == 4)
    }

    @Test(
        "a file whose rows are many more than its bytes goes alone, and one without rows leaves a receipt only"
    )
    func unlikeOthers() throws {
        let store = try sample()
        let text = "id,n\n" + String(repeating: "5,0\n", count: 1_500_000)
        // It is written by the thread that submits it, also while others gather.
        let alone = Answers()
        store.service.submit(try store.stage("b.csv.gz", IngestFormatTests.packed(text, .gzip()))) {
            alone.take($0, of: 0)
        }
        #expect(alone.outcome(0)?.committedRows == 1_500_000)
        let answers = store.gather([
            try store.stageRow("a.csv", 1), try store.stage("c.csv", "id,n\n"),
            try store.stageRow("d.csv", 4),
        ])
        #expect(answers.outcome(1)?.committedRows == 0)
        #expect(answers.version(1) == answers.version(2))
        #expect(store.log.current.totalRows == 1_500_003)
        #expect(store.log.current.receipts.all.last { $0.name == "c.csv" }?.fileCount == 0)
    }

    @Test("a transaction that fails for certain is tried again file by file")
    func errors() throws {
        var recovered = 0
        for step in 1...(try stepCount()) {
            let store = try sample()
            let files = try waiting(store)
            let answers = store.gather(files) {
                store.storage.inject(.error(.noSpace), atOperation: step)
            }
            try check(store, files, answers, "step \(step)")
            let versions = Set(files.indices.compactMap { answers.version($0) })
            // Every file in a version of its own: the fault came once.
            if versions.count == files.count { recovered += 1 }
            #expect(
                files.indices.allSatisfy {
                    answers.refusal($0)?.path ?? files[$0].relativePath == files[$0].relativePath
                })
        }
        #expect(recovered >= 3)
    }

    @Test("after a lost reply at any step each acknowledged file is there once, every other at most once")
    func lostReplies() throws {
        for step in 1...(try stepCount()) {
            let store = try sample()
            let files = try waiting(store)
            let answers = store.gather(files) { store.storage.inject(.lostReply, atOperation: step) }
            try check(store, files, answers, "step \(step)")
            // Copied again, all are there.
            let next = try SampleStore(reopening: store.storage, like: store)
            for file in files { _ = try next.service.commit([file]) }
            #expect(try next.rows().count == files.count + 1, "step \(step)")
        }
    }

    @Test(
        "after a crash at any step each acknowledged file is there once, every other at most once",
        arguments: [false, true])
    func crashes(keepingUnsynced: Bool) throws {
        for step in 1...(try stepCount()) {
            let store = try sample()
            let files = try waiting(store)
            let answers = store.gather(files) { store.storage.inject(.crash, atOperation: step) }
            let storage = store.storage.crashedCopy(keepingUnsynced: keepingUnsynced)
            let next = try SampleStore(reopening: storage, like: store)
            try check(next, files, answers, "step \(step)", refusalsAreFinal: false)
            for file in files { _ = try next.service.commit([file]) }
            #expect(try next.rows().count == files.count + 1, "step \(step)")
        }
    }

    private func waiting(_ store: SampleStore) throws -> [StagedFile] {
        try (0..<4).map { try store.stageRow(ByteString("f\($0).csv"), $0) }
    }

    /// Steps of storage from the version of the first file on.
    private func stepCount() throws -> Int {
        let store = try sample()
        var before = 0
        _ = store.gather(try waiting(store)) { before = store.storage.operationCount }
        return store.storage.operationCount - before
    }

    /// No file is in the table twice, every acknowledged one is.
    private func check(
        _ store: SampleStore, _ files: [StagedFile], _ answers: Answers, _ what: String,
        refusalsAreFinal: Bool = true
    ) throws {
        _ = try store.log.refresh()
        var counts: [String: Int] = [:]
        for row in try store.rows() { counts[row, default: 0] += 1 }
        #expect(answers.count == files.count, "\(what)")
        for index in files.indices {
            let count = counts["id=\(index) n=0"] ?? 0
            #expect(count <= 1, "\(what): file \(index) is there \(count) times")
            if answers.outcome(index) != nil { #expect(count == 1, "\(what): file \(index) is lost") }
            if refusalsAreFinal, let refusal = answers.refusal(index), refusal.rule != .unknownOutcome {
                #expect(count == 0, "\(what): file \(index) is there: \(refusal)")
            }
        }
    }
}
