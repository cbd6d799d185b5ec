import Metadata
import Platform
import Synchronization

// Recognising what is in the log already: acknowledgements are lost by storages, and callers come back.
extension TransactionLog {
    /// After a lost race this many commits look for other writers' versions before they write their own.
    static let contendedCommits = 16

    /// True where other writers were met lately.
    var isContended: Bool { shared.withLock { $0.contendedCommits > 0 } }

    /// The group with what is known of its transactions' earlier attempts.
    func openGroup(_ waiting: [WaitingTransaction]) -> CommitGroup {
        shared.withLock { shared in
            var group = CommitGroup(waiting, began: shared.current.version)
            for transaction in waiting.map(\.transaction) {
                if let version = transaction.attemptedAfter { group.note(transaction.id, after: version) }
                // What this log has seen stands where it was seen.
                if let version = shared.recent.version(of: transaction.id) {
                    group.note(transaction.id, after: Version(version.rawValue - 1))
                }
                if let attempt = shared.unsettled[transaction.id] {
                    group.note(transaction.id, after: attempt.after, target: attempt.target)
                }
            }
            return group
        }
    }

    /// Answers those that stand in a version up to the current one.
    ///
    /// The versions since an attempt began are searched in memory, or in their files where a state was written
    /// or read since: states keep no ids. The files are there, as they are kept for ten minutes at least; where
    /// one is gone all the same, nobody can tell any more, and that is the answer.
    func settle(_ group: inout CommitGroup) throws(LogError) {
        let newest = current.version
        guard group.searchedThrough < newest else { return }
        let found: [CommittedTransaction]
        do throws(LogError) {
            found = try transactions(after: group.searchedThrough)
        } catch .expired(let version) {
            let gone = "version \(version), in which it may stand, has expired"
            for waiting in group.open where group.mayStand(waiting) {
                finish(waiting, of: group, .failure(.unknownOutcome(waiting.transaction.id, gone)))
            }
            group.open = group.open.filter { !$0.isAnswered }
            group.searchedThrough = newest
            return
        }
        let ids = Set(group.open.map(\.transaction.id))
        let standing = found.filter { ids.contains($0.id) }
        group.searchedThrough = newest
        if standing.isEmpty { return }
        // What can be seen may still vanish in a crash.
        let isDurable = store.confirmNames(entropy.uint64())
        for waiting in group.open {
            guard let committed = standing.first(where: { $0.id == waiting.transaction.id }) else { continue }
            if isDurable {
                finish(waiting, of: group, .success(committed))
            } else {
                let message = "it is in the log, and may not survive a crash"
                finish(waiting, of: group, .failure(.unknownOutcome(committed.id, message)))
            }
        }
        group.open = group.open.filter { !$0.isAnswered }
    }

    /// Why a version that was just put may be none, after a process stood still between looking and putting: the
    /// one that was there may have expired, so that the put went into a hole. nil where it is as it should be.
    ///
    /// Version files go oldest first. As long as the one before is there, the new one was never there before.
    func doubt(about version: Version) -> LogError? {
        do throws(LogError) {
            if try store.exists(path.versionFile(Version(version.rawValue - 1))) { return nil }
            let newest = try store.listing(from: nil).newestVersion
            if newest == version { return nil }
            try readAgain()
            return .missingVersion(
                Version(version.rawValue - 1),
                "it expired while version \(version) was written, and version \(newest ?? version) is there")
        } catch {
            return error
        }
    }

    /// The transactions of the versions after `version` up to the current one, in order: those in memory, the
    /// others from their files. Throws `expired` with the first version whose file is gone.
    private func transactions(after version: Version) throws(LogError) -> [CommittedTransaction] {
        let (newest, inMemory) = shared.withLock { shared in
            let start = shared.pending.lastIndex { $0.version <= version }.map { $0 + 1 } ?? 0
            return (shared.current.version, Array(shared.pending[start...]))
        }
        var found: [CommittedTransaction] = []
        var next = version.next
        let end = inMemory.first?.version ?? newest.next
        while next < end {
            guard let transactions = try store.transactions(of: next) else { throw .expired(next) }
            found += transactions
            next = next.next
        }
        return found + inMemory
    }
}

/// Where the transactions that a log has seen last stand.
struct RecentTransactions: Sendable {
    private static let capacity = 4_096
    private var versions: [CommitID: Version] = [:]
    /// In the order of their coming; the oldest is at `oldest`.
    private var order: [CommitID] = []
    private var oldest = 0

    func version(of id: CommitID) -> Version? { versions[id] }

    mutating func insert(_ transactions: [CommittedTransaction]) {
        for transaction in transactions
        where versions.updateValue(transaction.version, forKey: transaction.id) == nil {
            if order.count < Self.capacity {
                order.append(transaction.id)
            } else {
                versions[order[oldest]] = nil
                order[oldest] = transaction.id
                oldest = (oldest + 1) % Self.capacity
            }
        }
    }
}
