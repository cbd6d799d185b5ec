import Bytes
import Compaction
package import JSON
package import Metadata
import Platform
import Storage
import Telemetry
package import TransactionLog

/// What a person can ask of a table, and what it records of itself.
extension Table {
    func startServices() {
        guard context.options.runsServices, !isReadOnly else { return }
        services.start(self)
    }

    func stop() {
        compactor.stop()
        services.stop()
    }

    /// Writes the whole state of the current version, in the table's own format unless told otherwise. This is
    /// the one thing that is written to another program's table.
    @discardableResult
    package func checkpoint(
        _ format: TableProperties.StateFormat? = nil
    ) throws(StoreError) -> CheckpointOutcome {
        if context.options.isReadOnly { throw StoreError(.erofs, "the store is open read-only") }
        do throws(LogError) {
            let outcome = try log.checkpoint(format)
            if outcome.status == .written {
                record([
                    "event": "checkpoint", "version": .integer(outcome.version.rawValue),
                    "format": .string(ByteString(outcome.newFormat.rawValue)),
                    "files": .integer(Int64(outcome.fileCount)),
                ])
            }
            return outcome
        } catch {
            throw StoreError(error)
        }
    }

    /// One round of garbage collection; nil where one is under way.
    @discardableResult
    package func collectGarbage() throws(StoreError) -> GarbageCollector.Outcome? {
        try services.collectOnce { () throws(StoreError) in
            let outcome = try withReserve { () throws(StoreError) in
                try GarbageCollector(table: self).collect()
            }
            if !outcome.isNothing { record(outcome) }
            return outcome
        }
    }

    /// On a full disk the reserve makes room for the commits that deleting needs.
    func withReserve<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
        let reserve = SpaceReserve(storage: storage)
        defer { reserve.fill() }
        do throws(StoreError) {
            return try body()
        } catch {
            guard error.errno == .enospc, reserve.release() else { throw error }
            return try body()
        }
    }

    private func record(_ outcome: GarbageCollector.Outcome) {
        let object: JSONObject = [
            "event": "gc", "condemned": .integer(Int64(outcome.condemned)),
            "deletedFiles": .integer(Int64(outcome.deletedFiles)),
            "deletedBytes": .integer(outcome.deletedBytes),
            "deletedStates": .integer(Int64(outcome.deletedStates)),
            "deletedVersionFiles": .integer(Int64(outcome.deletedVersionFiles)),
            "deletedManifests": .integer(Int64(outcome.deletedManifests)),
        ]
        record(object)
    }

    func recordState(_ outcome: StateOutcome) {
        guard case .written(let summary) = outcome else { return }
        record([
            "event": "state", "version": .integer(summary.version.rawValue),
            "manifests": .integer(Int64(summary.manifestCount)),
            "tombstones": .integer(Int64(summary.tombstoneCount)),
        ])
    }

    /// Adds a line to `events`, with the time.
    package func record(_ event: JSONObject) {
        let now = context.clock.nowMilliseconds()
        var event = event
        event["time"] = .string(ByteString(TimestampText.iso(milliseconds: now)))
        events.append(JSONValue.object(event).compactBytes, nowMilliseconds: now)
    }

    func recordCommits() {
        let events = events
        log.addObserver { _, _, transactions in
            for transaction in transactions {
                events.append(CommitEvent.line(transaction), nowMilliseconds: transaction.timestamp)
            }
        }
    }

    /// Remembers and logs a refusal.
    package func refuse(_ refusal: Refusal) {
        refusals.append(refusal)
        context.log.info("refused: \(refusal.operation) \(refusal.path): \(refusal.rule)")
    }

    /// Deletes all objects of the table, the log last, so that a table half removed is still one.
    func removeEverything() throws(StorageError) {
        for object in try storage.list(name) where object.name != "_transaction_log" {
            try removeTree(name + "/" + object.name, isDirectory: object.isDirectory)
        }
        let path = LogPath(table: name)
        try removeTree(name + "/_transaction_log", isDirectory: true, except: path.versionFile(Version(0)))
        try storage.delete(path.versionFile(Version(0)))
        try storage.deleteDirectoryIfEmpty(name + "/_transaction_log")
        try storage.deleteDirectoryIfEmpty(name)
    }

    private func removeTree(
        _ key: ByteString, isDirectory: Bool, except kept: ByteString? = nil
    ) throws(StorageError) {
        guard isDirectory else {
            if key != kept { try storage.delete(key) }
            return
        }
        for object in try storage.list(key) {
            try removeTree(key + "/" + object.name, isDirectory: object.isDirectory, except: kept)
        }
        try storage.deleteDirectoryIfEmpty(key)
    }
}
