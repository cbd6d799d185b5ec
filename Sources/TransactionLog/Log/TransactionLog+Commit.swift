import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

/// A transaction between its arrival and its answer.
final class WaitingTransaction: Sendable {
    let transaction: Transaction
    let answer = Mutex<Result<CommittedTransaction, CommitError>?>(nil)

    init(_ transaction: Transaction) { self.transaction = transaction }

    func finish(_ result: Result<CommittedTransaction, CommitError>) {
        answer.withLock { answer in
            assert(answer == nil || answer.isSettled)
            answer = result
        }
    }
}

extension Optional where Wrapped == Result<CommittedTransaction, CommitError> {
    var isSettled: Bool { self != nil }
}

extension TransactionLog {
    /// Commits the transaction, or throws; returns once it is durable.
    ///
    /// Transactions that wait at the same time go out as one version. The thread that gets the log next takes
    /// all of them along; the others find their answer when their turn comes.
    package func commit(_ transaction: Transaction) throws(CommitError) -> CommittedTransaction {
        if current.definition.provider != "firn" { throw .foreign }
        let own = WaitingTransaction(transaction)
        waiting.withLock { $0.append(own) }
        serial.withLock { _ in
            if own.answer.withLock({ $0 == nil }) { commitGroup(takeGroup(with: own)) }
        }
        guard let result = own.answer.withLock({ $0 }) else {
            preconditionFailure("a leader left a transaction without an answer")
        }
        return try result.get()
    }

    /// How many transactions wait for their turn.
    package var waitingCount: Int { waiting.withLock { $0.count } }

    /// The transactions at the head of the queue up to the action limit, and the leader's own in any case.
    private func takeGroup(with own: WaitingTransaction) -> [WaitingTransaction] {
        waiting.withLock { queue in
            var group: [WaitingTransaction] = []
            var actionCount = 0
            var rest: [WaitingTransaction] = []
            for candidate in queue {
                let count = candidate.transaction.actions.count
                if group.isEmpty || actionCount + count <= options.maxGroupActions || candidate === own {
                    group.append(candidate)
                    actionCount += count
                } else {
                    rest.append(candidate)
                }
            }
            queue = rest
            return group
        }
    }

    /// Answers every transaction of the group.
    private func commitGroup(_ group: [WaitingTransaction]) {
        var open = group
        var attempt = 0
        if open.isEmpty { return }
        var sawUnknown = false
        while !open.isEmpty {
            if isPoisoned { return fail(open, sawUnknown, .poisoned) }
            do throws(LogError) {
                if attempt > 0 || isStale { _ = try catchUp() }
                open = settle(open, isDurable: { !sawUnknown || store.confirmNames(entropy.uint64()) })
            } catch {
                return fail(open, sawUnknown, error)
            }
            let attemptResult = attemptCommit(&open)
            switch attemptResult {
            case .done: return
            case .lost: break
            case .unknown(let message):
                // The same version file is tried again: if it was written after all, it is found there.
                sawUnknown = true
                options.warn("\(path.directory.display): a commit's outcome is unknown (\(message)); looking")
            case .failed(let error): return fail(open, sawUnknown, error)
            }
            attempt += 1
            if attempt >= options.maxCommitAttempts {
                return fail(open, sawUnknown, .missingVersion(current.version.next, "too many other writers"))
            }
            backOff(attempt)
        }
    }

    private enum Attempt {
        case done, lost
        case unknown(String)
        case failed(LogError)
    }

    /// One version file with all that pass their checks; those that do not are answered and leave `open`.
    private func attemptCommit(_ open: inout [WaitingTransaction]) -> Attempt {
        let base = current
        let now = clock.nowMilliseconds()
        let plan = GroupPlan(base: base, now: now, transactions: open.map(\.transaction))
        for (index, error) in plan.refused { open[index].finish(.failure(error)) }
        let accepted = plan.accepted.map { open[$0] }
        open = accepted
        if accepted.isEmpty { return .done }
        var wire = ActionWire(definition: base.definition)
        let bytes: [UInt8]
        do throws(WireError) {
            bytes = try VersionFile.encode(plan.committed, wire: &wire)
        } catch {
            for transaction in accepted { transaction.finish(.failure(.invalid(error.message))) }
            open = []
            return .done
        }
        switch store.create(path.versionFile(base.version.next), bytes) {
        case .created:
            advance(to: plan.state, by: plan.committed)
            for (transaction, committed) in zip(accepted, plan.committed) {
                transaction.finish(.success(committed))
            }
            open = []
            return .done
        case .exists: return .lost
        case .unknown(let error, let mayVanish):
            if mayVanish {
                // It may be there, and found, and yet be gone after a crash: finding it proves nothing.
                poison()
                fail(open, true, .storage(error))
                open = []
                return .done
            }
            return .unknown(error.description)
        case .syncFailed(let error):
            poison()
            return .failed(.storage(error))
        case .failed(let error): return .failed(.storage(error))
        }
    }

    /// Answers those whose ids stand in the log already: their acknowledgement was lost.
    private func settle(
        _ open: [WaitingTransaction], isDurable: () -> Bool
    ) -> [WaitingTransaction] {
        let known = shared.withLock { $0.pending }
        return open.filter { waiting in
            guard let found = known.last(where: { $0.id == waiting.transaction.id }) else { return true }
            if isDurable() {
                waiting.finish(.success(found))
            } else {
                let message = "it is in the log, and may not survive a crash"
                waiting.finish(.failure(.unknownOutcome(found.id, message)))
            }
            return false
        }
    }

    private func fail(_ open: [WaitingTransaction], _ sawUnknown: Bool, _ error: LogError) {
        for transaction in open {
            let id = transaction.transaction.id
            transaction.finish(
                .failure(sawUnknown ? .unknownOutcome(id, error.description) : .failed(error)))
        }
    }

    private func poison() { shared.withLock { $0.isPoisoned = true } }

    /// 1 ms doubling to 128 ms, between half and all of it.
    private func backOff(_ attempt: Int) {
        let full = UInt64(1_000_000) << UInt64(min(attempt - 1, 7))
        options.sleep(full / 2 + entropy.uint64(below: full / 2))
    }
}
