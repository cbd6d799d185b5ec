package import Bytes
package import Metadata

/// What a purge deletes and why, and what it leaves: a pure function of a ``PurgePicture``.
///
/// The dry run prints it; the real run carries it out, item by item, after it has looked at each again.
package struct PurgePlan: Sendable {
    /// What an item is, in the order in which they go: what lists others before what is listed.
    package enum Kind: String, CaseIterable, Comparable, Sendable {
        /// A file of a JSON checkpoint.
        case checkpoint
        case state
        case versionFile = "version file"
        case manifest
        case dataFile = "data file"
        case orphan
        /// No object: a fact of the state.
        case session

        package static func < (left: Kind, right: Kind) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    package struct Item: Hashable, Sendable {
        package var kind: Kind
        /// Below the table; of a session its id.
        package var name: ByteString
        package var sizeBytes: Int64
        package var why: String
        /// Since when nothing refers to it; epoch milliseconds.
        package var since: Int64
        package var id: Identity

        /// What an item is to whoever deletes it.
        package enum Identity: Hashable, Sendable {
            case version(Version)
            case file(FileID)
            case session(SessionID)
            case object
        }
    }

    /// Things that stay for one reason.
    package struct Kept: Hashable, Sendable {
        package var kind: Kind
        package var why: String
        package var count: Int
        package var sizeBytes: Int64
        /// One of them.
        package var example: ByteString
        /// When the first of them may go, where that is known; epoch milliseconds.
        package var until: Int64?
    }

    package let version: Version
    package let now: Int64
    package let cutoff: Int64
    /// In the order in which they go.
    package private(set) var items: [Item] = []
    package private(set) var kept: [Kept] = []
    /// States that nothing needs and that stay a while: their files stay with them.
    package private(set) var waiting: [Hold] = []
    private var places: [Reason: Int] = [:]

    private struct Reason: Hashable {
        var kind: Kind
        var why: String
    }

    /// A file that nothing knows may be on its way into the log for so long.
    package static let minOrphanAge: Int64 = 24 * 3_600_000
    /// A session that is dead and gone may turn up again for so long.
    package static let minSessionAge: Int64 = 7 * 24 * 3_600_000
    /// A file's name is given some time after its writer began, and clocks are set.
    private static let slack: Int64 = 60_000

    package init(_ picture: PurgePicture) {
        version = picture.version
        now = picture.now
        cutoff = picture.cutoff
        planStates(picture)
        planVersionFiles(picture)
        planCheckpoints(picture)
        planManifests(picture)
        planGarbage(picture, kept: picture.keptVersions.adding(waiting))
        planStrangers(picture)
        planSessions(picture)
        kept.sort { ($0.kind, $1.sizeBytes, $0.why) < ($1.kind, $0.sizeBytes, $1.why) }
        places = [:]
    }

    package var sizeBytes: Int64 { items.reduce(0) { $0 + $1.sizeBytes } }

    // MARK: The log

    private mutating func planStates(_ picture: PurgePicture) {
        for state in picture.states {
            let version = state.decision.version
            if let hold = state.decision.hold {
                keep(.state, state.object, hold.rule, until: hold.until)
            } else if picture.verifiedState == nil {
                keep(.state, state.object, "no state can be read whole")
            } else if version >= picture.verifiedState ?? version {
                keep(.state, state.object, "the newest state that can be read whole, and what follows it")
            } else if version == picture.hintedState {
                keep(.state, state.object, "named by _last_checkpoint")
            } else if let since = ripe(.state, state.object, state.decision.unneededSince) {
                items.append(
                    Item(
                        kind: .state, name: state.object.path, sizeBytes: state.object.sizeBytes,
                        why: "past retention: not among the newest, not young, no tag and no reader",
                        since: since, id: .version(version)))
            } else {
                let since = state.decision.unneededSince ?? picture.now
                waiting.append(.unneeded(version, until: since + (now - cutoff)))
            }
        }
    }

    private mutating func planVersionFiles(_ picture: PurgePicture) {
        for (index, file) in picture.versionFiles.enumerated() {
            let version = file.decision.version
            if let hold = file.decision.hold {
                keep(.versionFile, file.object, hold.rule, until: hold.until)
            } else if version > picture.verifiedState ?? Version(-1) {
                keep(.versionFile, file.object, "no state that can be read whole has it")
            } else if index == picture.versionFiles.count - 1 {
                keep(.versionFile, file.object, "the newest")
            } else if file.isFresh {
                keep(.versionFile, file.object, "so young that a writer may not have met it yet")
            } else if let since = ripe(.versionFile, file.object, file.decision.unneededSince) {
                items.append(
                    Item(
                        kind: .versionFile, name: file.object.path, sizeBytes: file.object.sizeBytes,
                        why: "a newer state has it, and no version that is kept is made from it",
                        since: since,
                        id: .version(version)))
            }
        }
    }

    /// JSON checkpoints, each file before its parts: as states, or superseded by the state of the same version.
    private mutating func planCheckpoints(_ picture: PurgePicture) {
        let main = picture.checkpoints.filter { !$0.isPart }
        let whole = Dictionary(main.map { ($0.version, $0) }, uniquingKeysWith: { $1 })
        for file in main + picture.checkpoints.filter(\.isPart) {
            guard let checkpoint = whole[file.version] else {
                planUnlistedPart(file, picture)
                continue
            }
            let verified = picture.verifiedState ?? Version(-1)
            let state = picture.states.first { $0.decision.version == file.version }
            if state == nil, let hold = checkpoint.decision?.hold {
                keep(.checkpoint, file.object, hold.rule, until: hold.until)
            } else if state == nil ? file.version >= verified : file.version > verified {
                keep(.checkpoint, file.object, "no newer state can be read whole")
            } else if state == nil, file.version == picture.hintedState {
                keep(.checkpoint, file.object, "named by _last_checkpoint")
            } else if let since = ripe(
                .checkpoint, file.object, state.map(\.datedAt) ?? checkpoint.decision?.unneededSince)
            {
                items.append(
                    Item(
                        kind: .checkpoint, name: file.object.path, sizeBytes: file.object.sizeBytes,
                        why: state == nil ? "past retention, as a state" : "its version has a state",
                        since: since, id: .version(file.version)))
            } else if state == nil, !file.isPart {
                let since = checkpoint.decision?.unneededSince ?? now
                waiting.append(.unneeded(file.version, until: since + (now - cutoff)))
            }
        }
    }

    /// A part whose checkpoint is being written, or that nobody finished.
    private mutating func planUnlistedPart(_ file: PurgePicture.CheckpointObject, _ picture: PurgePicture) {
        let since = picture.since[file.object.path] ?? now
        if since + Self.minOrphanAge > now {
            keep(
                .checkpoint, file.object, "a part of no checkpoint: one that names it may be on its way",
                until: since + Self.minOrphanAge)
        } else if let since = ripe(.checkpoint, file.object, since) {
            items.append(
                Item(
                    kind: .checkpoint, name: file.object.path, sizeBytes: file.object.sizeBytes,
                    why: "a part of no checkpoint", since: since, id: .version(file.version)))
        }
    }

    private mutating func planManifests(_ picture: PurgePicture) {
        for object in picture.unreferenced {
            guard picture.manifestObstacle == nil else { break }
            let since = picture.since[object.path] ?? now
            if since + picture.minManifestAge > now {
                keep(
                    .manifest, object, "unreferenced, a state that names it may be on its way",
                    until: max(since + picture.minManifestAge, since + (now - cutoff)))
            } else if let since = ripe(.manifest, object, since) {
                items.append(
                    Item(
                        kind: .manifest, name: object.path, sizeBytes: object.sizeBytes,
                        why: "no state names it",
                        since: since, id: .object))
            }
        }
        if let obstacle = picture.manifestObstacle {
            kept.append(
                Kept(kind: .manifest, why: obstacle, count: 0, sizeBytes: 0, example: "", until: nil))
        }
    }

    // MARK: Data

    private mutating func planGarbage(_ picture: PurgePicture, kept versions: KeptVersions) {
        let plan = GarbagePlan(
            garbage: picture.garbage, kept: versions, filePins: picture.filePins,
            properties: picture.properties,
            now: now, live: picture.isLive)
        for decision in plan.decisions {
            let entry = decision.entry
            let object = PurgePicture.Object(path: entry.path, sizeBytes: entry.sizeBytes)
            if case .held(let reason) = decision.verdict {
                keep(.dataFile, object, reason.rule, until: reason.until)
            } else if let since = ripe(.dataFile, object, entry.removedAtTimestamp) {
                let by = entry.job.map { " by job \($0)" } ?? ""
                items.append(
                    Item(
                        kind: .dataFile, name: entry.path, sizeBytes: entry.sizeBytes,
                        why:
                            "removed in version \(entry.removedAtVersion)\(by), and no version that is kept had it",
                        since: since, id: .file(entry.file)))
            }
        }
    }

    private mutating func planStrangers(_ picture: PurgePicture) {
        for stranger in picture.strangers {
            guard let named = stranger.namedAt, let written = stranger.writtenAt else {
                keep(.orphan, stranger.object, "unknown, and its name is none of Firn's: delete it by hand")
                continue
            }
            let since = max(named, written)
            let writer = picture.writers.first { $0.writesSince.map { $0 <= since + Self.slack } ?? false }
            if since + Self.minOrphanAge > now {
                keep(
                    .orphan, stranger.object,
                    "unknown and younger than 24 h: a commit may be about to name it",
                    until: max(since + Self.minOrphanAge, since + (now - cutoff)))
            } else if let writer {
                keep(
                    .orphan, stranger.object,
                    "unknown; session \(writer.session), which lives, may be writing it")
            } else if let since = ripe(.orphan, stranger.object, since) {
                items.append(
                    Item(
                        kind: .orphan, name: stranger.object.path, sizeBytes: stranger.object.sizeBytes,
                        why: "no version knows it, and no session that could be writing it lives",
                        since: since,
                        id: .file(FileID(path: stranger.object.path))))
            }
        }
    }

    private mutating func planSessions(_ picture: PurgePicture) {
        for session in picture.forgettable {
            let object = PurgePicture.Object(path: ByteString(session.description), sizeBytes: 0)
            let since = picture.since[PurgePicture.name(of: session)] ?? now
            if since + Self.minSessionAge > now {
                keep(
                    .session, object, "dead and gone for less than 7 days", until: since + Self.minSessionAge)
            } else if let since = ripe(.session, object, since) {
                items.append(
                    Item(
                        kind: .session, name: object.path, sizeBytes: 0,
                        why: "declared dead, its heartbeat is gone and no job names it", since: since,
                        id: .session(session)))
            }
        }
    }

    // MARK: What stays

    /// The time where it is at or before the cutoff; else what it is of is kept.
    private mutating func ripe(_ kind: Kind, _ object: PurgePicture.Object, _ since: Int64?) -> Int64? {
        guard let since else {
            keep(kind, object, "since when it is unneeded is not known")
            return nil
        }
        if since <= cutoff { return since }
        keep(kind, object, "unneeded, but not for long enough", until: since + (now - cutoff))
        return nil
    }

    private mutating func keep(
        _ kind: Kind, _ object: PurgePicture.Object, _ why: String, until: Int64? = nil
    ) {
        let reason = Reason(kind: kind, why: why)
        guard let place = places[reason] else {
            places[reason] = kept.count
            kept.append(
                Kept(
                    kind: kind, why: why, count: 1, sizeBytes: object.sizeBytes, example: object.path,
                    until: until))
            return
        }
        kept[place].count += 1
        kept[place].sizeBytes += object.sizeBytes
        if let until { kept[place].until = min(kept[place].until ?? until, until) }
    }
}

extension GarbagePlan.Reason {
    /// Without what differs from file to file.
    fileprivate var rule: String {
        switch self {
        case .version(let hold): "lived in versions that are kept: " + hold.rule
        case .pinned(let session): "open in session \(session)"
        case .delay: "removed a short time ago (gc.delayMinutes)"
        case .live: "taken back, and live"
        case .disabled: "gc.enabled is false"
        }
    }
}
