package import Metadata
import Synchronization

extension TransactionLog {
    /// Writes the state of a version, the current one or an older one that can be had, from a complete replay: so
    /// that it can be had without its version files.
    @discardableResult
    package func writeState(at version: Version) throws(LogError) -> StateOutcome {
        if version == current.version {
            let outcome = try writeState()
            if try store.exists(path.stateManifest(version)) { return outcome }
        }
        return try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            try checkStateWritable()
            if try store.exists(path.stateManifest(version)) { return .alreadyThere(version) }
            let replayed: Replayed = try Replay.state(at: version, store, options: options)
            let writer = StateWriter(
                store: store, clock: clock, entropy: entropy, options: options,
                codec: replayed.state.properties.stateCodec)
            let written = try writer.write(
                replayed.state, base: replayed.base,
                compaction: .whereNeeded(ManifestPolicy.Occasion(replayed.transactions)))
            guard let written else { return .alreadyThere(version) }
            return .written(StateSummary(written.manifest))
        }
    }
}
