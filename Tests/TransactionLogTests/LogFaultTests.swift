import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("A log under faults")
struct LogFaultTests {
    @Test("a crash at any step of a commit leaves it whole or not at all, and what was acknowledged stays")
    func crashInCommit() throws {
        var outcomes: Set<String> = []
        for step in 1...50 {
            let sample = try SampleLog(seed: UInt64(step))
            try sample.add(1)
            sample.storage.inject(.crash, atOperation: step)
            let committed = try? sample.add(2, 3)
            guard sample.storage.hasCrashed else {
                #expect(committed != nil && outcomes == ["whole", "nothing"], "step \(step)")
                return
            }
            for keeping in [false, true] {
                let after = try sample.open(sample.storage.crashedCopy(keepingUnsynced: keeping))
                let count = after.current.fileCount
                #expect(count == 3 || count == 1 && committed == nil, "step \(step)")
                outcomes.insert(count == 3 ? "whole" : "nothing")
                try sample.add(4, to: after)
                #expect(after.current.fileCount == count + 1, "step \(step)")
            }
        }
        Issue.record("a commit takes more than 50 steps")
    }

    @Test("a reply that is lost at any step of a commit does not lose it and does not repeat it")
    func lostReply() throws {
        var steps = 0
        for step in 1...50 {
            let sample = try SampleLog(seed: UInt64(step))
            try sample.add(1)
            let before = sample.storage.operationCount
            sample.storage.inject(.lostReply, atOperation: step)
            let committed = try sample.add(2)
            let after = sample.storage.operationCount - before
            sample.storage.clearFaults()
            #expect(committed.version == Version(2), "step \(step)")
            #expect(sample.log.current.version == Version(2), "step \(step)")
            for keeping in [false, true] {
                let reopened = try sample.open(sample.storage.crashedCopy(keepingUnsynced: keeping))
                #expect(reopened.current.version == Version(2), "step \(step)")
                #expect(
                    try reopened.transactions(of: Version(2))?.map(\.id) == [committed.id], "step \(step)")
            }
            steps = max(steps, after)
            if step > after { break }
        }
        #expect(steps > 3, "no step of a commit lost its reply")
    }

    @Test("an error at any step of a commit is told, or overcome, and never tells of what is not so")
    func errors() throws {
        for kind in [StorageError.Kind.unavailable, .failedSync, .noSpace] {
            for step in 1...10 {
                let sample = try SampleLog(seed: UInt64(step))
                try sample.add(1)
                sample.storage.inject(.error(kind), atOperation: step)
                let outcome = Result { try sample.add(2) }
                sample.storage.clearFaults()
                let after = try sample.open(sample.storage.crashedCopy())
                let isThere = after.current.fileCount == 2
                switch outcome {
                case .success: #expect(isThere, "\(kind) at step \(step)")
                case .failure(let error as CommitError):
                    if case .unknownOutcome = error { continue }
                    #expect(!isThere, "\(kind) at step \(step): \(error)")
                case .failure(let error): Issue.record("\(error)")
                }
            }
        }
    }

    @Test("a crash at any step of a state's writing leaves the table as it is")
    func crashInState() throws {
        for step in 1...100 {
            let sample = try SampleLog(seed: UInt64(step), properties: [("state.entriesPerManifest", "100")])
            try sample.add(1, 2, 3)
            try sample.log.writeState()
            try sample.add(4)
            _ = try sample.log.commit(sample.transaction([SampleLog.removal(sample.file(1))]))
            let digest = sample.log.current.digest
            sample.storage.inject(.crash, atOperation: step)
            _ = try? sample.log.writeState()
            let isDone = !sample.storage.hasCrashed
            for keeping in [false, true] {
                let after = try sample.open(sample.storage.crashedCopy(keepingUnsynced: keeping))
                #expect(after.current.digest == digest, "step \(step)")
                try sample.add(9, to: after)
                try after.writeState()
                #expect(
                    try sample.open(sample.storage.crashedCopy(keepingUnsynced: keeping)).current.digest
                        == digest, "step \(step)")
            }
            if isDone {
                #expect(step > 10)
                return
            }
        }
        Issue.record("a state takes more than 100 steps")
    }

    @Test("a newest state that is damaged in any way is passed over with a warning")
    func damagedState() throws {
        let sample = try SampleLog()
        try sample.add(1, 2)
        try sample.log.writeState()
        try sample.add(3)
        try sample.log.writeState()
        let digest = sample.log.current.digest
        let manifest = try sample.log.stateManifest(at: Version(2))
        let record = SampleLog.path.stateManifest(Version(2))
        let newest = try #require(manifest.files.manifests.last?.path)
        for key in [record, SampleLog.path.directory + newest] {
            for damage in ["missing", "cut", "changed", "empty"] {
                let copy = sample.storage.crashedCopy()
                let bytes = try copy.get(key)
                try copy.delete(key)
                switch damage {
                case "cut": try copy.putIfAbsent(key, Array(bytes.dropLast(5)))
                case "changed":
                    var other = bytes
                    other[bytes.count - 20] ^= 0x10
                    try copy.putIfAbsent(key, other)
                case "empty": try copy.putIfAbsent(key, [])
                default: break
                }
                let warnings = Box<[String]>([])
                var options = SampleLog.options
                options.warn = { warning in warnings.update { $0.append(warning) } }
                let log = try sample.open(copy, options: options)
                #expect(log.current.digest == digest, "\(key) \(damage)")
                #expect(log.baseManifest?.version == Version(1), "\(key) \(damage)")
                #expect(warnings.value.contains { $0.contains("state 2 is passed over") }, "\(key) \(damage)")
            }
        }
    }

    @Test(
        "a hint that is absent, behind, ahead or garbage changes nothing",
        arguments: [
            nil, "{\"version\":0}", "{\"version\":1}", "{\"version\":99}", "", "{", "null",
            "{\"version\":-3}", "{\"version\":\"2\"}", "\u{0}\u{0}\u{0}",
        ])
    func hint(text: String?) throws {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.log.writeState()
        try sample.add(2)
        try sample.log.writeState()
        try sample.add(3)
        try sample.storage.delete(SampleLog.path.hint)
        if let text { try sample.storage.overwriteHint(SampleLog.path.hint, Array(text.utf8)) }
        let log = try sample.open()
        #expect(log.current.digest == sample.log.current.digest)
        try sample.add(4, to: log)
        #expect(try sample.log.refresh().fileCount == 4)
    }
}
