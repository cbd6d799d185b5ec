import Bytes
import Metadata
import Planning
import Platform
import Storage
import TransactionLog

/// What collecting garbage and purging ask of a table.
extension Table {
    /// Every session of the store.
    func heartbeats() throws(StoreError) -> [Heartbeat] {
        do throws(SessionsUnreadable) {
            return try context.sessions.heartbeats()
        } catch {
            throw StoreError(.eio, error.description)
        }
    }

    /// Writes this session's pins, so that they count like everyone's.
    func publishPins() throws(StoreError) {
        do throws(StorageError) {
            try context.session.beat()
        } catch {
            throw StoreError(error)
        }
    }

    /// The versions that must stay whole, as of now.
    func keptVersions() throws(StoreError) -> KeptVersions {
        try GarbageCollector(table: self).survey(of: []).retention.keptVersions
    }

    func versionPins(_ heartbeats: [Heartbeat]) -> [VersionPin] {
        let own = pinnedVersions
        return heartbeats.flatMap { heartbeat in
            (heartbeat.pins[name]?.versions ?? []).map { version in
                let isOwn = heartbeat.id == context.session.id
                let until = isOwn ? own.first { $0.version == version }?.untilMilliseconds : nil
                return VersionPin(session: heartbeat.id, version: version, until: until)
            }
        }
    }

    func filePins(_ heartbeats: [Heartbeat]) -> [GarbagePlan.FilePin] {
        heartbeats.flatMap { heartbeat in
            (heartbeat.pins[name]?.files ?? []).map {
                GarbagePlan.FilePin(session: heartbeat.id, file: $0)
            }
        }
    }

    /// Commits what `actions` makes of the newest state; nothing where it makes nothing. Where another session was
    /// faster, it is asked again.
    func commitMaintenance(
        _ operation: ByteString,
        _ actions: (TableState) -> (preconditions: [Precondition], operation: Action.Operation)?
    ) throws(StoreError) {
        for attempt in 1... {
            guard let (preconditions, action) = actions(try refresh()) else { return }
            do throws(CommitError) {
                try commit(operation, preconditions: preconditions, actions: [.operation(action)])
                return
            } catch {
                guard case .conflict = error, attempt < 10 else { throw StoreError(error) }
            }
        }
    }
}
