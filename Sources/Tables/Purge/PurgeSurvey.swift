import Bytes
import Metadata
import Planning
import Platform
import Storage
import TransactionLog

/// Looks at all that a purge decides by. Changes nothing.
///
/// What could go is listed first; the newest version, the sessions and the states, which tell what is used, are
/// read after it. Whatever cannot be read ends the look.
struct PurgeSurvey: Sendable {
    /// Of a table, with the slash.
    static let logDirectory: ByteString = "_transaction_log/"

    let table: Table

    /// - Parameter age: for how long a thing must have been unneeded, milliseconds.
    func picture(age: Int64) throws(StoreError) -> (PurgePicture, UnreferencedSweep.Finding) {
        let candidates = try strangers()
        let state = try table.refresh()
        let heartbeats = try table.heartbeats()
        let now = table.context.clock.nowMilliseconds()
        let cutoff = now - age
        var picture = PurgePicture(
            version: state.version, now: now, cutoff: cutoff, properties: state.properties,
            minManifestAge: table.log.minManifestAgeMilliseconds)
        try addLog(state, heartbeats, to: &picture)
        let finding = try UnreferencedSweep(table: table).look(state, heartbeats)
        picture.unreferenced = finding.manifests.unreferenced.map {
            PurgePicture.Object(path: Self.logDirectory + $0.name, sizeBytes: $0.sizeBytes)
        }
        picture.manifestObstacle = finding.manifests.objects.isEmpty ? nil : finding.manifests.obstacle
        for (name, since) in finding.since {
            let isObject = !name.hasPrefix("session/")
            picture.since[isObject ? Self.logDirectory + name : name] = since
        }
        picture.forgettable = finding.forgettable
        picture.garbage = state.garbage.sorted()
        picture.filePins = table.filePins(heartbeats)
        picture.isLive = { state.files.contains($0) }
        picture.strangers = try strangers(candidates, to: state)
        picture.writers = writers(heartbeats)
        return (picture, finding)
    }

    // MARK: The log

    func addLog(
        _ state: TableState, _ heartbeats: [Heartbeat], to picture: inout PurgePicture
    ) throws(StoreError) {
        let history = try table.history(of: state, now: picture.now, cutoff: picture.cutoff)
        let retention = try table.retention(
            of: state, history: history, pins: table.versionPins(heartbeats), now: picture.now)
        let path = LogPath(table: "")
        let decisions = Dictionary(
            retention.states.map { ($0.version, $0) }, uniquingKeysWith: { $1 })
        picture.states = history.states.compactMap { item in
            guard let decision = decisions[item.version] else { return nil }
            return PurgePicture.LogObject(
                object: .init(
                    path: relative(path.stateManifest(item.version)), sizeBytes: item.sizeBytes ?? 0),
                decision: decision, datedAt: item.datedAt)
        }
        let limit = picture.now - table.log.options.minVersionFileAgeMilliseconds
        picture.versionFiles = zip(history.versionFiles, retention.versionFiles).map { item, decision in
            var file = PurgePicture.LogObject(
                object: .init(
                    path: relative(path.versionFile(item.version)), sizeBytes: item.sizeBytes ?? 0),
                decision: decision, datedAt: item.datedAt)
            file.isFresh = item.writtenAt.map { $0 > limit } ?? true
            return file
        }
        picture.checkpoints = history.checkpointFiles.map { file in
            PurgePicture.CheckpointObject(
                object: .init(path: Self.logDirectory + file.name, sizeBytes: file.sizeBytes ?? 0),
                version: file.version, isPart: file.part != nil, decision: decisions[file.version])
        }
        picture.keptVersions = retention.keptVersions
        do throws(LogError) {
            picture.verifiedState = try table.log.newestVerifiedState()
            picture.hintedState = table.log.hintedVersion
        } catch {
            throw StoreError(error)
        }
    }

    private func relative(_ key: ByteString) -> ByteString { ByteString(Array(key.bytes.dropFirst())) }

    // MARK: Data files

    /// The paths below `data/` that the state which this process has does not know.
    private func strangers() throws(StoreError) -> [ByteString] {
        let state = table.state
        var found: [ByteString] = []
        var directories: [ByteString] = ["data"]
        do throws(StorageError) {
            while let directory = directories.popLast() {
                for object in try table.storage.list(table.key(directory)) {
                    let path = ObjectKey.child(object.name, of: directory)
                    if object.isDirectory {
                        directories.append(path)
                    } else if !isKnown(path, to: state) {
                        found.append(path)
                    }
                }
            }
        } catch {
            throw StoreError(error)
        }
        return found.sorted()
    }

    /// An id that is known keeps whatever has it in its name.
    private func isKnown(_ path: ByteString, to state: TableState) -> Bool {
        let id = FileID(path: path)
        return state.files.contains(id) || state.garbage[id] != nil || state.isFinished(id)
    }

    /// Those of these that are there and that the state does not know.
    func strangers(_ paths: [ByteString], to state: TableState) throws(StoreError) -> [PurgePicture.Stranger]
    {
        var found: [PurgePicture.Stranger] = []
        for path in paths where !isKnown(path, to: state) {
            if let stranger = try stranger(path) { found.append(stranger) }
        }
        return found
    }

    /// nil where it is gone.
    private func stranger(_ path: ByteString) throws(StoreError) -> PurgePicture.Stranger? {
        do throws(StorageError) {
            guard let metadata = try table.storage.metadata(of: table.key(path)) else { return nil }
            return PurgePicture.Stranger(
                object: .init(path: path, sizeBytes: Int64(metadata.sizeBytes)), namedAt: Self.namedAt(path),
                writtenAt: metadata.modificationMilliseconds)
        } catch {
            throw StoreError(error)
        }
    }

    /// The time in `<UTC time>-<16 hex>.parquet`.
    static func namedAt(_ path: ByteString) -> Int64? {
        let name = ObjectKey.name(of: path)
        let suffix = "-0123456789abcdef.parquet".utf8.count
        guard name.count > suffix, name.hasSuffix(ByteString(FileID(path: path).description) + ".parquet")
        else {
            return nil
        }
        return name.bytes.withUnsafeBytes {
            TimestampText.parseCompactMilliseconds(UnsafeRawBufferPointer(rebasing: $0.dropLast(suffix)))
        }
    }

    /// The sessions that are not known to be dead: one look tells which processes of this machine are gone.
    func writers(_ heartbeats: [Heartbeat]) -> [PurgePicture.Writer] {
        let observer = SessionObserver()
        return heartbeats.filter { !observer.isCertainlyDead($0) }.map {
            PurgePicture.Writer(session: $0.id, writesSince: $0.writesSinceMilliseconds)
        }
    }
}
