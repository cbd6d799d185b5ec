import Bytes
import Metadata
import Planning
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

@Suite("Purge under faults")
struct PurgeFaultTests {
    /// What a purge of two days finds: states, version files and garbage past everything, a file that no version
    /// knows, and a manifest that was noted long ago. Gives the file paths of the version that is tagged.
    private func ripe() throws -> (PurgeFixture, tagged: Version, paths: Set<ByteString>) {
        let first = try PurgeFixture(properties: PurgeTests.short)
        let files = try first.add(3)
        try first.table.checkpoint()
        let tagged = first.table.state.version
        try first.table.commit("TAG", actions: [.operation(.putTag(name: "keep", version: tagged))])
        let others = try first.add(2)
        try first.table.checkpoint()
        try first.remove([files[0]] + others)
        try first.write()
        let stray: ByteString = "t/_transaction_log/manifests/manifest-00000000000000aa.avro"
        try first.storage.putIfAbsent(stray, [1])
        let part: ByteString = "t/_transaction_log/00000000000000000002.checkpoint.ab.00001.json"
        try first.storage.putIfAbsent(part, [1])
        try first.table.checkpoint()
        _ = try first.purge("100h")
        first.end()
        first.advance(hours: 100)
        let second = try PurgeFixture(storage: first.storage, clock: first.clock, seed: 8)
        try second.add()
        try second.table.checkpoint()
        return (second, tagged, Set(files.map(\.path)))
    }

    @Test(
        "whatever happens at any step of a purge, nothing live is lost and the next one finishes",
        arguments: [MemoryStorage.Fault.crash, .error(.unavailable), .lostReply])
    func everyStep(fault: MemoryStorage.Fault) throws {
        let (whole, _, _) = try ripe()
        let before = whole.storage.operationCount
        let outcome = try whole.purge("24h")
        let steps = whole.storage.operationCount - before
        for kind in PurgePlan.Kind.allCases where kind != .session {
            #expect(outcome.deleted.contains { $0.kind == kind }, "\(kind.rawValue)")
        }
        #expect(steps > 60)
        for step in 1...steps {
            let (fixture, tagged, paths) = try ripe()
            let live = PurgeFixture.paths(fixture.table.state)
            fixture.storage.inject(fault, atOperation: step)
            _ = try? fixture.purge("24h")
            fixture.storage.clearFaults()
            for keeping in fault == .crash ? [false, true] : [true] {
                let copy = fixture.storage.crashedCopy(keepingUnsynced: keeping)
                let after = try PurgeFixture(storage: copy, clock: fixture.clock, seed: 9)
                #expect(PurgeFixture.paths(after.table.state) == live, "step \(step)")
                #expect(try after.files(at: tagged) == paths, "step \(step)")
                #expect(live.union(paths).isSubset(of: after.dataFiles), "step \(step)")
                try finish(after, step)
                #expect(after.dataFiles == live.union(paths), "step \(step)")
                #expect(try after.files(at: tagged) == paths, "step \(step)")
            }
        }
    }

    /// Purges until everything went that can, which takes as long as a manifest has to wait.
    private func finish(_ fixture: PurgeFixture, _ step: Int) throws {
        // The last states go once the next one is an hour old, their manifests an hour later.
        for _ in 0..<3 {
            _ = try fixture.purge("0h")
            fixture.clock.advance(milliseconds: 2 * PurgeFixture.hour)
        }
        let plan = try fixture.plan("0h")
        #expect(plan.items == [], "step \(step)")
        // Only what the tag holds waits.
        #expect(fixture.table.state.garbage.count == 1, "step \(step)")
        #expect(plan.kept(.dataFile) == ["lived in versions that are kept: kept by tag keep"], "step \(step)")
        let used = Set(try fixture.table.log.surveyManifests().used.map { "_transaction_log/" + $0 })
        #expect(fixture.keys.filter { $0.hasPrefix("_transaction_log/manifests/") } == used, "step \(step)")
        #expect(try fixture.table.log.stateVersions().count == 2, "step \(step)")
    }
}
