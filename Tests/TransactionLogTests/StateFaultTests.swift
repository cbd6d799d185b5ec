import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("States under faults")
struct StateFaultTests {
    @Test("a crash at any step of a state's writing leaves the table as it is")
    func testPartialManifestWrite() throws {
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
}
