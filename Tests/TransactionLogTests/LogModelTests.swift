import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("A log against a model")
struct LogModelTests {
    @Test("whatever is committed, the state in memory, from states and from version files alone is the same")
    func model() throws {
        let seed = Seed.fresh()
        print("LogModelTests seed \(seed): FIRN_SEED=\(seed) repeats it")
        let comment: Comment = "FIRN_SEED=\(seed)"
        var random = SeededGenerator(seed: seed)
        let sample = try SampleLog(
            seed: seed,
            properties: [
                ("state.entriesPerManifest", "100"), ("state.compaction.maxManifests", "3"),
                ("state.compression", seed % 2 == 0 ? "zstd" : "deflate"),
            ])
        var log = sample.log
        var model = LogModel()
        var digests = [log.current.digest]
        for _ in 0..<50 {
            sample.clock.advance(milliseconds: Int64.random(in: -5...2000, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0, 1, 2: try log.writeState()
            case 3:
                try log.compactState()
                // A version that changes nothing, where the current one had its state.
                if log.current.version.rawValue == Int64(digests.count) { digests.append(log.current.digest) }
            case 4: log = try sample.open()
            default:
                let actions = model.actions(&random, version: log.current.version)
                guard !actions.isEmpty else { continue }
                _ = try log.commit(sample.transaction(actions))
                digests.append(log.current.digest)
            }
            model.check(log.current, comment)
            #expect(log.current.digest == digests.last, comment)
            #expect(try sample.open().current.digest == digests.last, comment)
        }
        try checkHistory(sample, digests, comment)
    }

    /// Every version from the states there are, and again without any.
    private func checkHistory(_ sample: SampleLog, _ digests: [[String]], _ comment: Comment) throws {
        let bare = MemoryStorage()
        for key in sample.storage.allKeys where key.hasSuffix(".json") {
            try bare.putIfAbsent(key, sample.storage.get(key))
        }
        let log = try sample.open()
        let replayed = try sample.open(bare)
        #expect(log.baseManifest != nil && replayed.baseManifest == nil, comment)
        for (version, digest) in digests.enumerated() {
            #expect(try log.state(at: Version(Int64(version))).digest == digest, comment)
            #expect(try replayed.state(at: Version(Int64(version))).digest == digest, comment)
        }
    }
}
