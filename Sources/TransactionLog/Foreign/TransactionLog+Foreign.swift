import Bytes
import Metadata
import Platform
import Synchronization

// Writing the state of a table of another program anew: the one thing that is written to such a table.
extension TransactionLog {
    /// Writes the state of the current version in the table's own form, or its JSON checkpoint.
    func writeForeign(_ format: TableProperties.StateFormat) throws(LogError) -> StateOutcome {
        try stateWriting.withLock { (_) throws(LogError) -> StateOutcome in
            let state = current
            guard state.tableProtocol.minWriterVersion <= 4 else {
                throw .unsupported(
                    "the table asks its writers for protocol \(state.tableProtocol.minWriterVersion) of IndexTables, "
                        + "this program writes up to 4")
            }
            if try isThere(format, at: state.version) { return .alreadyThere(state.version) }
            let snapshot: ForeignSnapshot = try Replay.state(
                at: state.version, store, options: options, as: ForeignSnapshot.self)
            try check(snapshot, against: state)
            let summary = format == .avro ? try writeState(of: snapshot) : try writeCheckpoint(of: snapshot)
            return summary.map { .written($0) } ?? .alreadyThere(state.version)
        }
    }

    /// What is there must serve: a state that cannot be read is in the way of one that could.
    private func isThere(
        _ format: TableProperties.StateFormat, at version: Version
    ) throws(LogError) -> Bool {
        switch format {
        case .avro:
            guard try store.exists(path.stateManifest(version)) else { return false }
            _ = try StateReader(store, options).read(version)
            try confirm(in: path.directory + LogPath.stateName(version) + "/")
        case .json:
            guard try store.exists(path.directory + LogPath.checkpointName(version)) else { return false }
            _ = try CheckpointReader(store: store).read(version)
            try confirm(in: path.directory)
        }
        return true
    }

    /// The snapshot was read apart from the state: they must say the same.
    private func check(_ snapshot: ForeignSnapshot, against state: TableState) throws(LogError) {
        let files = snapshot.files
        let isSame =
            files.count == state.fileCount
            && files.allSatisfy { file in
                state.files.view(path: file.path)?.sizeBytes == (try? file.sizeBytes)
            }
        guard isSame, snapshot.version == state.version else {
            throw .inconsistent(
                state.version, "its files were read as \(state.fileCount), and again as \(files.count)")
        }
    }

    private func writeState(of snapshot: ForeignSnapshot) throws(LogError) -> StateSummary? {
        let writer = ForeignStateWriter(
            store: store, clock: clock, entropy: entropy, properties: current.properties)
        guard let summary = try writer.write(snapshot) else { return nil }
        let hint = LastCheckpoint(
            version: summary.version, fileCount: Int64(summary.fileCount), totalBytes: current.totalBytes,
            createdTime: clock.nowMilliseconds())
        store.writeHint(hint, warn: options.warn)
        return summary
    }

    private func writeCheckpoint(of snapshot: ForeignSnapshot) throws(LogError) -> StateSummary? {
        let writer = ForeignCheckpointWriter(writer: checkpointWriter(try store.packing()))
        guard let written = try writer.write(snapshot) else { return nil }
        writeHint(written, of: current)
        return StateSummary(
            version: snapshot.version, fileCount: snapshot.files.count, manifestCount: 0, tombstoneCount: 0)
    }
}

extension LogStorage {
    /// As the table's newest version file is packed: whoever reads the table reads that.
    fileprivate func packing() throws(LogError) -> CheckpointWriter.Packing {
        guard let newest = try listing(from: nil).versions.last,
            let bytes = try read(path.versionFile(newest))
        else { return .plain }
        switch bytes.prefix(2) {
        case [0x1F, 0x8B]: return .gzip
        case [1, 1]: return .gzipBehindMagic
        default: return .plain
        }
    }
}
