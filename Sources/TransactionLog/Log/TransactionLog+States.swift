import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

/// What writing a state came to.
package enum StateOutcome: Hashable, Sendable {
    case written(StateSummary)
    /// The version has a state already.
    case alreadyThere(Version)
    /// The version's state is there and a compaction would write the same again.
    case clean(Version)
}

/// What a written state holds, for reports and metrics.
package struct StateSummary: Hashable, Sendable {
    package var version: Version
    package var fileCount: Int
    package var manifestCount: Int
    package var tombstoneCount: Int
}

extension TransactionLog {
    /// Writes a state whose manifests are sorted, full and without tombstones.
    ///
    /// A set that stands so already keeps its manifests, and where all do there is nothing to write. A version
    /// has one state: where the current one has a state that is not clean, a version without actions
    /// (`CHECKPOINT`) is committed and gets the compacted state.
    @discardableResult
    package func compactState() throws(LogError) -> StateOutcome {
        try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            try checkStateWritable()
            var version = try refresh().version
            // Whenever another process is first with a state of the version, its state is looked at.
            for _ in 0..<Self.maxCompactionAttempts {
                try adoptNewestState()
                let (state, base) = shared.withLock { ($0.current, $0.base) }
                version = state.version
                if base?.version == version {
                    if StateWriter.isClean(state) { return .clean(version) }
                    try commitCheckpoint()
                }
                if let summary = try writeCurrentState(.full) { return .written(summary) }
            }
            return .alreadyThere(version)
        }
    }

    /// How often another process may be first with the state of a version before a compaction gives up.
    private static var maxCompactionAttempts: Int { 10 }

    /// Writes the state of the current version: what is new, and manifests anew where the table's policy asks
    /// for it; in a table of JSON states, its checkpoint. Commits go on meanwhile.
    @discardableResult
    package func writeState() throws(LogError) -> StateOutcome {
        if current.properties.stateFormat == .json, current.definition.provider == "firn" {
            return try writeCheckpoint()
        }
        return try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            try checkStateWritable()
            let (state, base, pending) = shared.withLock { ($0.current, $0.base, $0.pending) }
            if base?.version == state.version { return .alreadyThere(state.version) }
            let occasion = ManifestPolicy.Occasion(pending)
            if let summary = try writeCurrentState(.whereNeeded(occasion)) { return .written(summary) }
            try adoptState(at: state.version)
            return .alreadyThere(state.version)
        }
    }

    func checkStateWritable() throws(LogError) {
        if isPoisoned { throw .poisoned }
        if current.definition.provider != "firn" {
            throw .unsupported("the table was written by another program and is read-only")
        }
    }

    /// nil where the version has a state already.
    ///
    /// - Precondition: `stateWriting` is held.
    private func writeCurrentState(_ compaction: StateWriter.Compaction) throws(LogError) -> StateSummary? {
        let (state, base) = shared.withLock { ($0.current, $0.base) }
        let writer = StateWriter(
            store: store, clock: clock, entropy: entropy, options: options, codec: state.properties.stateCodec
        )
        let started = clock.monotonicNanoseconds()
        guard let written = try writer.write(state, base: base, compaction: compaction) else { return nil }
        stateMetrics.recordWrite(
            written.manifest, base: base, nanoseconds: clock.monotonicNanoseconds() &- started)
        try rebase(on: written)
        return StateSummary(written.manifest)
    }

    /// A version that changes nothing, so that there is one without a state.
    private func commitCheckpoint() throws(LogError) {
        let id = CommitID(high: entropy.uint64(), low: entropy.uint64())
        do throws(CommitError) {
            _ = try commit(Transaction(id: id, operation: "CHECKPOINT", session: nil, actions: []))
        } catch {
            switch error {
            case .failed(let error): throw error
            case .unknownOutcome:
                throw .storage(StorageError(.unknownOutcome, .put, path.versionFile(current.version.next)))
            case .foreign, .conflict, .invalid:
                preconditionFailure("a transaction without actions and preconditions is refused: \(error)")
            }
        }
    }

    /// Takes over the newest state that other processes wrote since ours.
    private func adoptNewestState() throws(LogError) {
        let (known, version) = shared.withLock { ($0.base?.version, $0.current.version) }
        let states = try store.listing(from: known).states
        for candidate in states.reversed() where candidate <= version && candidate > known ?? Version(-1) {
            do throws(LogError) { return try adoptState(at: candidate) } catch {
                guard error.isDamage else { throw error }
                options.warn("state \(candidate) is passed over: \(error)")
            }
        }
    }

    /// Takes over a state that another process wrote, so that the next one builds on it.
    func adoptState(at version: Version) throws(LogError) {
        let reader = StateReader(store, options, sharing: current.files)
        let (state, manifest) = try reader.read(version)
        try rebase(on: StateWriter.Written(manifest: manifest, state: state))
    }

    /// Makes a written state the ground that the current one stands on: what was committed since is applied to
    /// it again.
    private func rebase(on written: StateWriter.Written) throws(LogError) {
        let version = written.manifest.version
        try serial.withLock { (_) throws(LogError) in
            let (current, pending) = shared.withLock { ($0.current, $0.pending) }
            let newer = pending.filter { $0.version > version }
            // A refresh may have started over from another state meanwhile; then this one is not needed.
            guard newer.first.map({ $0.version == version.next }) ?? (current.version == version) else {
                return
            }
            let state = try Replay.apply(newer, to: written.state)
            precondition(state.version == current.version && state.fileCount == current.fileCount)
            shared.withLock { shared in
                shared.current = state
                shared.base = written.manifest
                shared.pending = newer
                shared.pendingActionCount = newer.reduce(0) { $0 + $1.actions.count }
            }
        }
    }

    /// The versions that have a state, ascending; whether they can be read is not looked at.
    package func stateVersions() throws(LogError) -> [Version] { try store.listing(from: nil).states }

    /// The states of another program's table that were written after one of a higher version: nothing is built on
    /// them. Reads the record of each state.
    package func lateStates() throws(LogError) -> [Version] {
        guard current.definition.provider != "firn" else { return [] }
        return try ForeignDates.late(in: store.listing(from: nil).states, StateReader(store, options))
    }

    /// The record of a version's state: manifests, bounds, tombstones.
    package func stateManifest(at version: Version) throws(LogError) -> StateManifest {
        try StateReader(store, options).manifest(version)
    }

    /// The record of the state that the current one stands on; nil where none was read or written.
    package var baseManifest: StateManifest? { shared.withLock { $0.base } }

    /// What was committed since the newest state: versions, and actions in them.
    package var unwritten: (versionCount: Int, actionCount: Int) {
        shared.withLock { ($0.pendingVersionCount, $0.pendingActionCount) }
    }
}

extension StateSummary {
    package init(_ manifest: StateManifest) {
        version = manifest.version
        fileCount = Int(manifest.fileCount)
        manifestCount = manifest.manifests.count
        tombstoneCount =
            manifest.files.tombstones.count + manifest.references.tombstones.count
            + manifest.garbage.tombstones.count + manifest.partitions.tombstones.count
    }
}
