import Metadata
import Planning
import TransactionLog

/// What of a table's past is in storage.
extension Table {
    /// Decides what of the log is still needed; `state` is the current one.
    func retention(of state: TableState, pins: [VersionPin], now: Int64) throws(StoreError) -> Retention {
        let history: StoredHistory
        do throws(LogError) {
            history = try log.storedHistory()
        } catch {
            throw StoreError(error)
        }
        return Retention(
            states: history.bases.map(\.forRetention),
            versionFiles: history.versionFiles.map(\.forRetention),
            current: state.version, tags: state.tags, pins: pins, properties: state.properties, now: now)
    }
}

extension StoredHistory.Item {
    fileprivate var forRetention: Retention.Item { Retention.Item(version: version, timestamp: writtenAt) }
}
