import Bytes
package import Metadata
package import Planning
import Platform
import Storage
import Telemetry
import TransactionLog

/// Deletes what nothing can need any more, and says of the rest why it stays.
///
/// The order is what makes it safe: what shall go is announced in the log first, the sessions' pins are read
/// second, bytes are deleted third, and what is gone is forgotten in the log last. Whoever wants to read a file
/// that waits publishes a pin first and looks at the log second: one of the two sees the other. Whatever
/// cannot be read on the way means that nothing is deleted.
package struct GarbageCollector: Sendable {
    /// What one round did.
    package struct Outcome: Hashable, Sendable {
        package var condemned = 0
        package var deletedFiles = 0
        package var deletedBytes: Int64 = 0
        package var deletedStates = 0
        package var deletedVersionFiles = 0
        package var deletedManifests = 0
        package var isNothing: Bool { self == Outcome() }
    }

    /// Everything that the decision rests on, read in the order in which it must be.
    package struct Survey: Sendable {
        package var state: TableState
        package var retention: Retention
        package var plan: GarbagePlan
        package var heartbeats: [Heartbeat]
    }

    /// Files that one commit announces.
    static let batchCount = 5_000

    let table: Table

    package init(table: Table) {
        self.table = table
    }

    /// What is garbage and why it waits, as of now. Changes nothing.
    package func survey() throws(StoreError) -> Survey {
        let state = try table.refresh()
        return try survey(state, state.garbage.sorted())
    }

    /// The same of some files.
    func survey(of files: [FileID], keeping more: [Hold] = []) throws(StoreError) -> Survey {
        let state = try table.refresh()
        return try survey(state, files.compactMap { state.garbage[$0] }, keeping: more)
    }

    private func survey(
        _ state: TableState, _ garbage: [GarbageEntry], keeping more: [Hold] = []
    ) throws(StoreError) -> Survey {
        let heartbeats = try table.heartbeats()
        let now = table.context.clock.nowMilliseconds()
        let retention = try table.retention(of: state, pins: table.versionPins(heartbeats), now: now)
        let plan = GarbagePlan(
            garbage: garbage, kept: retention.keptVersions.adding(more), filePins: table.filePins(heartbeats),
            properties: state.properties, now: now, live: { state.files.contains($0) })
        return Survey(state: state, retention: retention, plan: plan, heartbeats: heartbeats)
    }

    /// One round. What it cannot do now stays for the next.
    package func collect() throws(StoreError) -> Outcome {
        try table.checkWritable()
        // Our own readers' pins count from their publication like everyone's.
        try table.publishPins()
        var outcome = Outcome()
        let first = try survey()
        try delete(first.plan.condemnable + first.plan.deletable.map(\.file), &outcome)
        try expire(outcome.condemned > 0 ? try survey(of: []).retention : first.retention, &outcome)
        if table.log.isSweepDue { outcome.deletedManifests += try UnreferencedSweep(table: table).run() }
        return outcome
    }

    /// Announces files, looks at them and at the sessions again, and deletes those that still nothing holds.
    ///
    /// - Parameter more: versions that are kept besides those of the table's rules.
    /// - Returns: Which are gone.
    @discardableResult
    func delete(
        _ files: [FileID], keeping more: [Hold] = [], _ outcome: inout Outcome
    ) throws(StoreError) -> [FileID] {
        var gone: [FileID] = []
        for batch in files.batches(of: Self.batchCount) {
            outcome.condemned += try condemn(batch)
            let survey = try survey(of: batch, keeping: more)
            gone += try delete(survey.plan.deletable, &outcome)
        }
        return gone
    }

    private func condemn(_ batch: [FileID]) throws(StoreError) -> Int {
        var condemned = 0
        try table.commitMaintenance("CONDEMN") { state in
            let files = batch.filter { state.garbage[$0].map { $0.condemnedAtVersion == nil } ?? false }
                .filter { !state.files.contains($0) }
            condemned = files.count
            guard !files.isEmpty else { return nil }
            return (files.map { .isGarbage($0, condemned: false) }, .condemn(files))
        }
        return condemned
    }

    private func delete(_ entries: [GarbageEntry], _ outcome: inout Outcome) throws(StoreError) -> [FileID] {
        var gone: [FileID] = []
        for entry in entries {
            do throws(StorageError) {
                try table.storage.delete(table.key(entry.path))
                gone.append(entry.file)
                outcome.deletedFiles += 1
                outcome.deletedBytes += entry.sizeBytes
            } catch {
                table.context.log.warning("\(table.name): \(entry.path) cannot be deleted: \(error)")
            }
        }
        guard !gone.isEmpty else { return [] }
        // Where this fails the bytes are gone; whoever looks next finds them gone and forgets them then.
        let deleted = gone
        try table.commitMaintenance("FORGET") { state in
            let files = deleted.filter {
                state.garbage[$0]?.condemnedAtVersion != nil && !state.files.contains($0)
            }
            guard !files.isEmpty else { return nil }
            return (files.map { .isGarbage($0, condemned: true) }, .forget(files))
        }
        return gone
    }

    /// Old states and version files.
    private func expire(_ retention: Retention, _ outcome: inout Outcome) throws(StoreError) {
        do throws(LogError) {
            let expired = try table.log.expire(
                states: retention.states.filter { $0.hold == nil }.map(\.version),
                versionFiles: retention.versionFiles.filter { $0.hold == nil }.map(\.version))
            outcome.deletedStates += expired.states.count
            outcome.deletedVersionFiles += expired.versionFiles.count
        } catch {
            throw StoreError(error)
        }
    }
}

extension Array {
    /// Its elements in pieces of this many, in order.
    func batches(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min(self.count, $0 + count)]) }
    }
}
