package import Bytes
package import Metadata

/// Everything that a purge is decided by, read in the order in which it must be: what could go was listed before
/// what is used was asked for.
package struct PurgePicture: Sendable {
    /// Something in storage, by its path below the table.
    package struct Object: Hashable, Sendable {
        package var path: ByteString
        package var sizeBytes: Int64

        package init(path: ByteString, sizeBytes: Int64) {
            self.path = path
            self.sizeBytes = sizeBytes
        }
    }

    /// A state or version file of the log.
    package struct LogObject: Hashable, Sendable {
        package var object: Object
        package var decision: Retention.Decision
        /// When it was written; epoch milliseconds, nil where that is not known.
        package var datedAt: Int64?
        /// Written so lately that a writer may not have met it yet.
        package var isFresh = false

        package init(object: Object, decision: Retention.Decision, datedAt: Int64? = nil) {
            self.object = object
            self.decision = decision
            self.datedAt = datedAt
        }
    }

    /// A file of a JSON checkpoint: the checkpoint itself, or a part of one.
    package struct CheckpointObject: Hashable, Sendable {
        package var object: Object
        package var version: Version
        package var isPart: Bool
        /// Of the checkpoint itself, where its version has no state.
        package var decision: Retention.Decision?

        package init(object: Object, version: Version, isPart: Bool, decision: Retention.Decision? = nil) {
            self.object = object
            self.version = version
            self.isPart = isPart
            self.decision = decision
        }
    }

    /// A file below `data/` that the newest version does not know, neither as live nor as garbage.
    package struct Stranger: Hashable, Sendable {
        package var object: Object
        /// The time in its name; nil where the name is none of ours.
        package var namedAt: Int64?
        /// By the storage's clock; nil where it does not say.
        package var writtenAt: Int64?

        package init(object: Object, namedAt: Int64?, writtenAt: Int64?) {
            self.object = object
            self.namedAt = namedAt
            self.writtenAt = writtenAt
        }
    }

    /// A session that is not known to be dead.
    package struct Writer: Hashable, Sendable {
        package var session: SessionID
        /// It cannot have written what is older; by its own clock, which also names its files.
        package var writesSince: Int64?

        package init(session: SessionID, writesSince: Int64?) {
            self.session = session
            self.writesSince = writesSince
        }
    }

    /// The newest, that all this was compared with.
    package var version: Version
    package var now: Int64
    /// What was still needed after this stays; epoch milliseconds.
    package var cutoff: Int64
    package var properties: TableProperties
    /// Ascending by version.
    package var states: [LogObject] = []
    package var versionFiles: [LogObject] = []
    /// Of JSON checkpoints, complete or not.
    package var checkpoints: [CheckpointObject] = []
    package var keptVersions = KeptVersions([])
    /// The newest state that can be read whole.
    package var verifiedState: Version?
    /// The state that the hint names.
    package var hintedState: Version?
    package var garbage: [GarbageEntry] = []
    package var filePins: [GarbagePlan.FilePin] = []
    /// Whether a file is live in the newest version.
    package var isLive: @Sendable (FileID) -> Bool = { _ in true }
    /// What lies in the log's directory and no state names.
    package var unreferenced: [Object] = []
    /// Why ``unreferenced`` cannot be known.
    package var manifestObstacle: String?
    /// Dead sessions without a heartbeat that no job names.
    package var forgettable: [SessionID] = []
    /// Since when things are known to be unreferenced, by ``name(of:)``.
    package var since: [ByteString: Int64] = [:]
    /// For how long a manifest must have been unreferenced.
    package var minManifestAge: Int64
    package var strangers: [Stranger] = []
    package var writers: [Writer] = []

    package init(
        version: Version, now: Int64, cutoff: Int64, properties: TableProperties, minManifestAge: Int64
    ) {
        self.version = version
        self.now = now
        self.cutoff = cutoff
        self.properties = properties
        self.minManifestAge = minManifestAge
    }

    /// The name under which a note tells since when a session can be forgotten.
    package static func name(of session: SessionID) -> ByteString {
        "session/" + ByteString(session.description)
    }

    /// What a note says after a look that finds these unreferenced: what it said of them, or now. What is referenced
    /// again, or gone, is left out.
    package static func noted(
        _ names: [ByteString], known: [ByteString: Int64], now: Int64
    ) -> [ByteString: Int64] {
        var since: [ByteString: Int64] = [:]
        // A time to come was noted by a clock that was wrong.
        for name in names { since[name] = min(known[name] ?? now, now) }
        return since
    }
}
