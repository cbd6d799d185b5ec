package import Bytes
package import Metadata

/// Why a version, a state or a version file is kept.
package enum Hold: Hashable, Sendable, CustomStringConvertible {
    /// One of the newest states that are always kept.
    case newest(Version)
    /// A state that has not reached its age.
    case young(Version, until: Int64)
    case tag(ByteString, Version)
    case pin(SessionID, Version, until: Int64?)
    /// Within the log's retention every version can be had.
    case log(Version, until: Int64)
    case current(Version)
    /// Nothing needs its state any more, but not for so long that it goes.
    case unneeded(Version, until: Int64)

    package var version: Version {
        switch self {
        case .newest(let version), .young(let version, _), .tag(_, let version), .pin(_, let version, _),
            .log(let version, _), .current(let version), .unneeded(let version, _):
            version
        }
    }

    /// When the hold ends by itself, epoch milliseconds; nil where that depends on somebody.
    package var until: Int64? {
        switch self {
        case .young(_, let until), .log(_, let until), .unneeded(_, let until): until
        case .pin(_, _, let until): until
        case .newest, .tag, .current: nil
        }
    }

    /// The rule, without its version: what a summary counts by.
    package var rule: String {
        switch self {
        case .newest: "among the newest states (state.retention.versions)"
        case .young: "young states (state.retention.hours)"
        case .tag(let name, _): "kept by tag \(name)"
        case .pin(let session, _, _): "read by session \(session)"
        case .log: "within the log's retention (log.retention.hours)"
        case .current: "needed for the current version"
        case .unneeded: "not unneeded for long enough"
        }
    }

    package var description: String {
        switch self {
        case .newest(let version): "version \(version) is among the newest states"
        case .young(let version, _): "the state of version \(version) is young"
        case .tag(let name, let version): "tag \(name) keeps version \(version)"
        case .pin(let session, let version, _): "session \(session) reads version \(version)"
        case .log(let version, _): "version \(version) is within the log's retention"
        case .current(let version): "version \(version) is the current one"
        case .unneeded(let version, _): "the state of version \(version) was needed until lately"
        }
    }
}

/// A version that somebody reads, as long as the session publishes that.
package struct VersionPin: Hashable, Sendable {
    package var session: SessionID
    package var version: Version
    /// When the session means to let go of it, by its own clock, epoch milliseconds: to be told, not to be relied upon.
    /// nil where that depends on a reader.
    package var until: Int64?

    package init(session: SessionID, version: Version, until: Int64? = nil) {
        self.session = session
        self.version = version
        self.until = until
    }
}

/// Which states and version files a table still needs, and for whom.
///
/// A state is kept if it is among the newest, young, tagged or pinned. A version without a state of its own
/// needs the newest state below it and the version files between; so do all versions of the log's retention.
package struct Retention: Sendable {
    /// A state with the time that it was written, or a version file with the time of its commit.
    package struct Item: Hashable, Sendable {
        package var version: Version
        /// Epoch milliseconds; nil, unknown, is never old.
        package var timestamp: Int64?

        package init(version: Version, timestamp: Int64?) {
            self.version = version
            self.timestamp = timestamp
        }
    }

    package struct Decision: Hashable, Sendable {
        package var version: Version
        /// nil: it may be deleted.
        package var hold: Hold?
        /// When the table's rules ceased to need it, at the latest; epoch milliseconds. nil where it is held, and
        /// where that is not known.
        package var unneededSince: Int64?
    }

    /// Ascending by version, as are the version files.
    package private(set) var states: [Decision] = []
    package private(set) var versionFiles: [Decision] = []
    /// The versions that can be had and must stay so.
    package private(set) var keptVersions: KeptVersions

    package init(
        states: [Item], versionFiles: [Item], current: Version, tags: [ByteString: Version],
        pins: [VersionPin], properties: TableProperties, now: Int64
    ) {
        let states = states.sorted { $0.version < $1.version }
        let files = versionFiles.sorted { $0.version < $1.version }
        var holds = Self.stateHolds(states, properties, now)
        var fileHolds: [Version: Hold] = [:]
        let wanted = Self.wanted(files, current, tags, pins, properties, now)
        keptVersions = KeptVersions(wanted + holds.values)
        for hold in wanted {
            let version = hold.version
            let base = Self.newest(states, atOrBelow: version).map { states[$0].version }
            if let base, holds[base] == nil { holds[base] = hold }
            var index = Self.newest(files, atOrBelow: version) ?? -1
            // Below a file that is held already, all files down to the same state are.
            while index >= 0, files[index].version > base ?? Version(-1),
                fileHolds[files[index].version] == nil
            {
                fileHolds[files[index].version] = hold
                index -= 1
            }
            // Its changes are listed from its own file.
            if case .log = hold, fileHolds[version] == nil { fileHolds[version] = hold }
        }
        // What is newer than the current version was not read yet.
        for file in files where file.version > current { fileHolds[file.version] = .current(file.version) }
        for state in states where state.version > current { holds[state.version] = .current(state.version) }
        let ages = Ages(states: states, properties: properties)
        self.states = states.indices.map { index in
            let hold = holds[states[index].version]
            return Decision(
                version: states[index].version, hold: hold,
                unneededSince: hold == nil ? ages.unneededSince(state: index) : nil)
        }
        self.versionFiles = files.map { file in
            let hold = fileHolds[file.version]
            return Decision(
                version: file.version, hold: hold,
                unneededSince: hold == nil ? ages.unneededSince(versionFile: file) : nil)
        }
    }

    /// The index of the last item whose version is not above `version`.
    fileprivate static func newest(_ items: [Item], atOrBelow version: Version) -> Int? {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].version <= version { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    private static func stateHolds(
        _ states: [Item], _ properties: TableProperties, _ now: Int64
    ) -> [Version: Hold] {
        var holds: [Version: Hold] = [:]
        let age = properties.stateRetentionHours * 3_600_000
        for state in states {
            if let until = end(of: state, age, now) {
                holds[state.version] = .young(state.version, until: until)
            }
        }
        for state in states.suffix(properties.stateRetentionVersions) {
            holds[state.version] = .newest(state.version)
        }
        return holds
    }

    /// The versions that somebody wants, the most lasting wish first.
    private static func wanted(
        _ files: [Item], _ current: Version, _ tags: [ByteString: Version], _ pins: [VersionPin],
        _ properties: TableProperties, _ now: Int64
    ) -> [Hold] {
        var wanted: [Hold] = [.current(current)]
        for (name, version) in tags.sorted(by: { $0.key < $1.key }) { wanted.append(.tag(name, version)) }
        for pin in pins {
            wanted.append(.pin(pin.session, pin.version, until: pin.until))
        }
        let age = properties.logRetentionHours * 3_600_000
        for file in files.reversed() {
            if let until = end(of: file, age, now) { wanted.append(.log(file.version, until: until)) }
        }
        return wanted
    }

    /// When an item reaches its age; nil where it has. An age of zero is reached also by what a clock that was ahead
    /// has dated.
    private static func end(of item: Item, _ age: Int64, _ now: Int64) -> Int64? {
        guard let timestamp = item.timestamp else { return now + age }
        return age > 0 && timestamp + age > now ? timestamp + age : nil
    }
}

/// When the rules ceased to need what they no longer need.
///
/// Tags and pins leave no trace when they end: what only they kept counts from when the other rules let go of it.
private struct Ages {
    let states: [Retention.Item]
    let stateAge: Int64
    let logAge: Int64
    let keptStates: Int

    init(states: [Retention.Item], properties: TableProperties) {
        self.states = states
        stateAge = properties.stateRetentionHours * 3_600_000
        logAge = properties.logRetentionHours * 3_600_000
        keptStates = properties.stateRetentionVersions
    }

    /// It was young, then among the newest, and the ground of versions up to the next state.
    func unneededSince(state index: Int) -> Int64? {
        guard index + max(1, keptStates) < states.count, let own = states[index].timestamp,
            let next = states[index + 1].timestamp, let pushing = states[index + max(1, keptStates)].timestamp
        else { return nil }
        return max(own + stateAge, next + logAge, pushing)
    }

    /// It led to versions up to the first state that has it in itself.
    func unneededSince(versionFile file: Retention.Item) -> Int64? {
        let below = Retention.newest(states, atOrBelow: Version(file.version.rawValue - 1)) ?? -1
        guard below + 1 < states.count, let own = file.timestamp, let state = states[below + 1].timestamp
        else {
            return nil
        }
        return max(own, state) + logAge
    }
}
