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

    package var version: Version {
        switch self {
        case .newest(let version), .young(let version, _), .tag(_, let version), .pin(_, let version, _),
            .log(let version, _), .current(let version):
            version
        }
    }

    /// When the hold ends by itself, epoch milliseconds; nil where that depends on somebody.
    package var until: Int64? {
        switch self {
        case .young(_, let until), .log(_, let until): until
        case .pin(_, _, let until): until
        case .newest, .tag, .current: nil
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
        }
    }
}

/// A version that somebody reads.
package struct VersionPin: Hashable, Sendable {
    package var session: SessionID
    package var version: Version
    /// Epoch milliseconds; nil until it is let go.
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
    /// A state or a version file, by the version and time that it was committed.
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
    }

    /// Ascending by version, as are the version files.
    package private(set) var states: [Decision] = []
    package private(set) var versionFiles: [Decision] = []
    /// The versions that can be had and must stay so, by first version.
    package private(set) var keptVersions: [(range: ClosedRange<Version>, hold: Hold)] = []

    package init(
        states: [Item], versionFiles: [Item], current: Version, tags: [ByteString: Version],
        pins: [VersionPin], properties: TableProperties, now: Int64
    ) {
        let states = states.sorted { $0.version < $1.version }
        let files = versionFiles.sorted { $0.version < $1.version }
        var holds = Self.stateHolds(states, properties, now)
        var fileHolds: [Version: Hold] = [:]
        for hold in holds.values { keptVersions.append((hold.version...hold.version, hold)) }

        let wanted = Self.wanted(files, current, tags, pins, properties, now)
        for hold in wanted {
            let version = hold.version
            keptVersions.append((version...version, hold))
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
        self.states = states.map { Decision(version: $0.version, hold: holds[$0.version]) }
        self.versionFiles = files.map { Decision(version: $0.version, hold: fileHolds[$0.version]) }
        keptVersions.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
    }

    /// The index of the last item whose version is not above `version`.
    private static func newest(_ items: [Item], atOrBelow version: Version) -> Int? {
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
            let until = (state.timestamp ?? now) + age
            if until > now || state.timestamp == nil {
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
        for pin in pins where pin.until.map({ $0 > now }) ?? true {
            wanted.append(.pin(pin.session, pin.version, until: pin.until))
        }
        let age = properties.logRetentionHours * 3_600_000
        for file in files.reversed() {
            let until = (file.timestamp ?? now) + age
            if until > now || file.timestamp == nil { wanted.append(.log(file.version, until: until)) }
        }
        return wanted
    }
}
