package import Bytes
package import Metadata
import Planning
import Platform
import Storage
import TransactionLog

/// What a mount shows of a table's log.
extension Table {
    /// The versions that can be had now, ascending: those with a state, and those that version files lead to
    /// from one.
    package func availableVersions() throws(StoreError) -> [Version] {
        var files: Set<Version> = []
        var states: Set<Version> = []
        do throws(StorageError) {
            for object in try storage.list(name + "/_transaction_log") {
                if let version = LogPath.version(ofVersionFile: object.name) {
                    files.insert(version)
                } else if let file = CheckpointFile(name: object.name) {
                    if file.part == nil { states.insert(file.version) }
                } else if object.isDirectory, let version = LogPath.version(ofState: object.name) {
                    states.insert(version)
                }
            }
        } catch {
            throw StoreError(error)
        }
        // What such a version was is not known, unless version files say it.
        if isForeign { states.subtract(try lateStates()) }
        var available: [Version] = []
        for version in files.union(states).sorted() {
            let follows = available.last?.next == version && files.contains(version)
            if states.contains(version) || follows || version == Version(0) { available.append(version) }
        }
        if isForeign { return available }
        // What nothing keeps may be half gone.
        let kept = try keptVersions()
        return available.filter(kept.contains)
    }

    /// The Avro files of the newest state at or below a version, which the version's own state is made from:
    /// names as they are shown, with the objects they are. Empty where version files alone are the state.
    package func manifestObjects(at version: Version) throws(StoreError) -> [(
        name: ByteString, key: ByteString
    )] {
        let path = LogPath(table: name)
        do throws(LogError) {
            let late = Set(try log.lateStates())
            let base = try log.stateVersions().last { $0 <= version && !late.contains($0) }
            guard let base else { return [] }
            let manifest = try log.stateManifest(at: base)
            let objects = manifest.manifests.map { info in
                let slash = info.path.bytes.lastIndex(of: UInt8(ascii: "/"))
                let shown = slash.map { ByteString(info.path.bytes[($0 + 1)...]) } ?? info.path
                return (name: shown, key: path.directory + info.path)
            }
            return [(name: "_manifest.avro", key: path.stateManifest(base))]
                + objects.sorted { $0.name < $1.name }
        } catch {
            throw StoreError(error)
        }
    }

    private func lateStates() throws(StoreError) -> [Version] {
        do throws(LogError) { return try log.lateStates() } catch { throw StoreError(error) }
    }

    /// The commits of a version, each as its line in `events`; none where its file has expired.
    package func commitLines(at version: Version) throws(StoreError) -> [[UInt8]] {
        do throws(LogError) {
            return try (log.transactions(of: version) ?? []).map { CommitEvent.line($0) }
        } catch {
            throw StoreError(error)
        }
    }

    /// What a version changed, as JSON lines: from the version before, or from the nearest older one that can be
    /// had; one line that says so where there is none.
    package func changesText(at version: Version) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(LogError) {
            guard let before = try log.changeReader.predecessor(of: version) else {
                let time = try log.state(at: version).timestamp
                let error = LogError.beyondRetention(Version(version.rawValue - 1), oldest: version)
                return ChangesReport.unknown(version, timestamp: time, because: error.description)
            }
            try log.changeReader.changes(from: before, to: version) { change in
                bytes += ChangesReport.lines(change)
                return true
            }
            return bytes
        } catch {
            throw StoreError(error)
        }
    }

    /// The directory of the log in storage.
    package var logDirectory: ByteString { LogPath(table: name).logDirectory }

    /// Whether a name in the log's directory is that of a version file.
    package static func isVersionFile(_ name: ByteString) -> Bool {
        LogPath.version(ofVersionFile: name) != nil
    }

    /// Calls `observer` after each new version, on the thread that found it; it must return at once.
    package func onCommit(
        _ observer:
            @escaping @Sendable (_ old: TableState, _ new: TableState, _ changes: [CommittedTransaction]) ->
            Void
    ) {
        log.addObserver(observer)
    }
}
