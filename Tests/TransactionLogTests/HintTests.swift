import Bytes
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

/// A hint at a version.
private func naming(_ version: String) -> String {
    "{\"version\":\(version),\"size\":2,\"sizeInBytes\":1,\"numFiles\":2,\"createdTime\":17,\"format\":\"avro-state\"}"
}

@Suite("The hint")
struct HintTests {
    /// States at 3, 6, 9 and 12; versions and states up to 5 have expired.
    private func sample() throws -> SampleLog {
        let sample = try ExpiryTests.sample()
        _ = try sample.log.expire(states: [Version(3)], versionFiles: ExpiryTests.versions(0...5))
        try sample.add(20)
        return sample
    }

    @Test(
        "absent, garbage, behind, ahead or naming what is gone, it changes nothing that is read or committed",
        arguments: [
            nil, "", "garbage", "{", "{}", "null", "[12]", "{\"version\":null}", "{\"version\":\"12\"}",
            naming("-1"), naming("0"), naming("3"), naming("4"), naming("6"), naming("12"), naming("13"),
            naming("14"), naming("1000"), naming("9223372036854775807"), naming("9223372036854775808"),
            naming("1e300"), naming("12.5"), String(naming("12").dropLast(30)),
        ] as [String?])
    func anyHint(text: String?) throws {
        let sample = try sample()
        let digest = sample.log.current.digest
        try sample.storage.delete(SampleLog.path.hint)
        if let text { try sample.storage.putIfAbsent(SampleLog.path.hint, Array(text.utf8)) }
        let log = try sample.open()
        #expect(log.current.digest == digest)
        #expect(log.baseManifest?.version == Version(12))
        let committed = try sample.add(21, to: log)
        #expect(committed.version == Version(14))
        // The next state puts it right, unless it names a state that is there and later.
        try log.writeState()
        #expect(try LastCheckpoint.version(in: sample.storage.get(SampleLog.path.hint)) == Version(14))
        #expect(try sample.open().current.digest == log.current.digest)
    }

    @Test("it does not go back where a slower writer finishes an older state after a newer one")
    func slowWriter() throws {
        let sample = try SampleLog()
        try sample.add(1)
        let slow = try sample.open()
        try sample.add(2)
        try sample.log.writeState()
        try slow.writeState()
        #expect(try sample.log.stateVersions() == [Version(1), Version(2)])
        #expect(try LastCheckpoint.version(in: sample.storage.get(SampleLog.path.hint)) == Version(2))
        // Two that look at the same moment may still turn it back: opening finds the newer state all the same.
        let older = LastCheckpoint(version: Version(1), fileCount: 1, totalBytes: 1, createdTime: 1)
        try sample.storage.overwriteHint(SampleLog.path.hint, older.bytes)
        #expect(try sample.open().baseManifest?.version == Version(2))
    }

    @Test("a storage that cannot give or take it costs a warning, no more")
    func unavailable() throws {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.storage.putIfAbsent(SampleLog.path.hint + "/in-its-place", [1])
        let warnings = Box<[String]>([])
        var options = SampleLog.options
        options.warn = { warning in warnings.update { $0.append(warning) } }
        let log = try sample.open(options: options)
        guard case .written = try log.writeState() else {
            Issue.record("the state was not written")
            return
        }
        #expect(warnings.value.contains { $0.hasPrefix("the hint could not be written") })
        #expect(try sample.open().current.digest == log.current.digest)
    }
}
