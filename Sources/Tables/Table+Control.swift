import Bytes
package import Compaction
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
        backPressure.end()
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

    /// One round of garbage collection, as fast as it goes; nil where somebody else has asked for one, or for a purge,
    /// that is under way. A round in the background gives way.
    @discardableResult
    package func collectGarbage() throws(StoreError) -> GarbageCollector.Outcome? {
        try services.inForeground { () throws(StoreError) in try collect(nil) }
    }

    /// The same for a line of `ctl`: EBUSY where there is nothing of one's own to wait for.
    package func collectGarbageOnRequest() throws(StoreError) {
        guard try collectGarbage() != nil else {
            throw StoreError(.ebusy, "garbage of \(name) is being collected: try again in a moment")
        }
    }

    /// One round at the pace of the background; nil where another is under way.
    ///
    /// - Parameter pause: waits, and tells whether to go on; that of the services where none is given.
    package func collectInBackground(
        pause: ((_ nanoseconds: UInt64) -> Bool)? = nil
    ) throws(StoreError) -> GarbageCollector.Outcome? {
        try services.inBackground { wait throws(StoreError) in
            try collect(DeletionPacer(clock: context.clock, wait: pause ?? wait))
        }
    }

    private func collect(_ pacer: DeletionPacer?) throws(StoreError) -> GarbageCollector.Outcome {
        let outcome = try withReserve { () throws(StoreError) in
            try GarbageCollector(table: self, pacer: pacer).collect()
        }
        if !outcome.isNothing { record(outcome) }
        return outcome
    }

    /// On a full disk the reserve makes room for the commits that deleting needs.
    func withReserve<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
        defer { context.reserve.restore() }
        do throws(StoreError) {
            return try body()
        } catch {
            guard error.errno == .enospc, context.reserve.release() else { throw error }
            return try body()
        }
    }

    /// Cancels a job, on a full disk too: what it has written goes, and its end is a commit.
    package func cancelCompaction(_ job: JobID) throws(CompactionRefusal) {
        // The end of one that runs is committed later, by the thread that runs it.
        context.reserve.releaseIfFull()
        do throws(CompactionRefusal) {
            try compactor.cancel(job)
        } catch {
            guard error.errno == .enospc, context.reserve.release() else { throw error }
            try compactor.cancel(job)
        }
    }

    private func record(_ outcome: GarbageCollector.Outcome) {
        var object = outcome.object
        object["event"] = "gc"
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
        events.record(event, nowMilliseconds: context.clock.nowMilliseconds())
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
