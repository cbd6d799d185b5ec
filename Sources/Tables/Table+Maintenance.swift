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

    /// The sessions whose pins count: all but those that are certainly dead. What this one pins counts as it is now,
    /// published or not.
    func holders() throws(StoreError) -> [Heartbeat] {
        let observer = SessionObserver()
        let own = context.session.pins(of: name)
        return try heartbeats().filter { !observer.isCertainlyDead($0) }.map { heartbeat in
            guard heartbeat.id == context.session.id, !own.isEmpty else { return heartbeat }
            var heartbeat = heartbeat
            heartbeat.pins[name, default: .init()].merge(own)
            return heartbeat
        }
    }

    /// Lets go of the jobs of processes of this machine that have certainly ended, so that they can be taken up now.
    package func releaseJobsOfEndedProcesses() {
        let observer = SessionObserver()
        for heartbeat in (try? heartbeats()) ?? [] where observer.isCertainlyDead(heartbeat) {
            _ = declareDead(heartbeat.id)
        }
    }

    /// Writes this session's pins, so that they count like everyone's.
    ///
    /// - Throws: EBUSY where the pins of others may be missing.
    func publishPins() throws(StoreError) {
        do throws(StorageError) {
            try context.session.beat()
        } catch {
            throw StoreError(error)
        }
        let seconds = context.session.secondsOfDoubt
        guard seconds == 0 else {
            throw StoreError(
                .ebusy,
                "the heartbeat of this session was removed, and those of others may have been: nothing is deleted "
                    + "for \(seconds) s, until they are there again")
        }
    }

    /// The versions that must stay whole, as of now.
    func keptVersions() throws(StoreError) -> KeptVersions {
        try GarbageCollector(table: self).survey(of: []).retention.keptVersions
    }

    func versionPins(_ heartbeats: [Heartbeat]) -> [VersionPin] {
        heartbeats.flatMap { heartbeat in
            let pins = heartbeat.pins[name] ?? .init()
            return pins.versions.sorted().map {
                VersionPin(session: heartbeat.id, version: $0, until: pins.until[$0])
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

    /// Commits what `body` makes of the newest state; nothing where it makes nothing. Where another session was
    /// faster, it is asked again.
    func commitMaintenance(_ body: (TableState) -> TransactionBody?) throws(StoreError) {
        for attempt in 1... {
            guard let body = body(try refresh()) else { return }
            do throws(CommitError) {
                try commit(body.operation, preconditions: body.preconditions, actions: body.actions)
                return
            } catch {
                guard case .conflict = error, attempt < 10 else { throw StoreError(error) }
            }
        }
    }
}
