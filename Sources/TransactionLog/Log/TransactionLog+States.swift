import Bytes
package import Metadata
import Platform
import Synchronization

/// What writing a state came to.
package enum StateOutcome: Hashable, Sendable {
    case written(StateSummary)
    /// The version has a state already.
    case alreadyThere(Version)
}

/// What a written state holds, for reports and metrics.
package struct StateSummary: Hashable, Sendable {
    package var version: Version
    package var fileCount: Int
    package var manifestCount: Int
    package var tombstoneCount: Int
}

extension TransactionLog {
    /// Writes the state of the current version: what is new, and manifests anew where they have too many
    /// tombstones or are too small. Commits go on meanwhile.
    @discardableResult
    package func writeState() throws(LogError) -> StateOutcome { try writeState(.whereNeeded) }

    /// Writes the state of the current version with all manifests anew: sorted, full, without tombstones.
    ///
    /// A version has one state. Where the current one has it already, there is nothing to write: commit, or
    /// wait for a commit, and compact then.
    @discardableResult
    package func compactState() throws(LogError) -> StateOutcome { try writeState(.full) }

    func writeState(_ compaction: StateWriter.Compaction) throws(LogError) -> StateOutcome {
        try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            let (state, base, isPoisoned) = shared.withLock { ($0.current, $0.base, $0.isPoisoned) }
            if isPoisoned { throw .poisoned }
            if state.definition.provider != "firn" {
                throw .unsupported("the table was written by another program and is read-only")
            }
            if base?.version == state.version { return .alreadyThere(state.version) }
            let writer = StateWriter(
                store: store, clock: clock, entropy: entropy, options: options,
                codec: state.properties.stateCodec)
            guard let written = try writer.write(state, base: base, compaction: compaction) else {
                try adoptState(at: state.version)
                return .alreadyThere(state.version)
            }
            try rebase(on: written)
            return .written(StateSummary(written.manifest))
        }
    }

    /// Takes over a state that another process wrote, so that the next one builds on it.
    private func adoptState(at version: Version) throws(LogError) {
        let (state, manifest) = try StateReader(store, options).read(version)
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

    /// The record of a version's state: manifests, bounds, tombstones.
    package func stateManifest(at version: Version) throws(LogError) -> StateManifest {
        try StateReader(store, options).manifest(version)
    }

    /// The record of the state that the current one stands on; nil where none was read or written.
    package var baseManifest: StateManifest? { shared.withLock { $0.base } }

    /// What was committed since the newest state: versions, and actions in them.
    package var unwritten: (versionCount: Int, actionCount: Int) {
        shared.withLock { shared in
            let from = shared.base?.version.rawValue ?? -1
            return (Int(shared.current.version.rawValue - from), shared.pendingActionCount)
        }
    }
}

extension StateSummary {
    package init(_ manifest: StateManifest) {
        version = manifest.version
        fileCount = Int(manifest.fileCount)
        manifestCount =
            manifest.files.manifests.count + manifest.references.manifests.count
            + manifest.garbage.manifests.count + manifest.partitions.manifests.count
        tombstoneCount =
            manifest.files.tombstones.count + manifest.references.tombstones.count
            + manifest.garbage.tombstones.count + manifest.partitions.tombstones.count
    }
}
