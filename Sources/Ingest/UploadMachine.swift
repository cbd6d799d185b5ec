/// Decides when a file copied into `ingest/` is complete.
///
/// The kernel sends `flush` at every `close(2)` of every duplicate of a descriptor, from whichever process
/// closes, and `release` once, later, when nobody can hear an error any more. `cp` is one flush; a shell's
/// redirection flushes an empty file first; a child that inherited the descriptor flushes in the middle; a
/// killed writer flushes exactly like a finished one. So a file commits at the flush
///
/// - of the thread group that opened it,
/// - once something was written,
/// - when no other descriptor of that process names it,
/// - and the process is not dying by a signal;
///
/// otherwise at release. The machine is told what happened and answers what to do; it does nothing itself.
package struct UploadMachine: Sendable {
    /// When a closed file is committed.
    package enum CommitRule: Sendable, Equatable {
        case atClose
        /// Only staged; renaming it to a finished name commits.
        case atRename
    }

    /// Where the upload stands.
    package enum Phase: Sendable, Equatable {
        /// Bytes may still come.
        case receiving
        /// Handed to a commit whose outcome is not known yet.
        case committing
        case committed
        /// The content was refused; the reason was given at close and the bytes are kept in `rejected/`.
        case refused
        /// Its writer died; the bytes go to `rejected/` when the last descriptor closes.
        case abandoned
    }

    /// What `flush` must do before it is answered.
    package enum FlushAction: Sendable, Equatable {
        /// Answer success at once.
        case acknowledge
        /// Commit, then answer with the outcome.
        case commit
        /// A commit is under way already: answer with its outcome.
        case awaitCommit
    }

    /// What `release` of the last descriptor must do.
    package enum ReleaseAction: Sendable, Equatable {
        case nothing
        /// Commit; the error can only be told in `errors` and `rejected/`.
        case commit
        /// Keep the bytes in `rejected/` with the reason.
        case quarantine
        /// Nothing was ever written: the empty file is forgotten.
        case discardEmpty
    }

    /// What a `write` may do.
    package enum WriteAction: Sendable, Equatable {
        case accept
        /// The content is committed, or being committed: it can no longer change.
        case refuse
    }

    /// What the process that flushes looks like from outside.
    package struct Flusher: Sendable, Equatable {
        /// The thread group (process); 0 where it lives in another pid namespace.
        package var threadGroup: Int32
        package var isDyingBySignal: Bool
        /// Another descriptor of this process still names the file.
        package var holdsOtherDescriptors: Bool

        package init(threadGroup: Int32, isDyingBySignal: Bool = false, holdsOtherDescriptors: Bool = false) {
            self.threadGroup = threadGroup
            self.isDyingBySignal = isDyingBySignal
            self.holdsOtherDescriptors = holdsOtherDescriptors
        }
    }

    package private(set) var phase: Phase = .receiving
    /// The thread groups with a descriptor of their own making that may write.
    private var openers: [Int32] = []
    private var openHandleCount = 0
    package private(set) var hasWrittenBytes = false
    package private(set) var rule: CommitRule

    package init(rule: CommitRule) {
        self.rule = rule
    }

    package var hasOpenHandles: Bool { openHandleCount > 0 }

    /// A descriptor was opened. Only writers count as openers.
    package mutating func opened(by threadGroup: Int32, forWriting: Bool) {
        openHandleCount += 1
        if forWriting { openers.append(threadGroup) }
    }

    /// The file was renamed while open or staged, and another rule holds for its new name.
    package mutating func renamed(to newRule: CommitRule) {
        rule = newRule
    }

    /// Bytes arrived, or the size was set to something.
    package mutating func wrote() -> WriteAction {
        guard phase == .receiving || phase == .abandoned else { return .refuse }
        hasWrittenBytes = true
        return .accept
    }

    /// The file was cut to nothing: whoever does that starts again.
    package mutating func truncatedToEmpty() -> WriteAction {
        guard phase == .receiving || phase == .abandoned else { return .refuse }
        hasWrittenBytes = false
        phase = .receiving
        return .accept
    }

    /// A descriptor of `flusher` is being closed.
    package mutating func flushed(by flusher: Flusher) -> FlushAction {
        if phase == .committing { return .awaitCommit }
        guard phase == .receiving, hasWrittenBytes else { return .acknowledge }
        if flusher.isDyingBySignal, openers.contains(flusher.threadGroup) {
            phase = .abandoned
            return .acknowledge
        }
        guard rule == .atClose else { return .acknowledge }
        let isOnlyOpener = flusher.threadGroup != 0 && openers.allSatisfy { $0 == flusher.threadGroup }
        guard isOnlyOpener, !openers.isEmpty, !flusher.holdsOtherDescriptors else { return .acknowledge }
        phase = .committing
        return .commit
    }

    /// A descriptor is gone for good.
    package mutating func released(by threadGroup: Int32, forWriting: Bool) -> ReleaseAction {
        precondition(openHandleCount > 0, "a release without an open")
        openHandleCount -= 1
        if forWriting, let index = openers.firstIndex(of: threadGroup) { openers.remove(at: index) }
        guard openHandleCount == 0 else { return .nothing }
        switch phase {
        case .abandoned:
            return .quarantine
        case .receiving where rule == .atClose:
            guard hasWrittenBytes else { return .discardEmpty }
            phase = .committing
            return .commit
        case .receiving, .committing, .committed, .refused:
            return .nothing
        }
    }

    /// A rename to a finished name asks for the commit. False where there is nothing left to commit.
    package mutating func commitByRename() -> Bool {
        guard phase == .receiving else { return false }
        phase = .committing
        return true
    }

    /// The commit ended.
    package mutating func finished(committed: Bool) {
        precondition(phase == .committing, "an outcome without a commit")
        phase = committed ? .committed : .refused
    }
}
