import Bytes
import Metadata
import Planning
import Storage
import TransactionLog

/// What of a table's past is in storage.
extension Table {
    /// States and version files with the times at which they were written.
    struct StoredHistory {
        var states: [Retention.Item] = []
        var versionFiles: [Retention.Item] = []
    }

    /// Lists the log. The time of an object is its storage's; a copy of a store is younger, never older.
    func storedHistory() throws(StoreError) -> StoredHistory {
        var history = StoredHistory()
        let path = LogPath(table: name)
        do throws(StorageError) {
            for object in try storage.list(name + "/_transaction_log", after: nil, withMetadata: true) {
                if let version = LogPath.version(ofVersionFile: object.name) {
                    let time = object.metadata?.modificationMilliseconds
                    history.versionFiles.append(Retention.Item(version: version, timestamp: time))
                } else if object.isDirectory, let version = LogPath.version(ofState: object.name) {
                    // A directory without its manifest is a state that was never finished, or is being deleted.
                    guard let metadata = try storage.metadata(of: path.stateManifest(version)) else {
                        continue
                    }
                    history.states.append(
                        Retention.Item(version: version, timestamp: metadata.modificationMilliseconds))
                }
            }
        } catch {
            throw StoreError(error)
        }
        return history
    }
}
