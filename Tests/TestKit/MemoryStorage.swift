package import Bytes
import Platform
package import Storage
import Synchronization

/// A storage in memory that knows what is on disk, fails on command, and can be brought back after a crash.
///
/// Every step that touches the disk is counted; a put has three (contents and their sync, the link, the sync of
/// the directory). ``inject(_:atOperation:)`` says what happens to a step to come. What a crash leaves is given by
/// ``crashedCopy(keepingUnsynced:)``: without what was not synced, or with all of it.
package final class MemoryStorage: ObjectStorage {
    /// What goes wrong at a step.
    package enum Fault: Equatable, Sendable {
        /// The process dies before the step: it and all later ones throw `unavailable` and change nothing.
        case crash
        /// The step does nothing and throws.
        case error(StorageError.Kind)
        /// A step that changes something does, and throws `unknownOutcome`.
        case lostReply
    }

    package let identity: ByteString
    let state: Mutex<State>

    /// - Parameter limitBytes: how many bytes of objects there is room for.
    package init(identity: ByteString = "memory", limitBytes: UInt64 = .max) {
        self.identity = identity
        state = Mutex(State(limitBytes: limitBytes))
    }

    private init(identity: ByteString, state: sending State) {
        self.identity = identity
        self.state = Mutex(state)
    }

    /// How many steps there have been.
    package var operationCount: Int { state.withLock { $0.steps.count } }

    /// The steps there have been, each `what key`.
    package var operations: [String] { state.withLock { $0.steps } }

    /// Whether an injected crash has come.
    package var hasCrashed: Bool { state.withLock { $0.isDead } }

    /// Lets a fault happen at the n-th step from now, 1 being the next. Faults at other steps stay.
    package func inject(_ fault: Fault, atOperation n: Int) {
        precondition(n >= 1)
        state.withLock { $0.faults[$0.steps.count + n] = fault }
    }

    /// Takes back what was injected and has not happened.
    package func clearFaults() { state.withLock { $0.faults.removeAll() } }

    /// How much room there is; `noSpace` beyond it.
    package func setLimit(bytes: UInt64) { state.withLock { $0.limitBytes = bytes } }

    /// The time that objects written from now on have as theirs.
    package func setTime(milliseconds: Int64) { state.withLock { $0.milliseconds = milliseconds } }

    /// The storage as a new process finds it: names and contents that were not synced are gone (deletions that
    /// were not synced are undone), or all of them are kept.
    package func crashedCopy(keepingUnsynced: Bool = false) -> MemoryStorage {
        let copy = state.withLock { $0.crashed(keepingUnsynced: keepingUnsynced) }
        return MemoryStorage(identity: identity, state: copy)
    }

    /// All keys, sorted.
    package var allKeys: [ByteString] { state.withLock { $0.current.keys.sorted() } }

    package func localPath(of key: ByteString) -> ByteString? { nil }

    package func space() throws(StorageError) -> StorageSpace? {
        state.withLock { state in
            let limit = state.limitBytes == .max ? 1 << 50 : state.limitBytes
            return StorageSpace(capacityBytes: limit, availableBytes: limit - min(limit, state.usedBytes))
        }
    }
}
