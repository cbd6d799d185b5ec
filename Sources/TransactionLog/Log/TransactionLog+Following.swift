import Metadata
import Synchronization

/// Who is to write the next state.
package enum StateTurn: Hashable, Sendable {
    /// There is too little to write.
    case nobody
    /// This process: its commit made a state due.
    case own
    /// The process whose commit made it due.
    case others
    /// Whoever is there: that process has not done it.
    case anybody
}

// Several processes on one table need one of them to write a state.
extension TransactionLog {
    package var stateTurn: StateTurn {
        shared.withLock { shared in
            if !shared.isStateDue() { return .nobody }
            if shared.hasStateTurn { return .own }
            return shared.isStateDue(times: shared.statePatience) ? .anybody : .others
        }
    }

    /// True where the hint names a state that another process wrote after the one that the current stands on.
    package var hasStateToFollow: Bool {
        let (base, newest) = shared.withLock { ($0.base?.version, $0.current.version) }
        return store.hint().map { $0 > base ?? Version(-1) && $0 <= newest } ?? false
    }

    /// True where so much was committed that another process's state is worth taking over: what came after it is
    /// applied once more.
    package var isFollowingDue: Bool { shared.withLock { $0.isStateDue(times: 5) } }

    /// Takes over the state that the hint names, where another process wrote it after the one that the current
    /// state stands on; false where there is none. Manifests that both list are not read.
    package func followState() throws(LogError) -> Bool {
        try stateWriting.withLock { (_) throws(LogError) in
            let (base, newest) = shared.withLock { ($0.base?.version, $0.current.version) }
            guard let version = store.hint(), version <= newest, version > base ?? Version(-1) else {
                return false
            }
            do throws(LogError) {
                try adoptState(at: version)
                return true
            } catch {
                guard error.isDamage else { throw error }
                options.warn("state \(version) is not taken over: \(error)")
                return false
            }
        }
    }
}
