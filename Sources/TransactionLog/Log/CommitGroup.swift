import Metadata
import Synchronization

/// A transaction between its arrival and its answer.
final class WaitingTransaction: Sendable {
    let transaction: Transaction
    let answer = Mutex<Result<CommittedTransaction, CommitError>?>(nil)

    init(_ transaction: Transaction) { self.transaction = transaction }

    func finish(_ result: Result<CommittedTransaction, CommitError>) {
        answer.withLock { answer in
            assert(answer == nil)
            answer = result
        }
    }

    var isAnswered: Bool { answer.withLock { $0 != nil } }
}

/// Where a transaction may stand of which nobody knows.
struct UnsettledAttempt: Sendable {
    /// A version from before anything of it was written.
    var after: Version
    /// The last version whose put was not answered; nil where that was another process's.
    var target: Version?
}

/// The transactions of one leader on their way into the log, and what is known of where they may stand already.
struct CommitGroup {
    /// Without an answer yet.
    var open: [WaitingTransaction]
    /// The version that was current when the group began: what it writes is later.
    private let began: Version
    /// Of transactions with earlier attempts: a version before the first of them.
    private var attempted: [CommitID: Version] = [:]
    /// The last version whose put gave no clear answer; nil where none did.
    var unknownVersion: Version?
    /// None of the transactions stands in a version up to this one.
    var searchedThrough: Version

    init(_ open: [WaitingTransaction], began: Version) {
        self.open = open
        self.began = began
        searchedThrough = began
    }

    /// Takes in that the transaction may stand in a version after that one.
    mutating func note(_ id: CommitID, after version: Version, target: Version? = nil) {
        attempted[id] = min(version, attempted[id] ?? version)
        searchedThrough = min(searchedThrough, version)
        if let target, target > began { unknownVersion = max(target, unknownVersion ?? target) }
    }

    /// True where the transaction may be in the log although nobody has seen it there.
    func mayStand(_ waiting: WaitingTransaction) -> Bool {
        unknownVersion != nil || attempted[waiting.transaction.id] != nil
    }

    func attempt(of waiting: WaitingTransaction) -> UnsettledAttempt {
        let after = min(began, attempted[waiting.transaction.id] ?? began)
        return UnsettledAttempt(after: after, target: unknownVersion)
    }

    /// What a transaction is told that fails its check against the state at `version`: as long as the version
    /// that an unanswered put aimed at is not there, that put may still arrive.
    func refusal(
        _ error: CommitError, of waiting: WaitingTransaction, at version: Version
    ) -> Result<CommittedTransaction, CommitError> {
        guard let unknownVersion, version < unknownVersion else { return .failure(error) }
        return .failure(.unknownOutcome(waiting.transaction.id, error.description))
    }
}
