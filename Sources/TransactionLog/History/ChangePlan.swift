import Metadata

/// How the changes of a range can be told from what is left of the log: version files where they are there, and
/// differences of states over the versions whose files have expired.
struct ChangePlan {
    enum Step: Hashable {
        /// Each from its own file.
        case files(ClosedRange<Version>)
        /// From the state at the first version, which may have to be replayed, to the one stored at the second.
        case difference(from: Version, to: Version)
    }

    /// Before version 0: a table without files.
    static let beginning = Version(-1)

    private let files: Set<Version>
    /// Those with a state or a JSON checkpoint, ascending.
    private let states: [Version]

    /// - Parameter unreadable: states that are not to be looked at.
    init(_ listing: LogListing, without unreadable: Set<Version> = []) {
        let files = Set(listing.versions)
        self.files = files
        // The first version file is what version 0 was; IndexTables writes later states under that name.
        states = Set(listing.states + listing.checkpoints).sorted().filter {
            !unreadable.contains($0) && ($0.rawValue > 0 || !files.contains($0))
        }
    }

    /// The steps from one version to a later one; nil where a part of the way is gone.
    func steps(from old: Version, to new: Version) -> [Step]? {
        var steps: [Step] = []
        var version = old
        while version < new {
            let end = endOfFiles(after: version, upTo: new)
            if version < end {
                steps.append(.files(version.next...end))
                version = end
            } else {
                guard let state = states.first(where: { $0 > version }), state <= new, canBeHad(version)
                else {
                    return nil
                }
                steps.append(.difference(from: version, to: state))
                version = state
            }
        }
        return steps
    }

    /// The oldest version from which there is a way to `new`; nil where only `new` itself is left.
    func oldest(leadingTo new: Version) -> Version? {
        // Every way begins at a state, or before a version file.
        let starts = Set(states + files.map { Version($0.rawValue - 1) }).filter {
            $0 < new && $0 > Self.beginning
        }
        for start in starts.sorted() where steps(from: start, to: new) != nil { return start }
        return nil
    }

    /// The newest version below this one from which there is a way to it.
    func newest(leadingTo new: Version) -> Version? {
        if files.contains(new) { return Version(new.rawValue - 1) }
        guard states.contains(new) else { return nil }
        let before = Version(new.rawValue - 1)
        if canBeHad(before) { return before }
        return files.union(states).filter { $0 < new }.sorted(by: >).first { canBeHad($0) }
    }

    /// The last version up to which every file after `version` is there.
    private func endOfFiles(after version: Version, upTo limit: Version) -> Version {
        var end = version
        while end < limit, files.contains(end.next) { end = end.next }
        return end
    }

    /// Whether the state at a version is stored or can be replayed.
    func canBeHad(_ version: Version) -> Bool {
        if version == Self.beginning { return true }
        var at = version
        while !states.contains(at) {
            guard files.contains(at) else { return false }
            if at.rawValue == 0 { return true }
            at = Version(at.rawValue - 1)
        }
        return true
    }
}
