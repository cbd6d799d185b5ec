import Bytes
import JSON
package import Metadata
import Platform
import Storage
import Synchronization

/// What ``TransactionLog/checkpoint(_:)`` came to.
package struct CheckpointOutcome: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        case written = "SUCCESS"
        /// The version has a state of this format already, and nothing is to be gained by another.
        case unchanged = "UNCHANGED"
    }

    /// The formats of stored states, as `_last_checkpoint` names them.
    package enum Format: String, Hashable, Sendable {
        case avroState = "avro-state"
        case json
        case multiPartJSON = "json-multipart"
        /// The version files are the state.
        case none
    }

    package var status: Status
    /// Of the newest state or checkpoint that there was.
    package var previousFormat: Format
    package var newFormat: Format
    package var version: Version
    package var fileCount: Int
}

extension TransactionLog {
    /// Writes the whole state of the current version, in the table's own format (`state.format`) unless told
    /// otherwise: Avro manifests, all anew, or a JSON checkpoint.
    ///
    /// A version has one state of each format. A table of IndexTables gets it in IndexTables' own form.
    package func checkpoint(
        _ format: TableProperties.StateFormat? = nil
    ) throws(LogError) -> CheckpointOutcome {
        let state = try refresh()
        let format = format ?? state.properties.stateFormat
        let previous = try store.newestFormat(through: state.version)
        let isForeign = state.definition.provider != "firn"
        let outcome =
            isForeign
            ? try writeForeign(format) : format == .avro ? try compactState() : try writeCheckpoint()
        var result = CheckpointOutcome(
            status: .unchanged, previousFormat: previous, newFormat: .avroState, version: state.version,
            fileCount: state.fileCount)
        switch outcome {
        case .written(let summary):
            result.status = .written
            result.version = summary.version
            result.fileCount = summary.fileCount
        case .clean(let version), .alreadyThere(let version): result.version = version
        }
        if format == .json { result.newFormat = try store.checkpointFormat(of: result.version) }
        return result
    }

    /// Writes the JSON checkpoint of the current version.
    func writeCheckpoint() throws(LogError) -> StateOutcome {
        try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            let (state, isPoisoned) = shared.withLock { ($0.current, $0.isPoisoned) }
            if isPoisoned { throw .poisoned }
            let writer = checkpointWriter(state.properties.stateCompression == .none ? .plain : .gzip)
            guard let written = try writer.write(state) else {
                // Whoever wrote it: it serves, or somebody has to take it away.
                _ = try CheckpointReader(store: store).read(state.version)
                try confirm(in: path.directory)
                stand(on: state.version)
                return .alreadyThere(state.version)
            }
            writeHint(written, of: state)
            stand(on: state.version)
            return .written(
                StateSummary(
                    version: state.version, fileCount: state.fileCount, manifestCount: 0, tombstoneCount: 0))
        }
    }

    /// What was found may be an earlier try's, whose reply was lost: seen, and not yet proof against a crash.
    func confirm(in directory: ByteString) throws(LogError) {
        guard store.confirmNames(entropy.uint64(), in: directory) else {
            throw .storage(
                StorageError(
                    .unknownOutcome, .put, directory, detail: "what is there may not survive a crash"))
        }
    }

    func checkpointWriter(_ packing: CheckpointWriter.Packing) -> CheckpointWriter {
        CheckpointWriter(
            store: store, clock: clock, entropy: entropy, linesPerFile: options.checkpointLinesPerFile,
            packing: packing)
    }

    func writeHint(_ written: CheckpointWriter.Written, of state: TableState) {
        var hint = LastCheckpoint(
            version: state.version, fileCount: Int64(state.fileCount), totalBytes: state.totalBytes,
            createdTime: written.createdTime)
        hint.checkpoint = LastCheckpoint.Checkpoint(
            lineCount: Int64(written.lineCount), parts: written.parts, id: written.id)
        store.writeHint(hint, warn: options.warn)
    }

    /// What was committed up to a version is in a checkpoint: it need not be kept for the next state.
    private func stand(on version: Version) {
        serial.withLock { _ in
            shared.withLock { shared in
                shared.checkpoint = max(version, shared.checkpoint ?? version)
                shared.pending.removeAll { $0.version <= version }
                shared.pendingActionCount = shared.pending.reduce(0) { $0 + $1.actions.count }
            }
        }
    }
}

extension LogStorage {
    /// The format of the newest state or checkpoint at or below a version.
    func newestFormat(through version: Version) throws(LogError) -> CheckpointOutcome.Format {
        switch try ReplayBase.all(in: listing(from: nil), through: version).first {
        case nil: return .none
        case .state: return .avroState
        case .checkpoint(let version): return try checkpointFormat(of: version)
        }
    }

    func checkpointFormat(of version: Version) throws(LogError) -> CheckpointOutcome.Format {
        guard let bytes = try read(path.directory + LogPath.checkpointName(version)) else { return .none }
        let text = (try? ForeignVersionFile.decompressed(bytes)) ?? bytes
        return CheckpointTexts.isList(text) ? .multiPartJSON : .json
    }
}
