import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

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
            if !own.isAnswered { commitGroup(takeGroup(with: own)) }
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
    private func commitGroup(_ waiting: [WaitingTransaction]) {
        if waiting.isEmpty { return }
        var group = openGroup(waiting)
        var attempt = 0
        while !group.open.isEmpty {
            if isPoisoned { return fail(group, .poisoned) }
            if shared.withLock({ $0.isRemoved }) { return fail(group, .noSuchTable(path.table)) }
            do throws(LogError) {
                if attempt > 0 || isStale || isContended { _ = try catchUp() }
                try settle(&group)
            } catch {
                return fail(group, error)
            }
            switch attemptCommit(&group) {
            case .done: return
            case .lost: shared.withLock { $0.contendedCommits = Self.contendedCommits }
            case .unknown(let message):
                // The same version file is tried again: if it was written after all, it is found there.
                group.unknownVersion = current.version.next
                options.warn("\(path.directory.display): a commit's outcome is unknown (\(message)); looking")
            case .failed(let error): return fail(group, error)
            }
            attempt += 1
            if attempt >= options.maxCommitAttempts {
                return fail(group, .missingVersion(current.version.next, "too many other writers"))
            }
            backOff(attempt)
        }
    }

    private enum Attempt {
        case done, lost
        case unknown(String)
        case failed(LogError)
    }

    /// One version file with all that pass their checks; those that do not are answered and leave the group.
    private func attemptCommit(_ group: inout CommitGroup) -> Attempt {
        let base = current
        let now = clock.nowMilliseconds()
        let plan = GroupPlan(base: base, now: now, transactions: group.open.map(\.transaction))
        for (index, error) in plan.refused {
            let waiting = group.open[index]
            finish(waiting, of: group, group.refusal(error, of: waiting, at: base.version))
        }
        let accepted = plan.accepted.map { group.open[$0] }
        group.open = accepted
        if accepted.isEmpty { return .done }
        var wire = ActionWire(definition: base.definition)
        let bytes: [UInt8]
        do throws(WireError) {
            bytes = try VersionFile.encode(plan.committed, wire: &wire)
        } catch {
            for transaction in accepted {
                finish(
                    transaction, of: group,
                    group.refusal(.invalid(error.message), of: transaction, at: base.version))
            }
            group.open = []
            return .done
        }
        // Where others write, the version may be taken by now: a look costs less than a sync.
        if isContended, isTaken(base.version.next) { return .lost }
        switch store.create(path.versionFile(base.version.next), bytes) {
        case .created:
            if isStale, let doubt = doubt(about: base.version.next) {
                group.unknownVersion = base.version.next
                return .failed(doubt)
            }
            advance(to: plan.state, by: plan.committed, isOwn: true)
            shared.withLock { $0.contendedCommits = max(0, $0.contendedCommits - 1) }
            for (transaction, committed) in zip(accepted, plan.committed) {
                finish(transaction, of: group, .success(committed))
            }
            group.open = []
            return .done
        case .exists: return .lost
        case .unknown(let error, let mayVanish):
            if mayVanish {
                // It may be there, and found, and yet be gone after a crash: finding it proves nothing.
                poison()
                group.unknownVersion = base.version.next
                fail(group, .storage(error))
                group.open = []
                return .done
            }
            return .unknown(error.description)
        case .syncFailed(let error):
            poison()
            return .failed(.storage(error))
        case .failed(let error): return .failed(.storage(error))
        }
    }

    /// No answer says that nothing happened where something may have.
    private func fail(_ group: CommitGroup, _ error: LogError) {
        for waiting in group.open {
            let id = waiting.transaction.id
            let answer: CommitError =
                group.mayStand(waiting) ? .unknownOutcome(id, error.description) : .failed(error)
            finish(waiting, of: group, .failure(answer))
        }
    }

    /// Gives a transaction its answer, and remembers those of which none is certain.
    func finish(
        _ waiting: WaitingTransaction, of group: CommitGroup,
        _ result: Result<CommittedTransaction, CommitError>
    ) {
        var unsettled: UnsettledAttempt?
        if case .failure(.unknownOutcome) = result { unsettled = group.attempt(of: waiting) }
        shared.withLock { $0.unsettled[waiting.transaction.id] = unsettled }
        waiting.finish(result)
    }

    private func isTaken(_ version: Version) -> Bool {
        // Where nothing can be said the put will tell.
        (try? store.exists(path.versionFile(version))) ?? false
    }

    private func poison() { shared.withLock { $0.isPoisoned = true } }

    /// 1 ms doubling to 128 ms, between half and all of it.
    private func backOff(_ attempt: Int) {
        let full = UInt64(1_000_000) << UInt64(min(attempt - 1, 7))
        options.sleep(full / 2 + entropy.uint64(below: full / 2))
    }
}
