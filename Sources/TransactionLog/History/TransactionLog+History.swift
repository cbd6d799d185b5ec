import Bytes
package import Metadata
import Storage

// What was, as far as storage still has it.
extension TransactionLog {
    /// All versions of which anything is left, ascending. One listing; no file is read.
    package func versions() throws(LogError) -> [VersionInfo] { try store.listing(from: nil).infos }

    /// The versions of a range of which anything is left, with their times and operations. Reads each.
    package func versions(in range: ClosedRange<Version>) throws(LogError) -> [VersionInfo] {
        let listing = try store.listing(from: range.lowerBound)
        var result: [VersionInfo] = []
        for var info in listing.infos where range.contains(info.version) {
            if info.hasFile, let transactions = try store.transactions(of: info.version) {
                info.timestamp = transactions.last?.timestamp
                info.operations = transactions.map(\.operation)
            } else if info.hasState {
                info.timestamp = try? stateManifest(at: info.version).timestamp
            }
            result.append(info)
        }
        return result
    }

    /// The transactions of a version; nil where its file has expired or there is no such version yet.
    package func transactions(of version: Version) throws(LogError) -> [CommittedTransaction]? {
        guard version.rawValue >= 0 else { return nil }
        return try store.transactions(of: version)
    }

    /// What the versions after `old` up to `new` did, in order: ``ChangeReader/changes(from:to:_:)``, kept
    /// in memory.
    package func changes(from old: Version, to new: Version) throws(LogError) -> [VersionChange] {
        var result: [VersionChange] = []
        try changeReader.changes(from: old, to: new) { change in
            result.append(change)
            return true
        }
        return result
    }

    /// Tells the changes of this table without its state.
    package var changeReader: ChangeReader { ChangeReader(store, options) }
}

extension LogListing {
    fileprivate var infos: [VersionInfo] {
        let stated = Set(states)
        var infos = versions.map { VersionInfo(version: $0, hasFile: true, hasState: stated.contains($0)) }
        let filed = Set(versions)
        infos += states.filter { !filed.contains($0) }.map {
            VersionInfo(version: $0, hasFile: false, hasState: true)
        }
        return infos.sorted { $0.version < $1.version }
    }
}

extension LogStorage {
    func history() throws(LogError) -> StoredHistory {
        var history = StoredHistory()
        do throws(StorageError) {
            for object in try storage.list(path.logDirectory, after: nil, withMetadata: true) {
                if !object.isDirectory, let version = LogPath.version(ofVersionFile: object.name) {
                    history.versionFiles.append(StoredHistory.Item(version, object.metadata))
                } else if !object.isDirectory, var file = CheckpointFile(name: object.name) {
                    file.writtenAt = object.metadata?.modificationMilliseconds
                    file.sizeBytes = object.metadata.map { Int64($0.sizeBytes) }
                    history.checkpointFiles.append(file)
                } else if object.isDirectory, let version = LogPath.version(ofState: object.name) {
                    // A directory without its manifest was never finished, or is being deleted.
                    guard let record = try storage.metadata(of: path.stateManifest(version)) else { continue }
                    history.states.append(StoredHistory.Item(version, record))
                }
            }
        } catch {
            throw .storage(error)
        }
        history.states.sort { $0.version < $1.version }
        history.versionFiles.sort { $0.version < $1.version }
        return history
    }
}

extension StoredHistory.Item {
    fileprivate init(_ version: Version, _ metadata: ObjectMetadata?) {
        self.version = version
        writtenAt = metadata?.modificationMilliseconds
        sizeBytes = metadata.map { Int64($0.sizeBytes) }
    }
}
