import Metadata
import Planning
import TransactionLog

/// What of a table's past is in storage.
extension Table {
    /// Decides what of the log is still needed; `state` is the current one.
    ///
    /// - Parameter exactly: versions whose own times are wanted, for who is told until when they are kept.
    func retention(
        of state: TableState, pins: [VersionPin], now: Int64, exactly: Set<Version> = []
    ) throws(StoreError) -> Retention {
        try retention(
            of: state, history: history(of: state, now: now, exactly: exactly), pins: pins, now: now)
    }

    func retention(
        of state: TableState, history: StoredHistory, pins: [VersionPin], now: Int64
    ) throws(StoreError) -> Retention {
        Retention(
            states: history.bases.map(\.forRetention),
            versionFiles: history.versionFiles.map(\.forRetention),
            current: state.version, tags: state.tags, pins: pins, properties: state.properties, now: now)
    }

    /// What is in storage of the table's past, dated as finely as deciding takes: for what is needed now, and for what
    /// was at `cutoff`.
    func history(
        of state: TableState, now: Int64, cutoff: Int64? = nil, exactly: Set<Version> = []
    ) throws(StoreError) -> StoredHistory {
        let age = state.properties.logRetentionHours * 3_600_000
        do throws(LogError) {
            return try log.storedHistory(
                cutoffs: [now - age] + (cutoff.map { [$0 - age] } ?? []), exactly: exactly)
        } catch {
            throw StoreError(error)
        }
    }
}

extension StoredHistory.Item {
    fileprivate var forRetention: Retention.Item { Retention.Item(version: version, timestamp: datedAt) }
}
