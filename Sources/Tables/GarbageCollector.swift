import Bytes
package import Metadata
package import Planning
import Platform
import Storage
import Synchronization
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

    private let table: Table

    package init(table: Table) {
        self.table = table
    }

    /// What is garbage and why it waits, as of now. Changes nothing.
    package func survey() throws(StoreError) -> Survey {
        let state = try table.refresh()
        return try survey(state)
    }

    private func survey(_ state: TableState) throws(StoreError) -> Survey {
        let heartbeats: [Heartbeat]
        do throws(SessionsUnreadable) {
            heartbeats = try table.context.sessions.heartbeats()
        } catch {
            throw StoreError(.eio, error.description)
        }
        let now = table.context.clock.nowMilliseconds()
        let retention = try table.retention(of: state, pins: versionPins(heartbeats), now: now)
        let plan = GarbagePlan(
            garbage: state.garbage.sorted(), kept: retention.keptVersions, filePins: filePins(heartbeats),
            properties: state.properties, now: now, live: { state.files.contains($0) })
        return Survey(state: state, retention: retention, plan: plan, heartbeats: heartbeats)
    }

    private func versionPins(_ heartbeats: [Heartbeat]) -> [VersionPin] {
        let own = table.pinnedVersions
        return heartbeats.flatMap { heartbeat in
            (heartbeat.pins[table.name]?.versions ?? []).map { version in
                let isOwn = heartbeat.id == table.context.session.id
                let until = isOwn ? own.first { $0.version == version }?.untilMilliseconds : nil
                return VersionPin(session: heartbeat.id, version: version, until: until)
            }
        }
    }

    private func filePins(_ heartbeats: [Heartbeat]) -> [GarbagePlan.FilePin] {
        heartbeats.flatMap { heartbeat in
            (heartbeat.pins[table.name]?.files ?? []).map {
                GarbagePlan.FilePin(session: heartbeat.id, file: $0)
            }
        }
    }

    /// One round. What it cannot do now stays for the next.
    package func collect() throws(StoreError) -> Outcome {
        try table.checkWritable()
        // Our own readers' pins count from their publication like everyone's.
        do throws(StorageError) {
            try table.context.session.beat()
        } catch {
            throw StoreError(error)
        }
        var outcome = Outcome()
        let first = try survey()
        outcome.condemned = try condemn(first.plan.condemnable)
        // The sessions are read again, after the announcement.
        let second = outcome.condemned > 0 ? try survey() : first
        try delete(second.plan.deletable, &outcome)
        try expire(second.retention, &outcome)
        return outcome
    }

    private func condemn(_ files: [FileID]) throws(StoreError) -> Int {
        guard !files.isEmpty else { return 0 }
        do throws(CommitError) {
            try table.commit(
                "CONDEMN", preconditions: files.map { .isGarbage($0, condemned: false) },
                actions: [.operation(.condemn(files))])
            return files.count
        } catch {
            // Another session was faster, or the outcome is unknown: the next look at the log tells.
            if case .conflict = error { return 0 }
            throw StoreError(error)
        }
    }

    private func delete(_ entries: [GarbageEntry], _ outcome: inout Outcome) throws(StoreError) {
        guard !entries.isEmpty else { return }
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
        guard !gone.isEmpty else { return }
        do throws(CommitError) {
            try table.commit(
                "FORGET", preconditions: gone.map { .isGarbage($0, condemned: true) },
                actions: [.operation(.forget(gone))])
        } catch {
            // The bytes are gone; whoever looks next finds them gone again and forgets them then.
            if case .conflict = error { return }
            throw StoreError(error)
        }
    }

    /// Old states and version files, and manifests that no state lists any more.
    private func expire(_ retention: Retention, _ outcome: inout Outcome) throws(StoreError) {
        do throws(LogError) {
            let expired = try table.log.expire(
                states: retention.states.filter { $0.hold == nil }.map(\.version),
                versionFiles: retention.versionFiles.filter { $0.hold == nil }.map(\.version))
            outcome.deletedStates += expired.states.count
            outcome.deletedVersionFiles += expired.versionFiles.count
            outcome.deletedManifests += expired.manifests.count
        } catch {
            throw StoreError(error)
        }
    }
}
