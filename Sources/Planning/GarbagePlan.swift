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
        /// It was taken back and is live.
        case live
        case disabled
        /// A session has it open.
        case pinned(SessionID)
        /// A version in which the file lived is kept.
        case version(Hold)
        /// `gc.delayMinutes` have not passed since its last reference went.
        case delay(until: Int64)

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
            case .live: "it was taken back and is live"
            case .disabled: "gc.enabled is false"
            case .pinned(let session): "session \(session) has the file open"
            case .version(let hold): hold.description
            case .delay: "its last reference went less than gc.delayMinutes ago"
            }
        }
    }

    package enum Verdict: Hashable, Sendable {
        /// Condemned before, and still nothing holds it: the bytes may go.
        case deletable
        /// Nothing holds it: it may be condemned, and be deleted after one more look at the sessions.
        case condemnable
        /// By the first of the decision's reasons.
        case held(Reason)
    }

    package struct Decision: Hashable, Sendable {
        package var entry: GarbageEntry
        /// All that holds it: first what nobody knows the end of. Empty where it may go.
        package var reasons: [Reason]

        package var verdict: Verdict {
            if let reason = reasons.first { return .held(reason) }
            return entry.condemnedAtVersion == nil ? .condemnable : .deletable
        }
    }

    /// By file id.
    package private(set) var decisions: [Decision]

    /// `live` tells whether a file is live in the state that the garbage is of.
    package init(
        garbage: [GarbageEntry], kept: KeptVersions, filePins: [FilePin],
        properties: TableProperties, now: Int64, live: (FileID) -> Bool
    ) {
        let readers = Dictionary(grouping: filePins, by: \.file)
        let delay = properties.gcDelayMinutes * 60_000
        let isEnabled = properties.gcEnabled
        decisions = garbage.sorted { $0.file < $1.file }.map { entry in
            if live(entry.file) { return Decision(entry: entry, reasons: [.live]) }
            var reasons: [Reason] = isEnabled ? [] : [.disabled]
            for pin in readers[entry.file] ?? [] { reasons.append(.pinned(pin.session)) }
            if let hold = kept.hold(from: entry.addedAtVersion, below: entry.removedAtVersion) {
                reasons.append(.version(hold))
            }
            // Without a delay a time ahead of this clock, as another clock may have given it, means nothing.
            if delay > 0, entry.removedAtTimestamp + delay > now {
                reasons.append(.delay(until: entry.removedAtTimestamp + delay))
            }
            return Decision(entry: entry, reasons: reasons)
        }
    }

    package var condemnable: [FileID] { decisions.filter { $0.verdict == .condemnable }.map(\.entry.file) }
    package var deletable: [GarbageEntry] { decisions.filter { $0.verdict == .deletable }.map(\.entry) }

    /// What may go now, in the order of ids.
    package var free: [GarbageEntry] { decisions.filter(\.reasons.isEmpty).map(\.entry) }
}
