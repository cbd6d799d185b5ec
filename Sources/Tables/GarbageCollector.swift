import Bytes
import JSON
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
package struct GarbageCollector {
    /// What one round did.
    package struct Outcome: Hashable, Sendable {
        package var condemned = 0
        package var deletedFiles = 0
        package var deletedBytes: Int64 = 0
        package var deletedStates = 0
        package var deletedVersionFiles = 0
        package var deletedManifests = 0
        /// Files that wait, as of the beginning, for something other than this round.
        package var heldFiles = 0
        package var heldBytes: Int64 = 0
        /// True where the round ended before all went that may.
        package var hasMore = false

        /// Nothing was changed.
        package var isNothing: Bool {
            condemned + deletedFiles + deletedStates + deletedVersionFiles + deletedManifests == 0
        }
    }

    /// Everything that the decision rests on, read in the order in which it must be.
    package struct Survey: Sendable {
        package var state: TableState
        package var retention: Retention
        package var plan: GarbagePlan
        package var heartbeats: [Heartbeat]
    }

    /// Files that one commit announces, at most.
    static let batchCount = 5_000
    /// Version files and states that go in one round in the background; they are small.
    private static let backgroundLogCount = 10_000

    let table: Table
    /// Of a round in the background; else files go as fast as they can.
    private let pacer: DeletionPacer?

    package init(table: Table) { self.init(table: table, pacer: nil) }

    init(table: Table, pacer: DeletionPacer?) {
        self.table = table
        self.pacer = pacer
    }

    /// What is garbage and why it waits, as of now. Changes nothing.
    ///
    /// - Parameter isForPeople: whether the times until which files wait are wanted as they are, and not only as finely
    ///   as deciding takes: whoever asks, in whichever process, is told the same.
    package func survey(isForPeople: Bool = false) throws(StoreError) -> Survey {
        let state = try table.refresh()
        let garbage = state.garbage.sorted()
        // The last version in which a file lived is the one that is kept longest.
        let last = isForPeople ? garbage.map { Version($0.removedAtVersion.rawValue - 1) } : []
        return try survey(state, garbage, exactly: Set(last))
    }

    /// The same of some files.
    func survey(of files: [FileID], keeping more: [Hold] = []) throws(StoreError) -> Survey {
        let state = try table.refresh()
        return try survey(state, files.compactMap { state.garbage[$0] }, keeping: more)
    }

    private func survey(
        _ state: TableState, _ garbage: [GarbageEntry], keeping more: [Hold] = [], exactly: Set<Version> = []
    ) throws(StoreError) -> Survey {
        let heartbeats = try table.holders()
        let now = table.context.clock.nowMilliseconds()
        let retention = try table.retention(
            of: state, pins: table.versionPins(heartbeats), now: now, exactly: exactly)
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
        guard !first.retention.states.isEmpty || !first.retention.versionFiles.isEmpty else {
            throw StoreError(.enoent, "the table \(table.name) was removed")
        }
        table.services.found(GarbageFigures(first.plan))
        let held = first.plan.decisions.filter { !$0.reasons.isEmpty }
        outcome.heldFiles = held.count
        outcome.heldBytes = held.reduce(0) { $0 + $1.entry.sizeBytes }
        try delete(first.plan.free, &outcome)
        if pacer?.givesWay ?? false { return outcome }
        try expire(outcome.condemned > 0 ? try survey(of: []).retention : first.retention, &outcome)
        if table.log.isSweepDue { outcome.deletedManifests += try UnreferencedSweep(table: table).run() }
        return outcome
    }

    private func delete(_ entries: [GarbageEntry], _ outcome: inout Outcome) throws(StoreError) {
        guard let pacer else {
            try delete(entries.map(\.file), &outcome)
            return
        }
        var rest = entries[...]
        while !rest.isEmpty, !pacer.hasStopped {
            pacer.adjust(waiting: rest, live: table.state, storage: table.storage)
            let portion = rest.prefix(pacer.portion(of: rest, atMost: Self.batchCount))
            try delete(portion.map(\.file), &outcome)
            rest = rest.dropFirst(portion.count)
        }
        outcome.hasMore = pacer.hasStopped
    }

    /// Announces files, looks at them and at the sessions again, and deletes those that still nothing holds.
    ///
    /// What nothing holds then stays so for ever: whoever comes to read it finds the announcement. So the bytes may go
    /// at leisure.
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
            // Whose own heartbeat is not to be seen may not see those of others.
            guard survey.heartbeats.contains(where: { $0.id == table.context.session.id }) else {
                throw StoreError(.ebusy, "the heartbeat of this session was removed: nothing is deleted")
            }
            gone += try deleteBytes(survey.plan.deletable, &outcome)
        }
        return gone
    }

    private func condemn(_ batch: [FileID]) throws(StoreError) -> Int {
        var condemned = 0
        try table.commitMaintenance { state in
            let files = batch.filter { state.garbage[$0].map { $0.condemnedAtVersion == nil } ?? false }
                .filter { !state.files.contains($0) }
            condemned = files.count
            return files.isEmpty ? nil : .condemnFiles(files)
        }
        return condemned
    }

    private func deleteBytes(
        _ entries: [GarbageEntry], _ outcome: inout Outcome
    ) throws(StoreError) -> [FileID] {
        var gone: [GarbageEntry] = []
        for entry in entries {
            // Another collector may have been there meanwhile.
            guard table.state.garbage[entry.file] != nil else { continue }
            if let pacer, !pacer.admit(bytes: entry.sizeBytes) { break }
            do throws(StorageError) {
                try table.storage.delete(table.key(entry.path))
                gone.append(entry)
            } catch {
                table.context.log.warning("\(table.name): \(entry.path) cannot be deleted: \(error)")
            }
        }
        try syncDeletions(of: gone)
        try forget(gone, &outcome)
        return gone.map(\.file)
    }

    /// What is forgotten must not be back after a crash: nothing would know it any more.
    private func syncDeletions(of gone: [GarbageEntry]) throws(StoreError) {
        do throws(StorageError) {
            for directory in Set(gone.map({ ObjectKey.parent(of: table.key($0.path)) })) {
                try table.storage.syncDeletions(in: directory)
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Where this fails the bytes are gone; whoever looks next finds them gone and forgets them then.
    private func forget(_ gone: [GarbageEntry], _ outcome: inout Outcome) throws(StoreError) {
        guard !gone.isEmpty else { return }
        var forgotten: [GarbageEntry] = []
        try table.commitMaintenance { state in
            forgotten = gone.filter {
                state.garbage[$0.file]?.condemnedAtVersion != nil && !state.files.contains($0.file)
            }
            return forgotten.isEmpty ? nil : .forgetFiles(forgotten.map(\.file))
        }
        outcome.deletedFiles += forgotten.count
        outcome.deletedBytes += forgotten.reduce(0) { $0 + $1.sizeBytes }
    }

    /// Old states and version files.
    private func expire(_ retention: Retention, _ outcome: inout Outcome) throws(StoreError) {
        let limit = pacer == nil ? Int.max : Self.backgroundLogCount
        let states = retention.states.lazy.filter { $0.hold == nil }.map(\.version).prefix(limit)
        let versionFiles = retention.versionFiles.lazy.filter { $0.hold == nil }.map(\.version).prefix(limit)
        do throws(LogError) {
            let expired = try table.log.expire(states: Array(states), versionFiles: Array(versionFiles))
            outcome.deletedStates += expired.states.count
            outcome.deletedVersionFiles += expired.versionFiles.count
        } catch {
            throw StoreError(error)
        }
    }
}

extension GarbageCollector.Outcome {
    var object: JSONObject {
        [
            "condemned": .integer(Int64(condemned)), "deletedFiles": .integer(Int64(deletedFiles)),
            "deletedBytes": .integer(deletedBytes), "deletedStates": .integer(Int64(deletedStates)),
            "deletedVersionFiles": .integer(Int64(deletedVersionFiles)),
            "deletedManifests": .integer(Int64(deletedManifests)), "heldFiles": .integer(Int64(heldFiles)),
            "heldBytes": .integer(heldBytes),
        ]
    }

    /// One object and a newline.
    package var json: [UInt8] { JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")] }
}

extension Array {
    /// Its elements in pieces of this many, in order.
    func batches(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min(self.count, $0 + count)]) }
    }
}
