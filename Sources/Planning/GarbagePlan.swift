package import Metadata

/// For each file that nothing references: whether its bytes may go, or why not, for whom, until when.
package struct GarbagePlan: Sendable {
    /// One file kept open or published by a session.
    package struct FilePin: Hashable, Sendable {
        package var session: SessionID
        package var file: FileID
        package init(session: SessionID, file: FileID) {
            self.session = session
            self.file = file
        }
    }

    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// A version in which the file lived is kept.
        case version(Hold)
        case pinned(SessionID)
        /// `gc.delayMinutes` have not passed since its last reference went.
        case delay(until: Int64)
        /// It was taken back and is live.
        case live
        case disabled

        /// When it ends by itself, epoch milliseconds.
        package var until: Int64? {
            switch self {
            case .version(let hold): hold.until
            case .delay(let until): until
            case .pinned, .live, .disabled: nil
            }
        }

        package var description: String {
            switch self {
            case .version(let hold): hold.description
            case .pinned(let session): "session \(session) has the file open"
            case .delay: "its last reference went a short time ago"
            case .live: "it was taken back and is live"
            case .disabled: "gc.enabled is false"
            }
        }
    }

    package enum Verdict: Hashable, Sendable {
        /// Condemned before, and still nothing holds it: the bytes may go.
        case deletable
        /// Nothing holds it: it may be condemned, and be deleted after one more look at the sessions.
        case condemnable
        case held(Reason)
    }

    package struct Decision: Hashable, Sendable {
        package var entry: GarbageEntry
        package var verdict: Verdict
    }

    /// By file id.
    package private(set) var decisions: [Decision]

    /// `live` tells whether a file is live in the state that the garbage is of.
    package init(
        garbage: [GarbageEntry], kept: KeptVersions, filePins: [FilePin],
        properties: TableProperties, now: Int64, live: (FileID) -> Bool
    ) {
        var pinned: [FileID: SessionID] = [:]
        for pin in filePins { pinned[pin.file] = pin.session }
        let delay = properties.gcDelayMinutes * 60_000
        let isEnabled = properties.gcEnabled
        decisions = garbage.sorted { $0.file < $1.file }.map { entry in
            let reason: Reason?
            if live(entry.file) {
                reason = .live
            } else if let session = pinned[entry.file] {
                reason = .pinned(session)
            } else if let hold = kept.hold(from: entry.addedAtVersion, below: entry.removedAtVersion) {
                reason = .version(hold)
            } else if entry.removedAtTimestamp + delay > now {
                reason = .delay(until: entry.removedAtTimestamp + delay)
            } else {
                reason = isEnabled ? nil : .disabled
            }
            let free: Verdict = entry.condemnedAtVersion == nil ? .condemnable : .deletable
            return Decision(entry: entry, verdict: reason.map(Verdict.held) ?? free)
        }
    }

    package var condemnable: [FileID] { decisions.filter { $0.verdict == .condemnable }.map(\.entry.file) }
    package var deletable: [GarbageEntry] { decisions.filter { $0.verdict == .deletable }.map(\.entry) }
}
