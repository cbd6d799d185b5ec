import Metadata

/// Several transactions checked and applied one after the other, as they will stand in one version.
struct GroupPlan {
    /// The state after those that were accepted.
    private(set) var state: TableState
    private(set) var committed: [CommittedTransaction] = []
    /// Indices of `committed` among the transactions given.
    private(set) var accepted: [Int] = []
    private(set) var refused: [(Int, CommitError)] = []

    /// Files of one version get ordinals of 20 bits.
    private static let maxFiles = 1_048_575

    init(base: TableState, now: Int64, transactions: [Transaction]) {
        state = base
        let version = base.version.next
        let timestamp = max(now, base.timestamp + 1)
        var ids = Set<CommitID>()
        var fileCount = 0
        for (index, transaction) in transactions.enumerated() {
            var count = fileCount
            var committed = CommittedTransaction(
                id: transaction.id, version: version, ordinal: self.committed.count, timestamp: timestamp,
                operation: transaction.operation, session: transaction.session, notes: transaction.notes,
                actions: [])
            committed.actions = transaction.actions.map { action in
                guard case .add(var entry) = action.stamped(committed) else {
                    return action.stamped(committed)
                }
                entry.ordinal = Int32(truncatingIfNeeded: count)
                count += 1
                return .add(entry)
            }
            do {
                if !ids.insert(transaction.id).inserted {
                    throw CommitError.invalid("two transactions have the id \(transaction.id)")
                }
                if count > Self.maxFiles {
                    throw CommitError.invalid("a version holds at most \(Self.maxFiles) files")
                }
                try state.check(transaction.preconditions, now: now)
                state = try state.applying(committed)
                fileCount = count
                self.committed.append(committed)
                accepted.append(index)
            } catch let conflict as TransactionConflict {
                refused.append((index, .conflict(conflict)))
            } catch let error as CommitError {
                refused.append((index, error))
            } catch {
                refused.append((index, .invalid("\(error)")))
            }
        }
    }
}
