import Avro
import Bytes
import Compression
import JSON
import Metadata
import Platform

/// Writes the state of one version: new manifests for what none lists, old ones as they are, then the one file
/// that names them all.
struct StateWriter: Sendable {
    /// Whether manifests that are there already are written anew.
    enum Compaction: Sendable {
        /// As the table's policy says.
        case whereNeeded(ManifestPolicy.Occasion)
        /// All of a set that does not stand as well as it can.
        case full
        /// All: nothing keeps those that are there.
        case anew
    }

    let store: LogStorage
    let clock: any Clock
    let entropy: any Entropy
    let options: LogOptions
    let codec: AvroCodec

    /// What a write gives: the record, and the state with its sets as the record tells.
    struct Written {
        var manifest: StateManifest
        var state: TableState
    }

    /// nil where another process was first: its state is as good.
    ///
    /// - Parameter base: the state in storage that `state` was made from.
    func write(
        _ state: TableState, base: StateManifest?, compaction: Compaction
    ) throws(LogError) -> Written? {
        if try store.exists(store.path.stateManifest(state.version)) { return nil }
        // Where the state below has expired, nothing keeps the manifests that only it listed.
        let compaction = try base.map(isWhole) ?? true ? compaction : .anew
        let policy = ManifestPolicy(state.properties)
        let files = try writeFiles(state, policy, compaction)
        let references = try writeReferences(state.references.entries, policy, compaction)
        let garbage = try writeSet(state.garbage.entries, policy, compaction) { SetKey.file($0) }
        let partitions = try writeSet(state.partitions.entries, policy, compaction) { $0.name }
        let jobs = try writeSet(
            state.jobs, policy, compaction, inlineLimit: ManifestPolicy.inlineLimit
        ) { SetKey.job($0) }
        let receipts = try writeReceipts(state.receipts, policy, compaction)
        var manifest = StateManifest(state, createdAt: clock.nowMilliseconds())
        manifest.files = files.stored
        manifest.references = references.stored
        manifest.garbage = garbage.stored
        manifest.partitions = partitions.stored
        manifest.listedJobs = jobs.stored
        manifest.jobs = jobs.set.unwritten.map(\.value).sorted { $0.id < $1.id }.map {
            StateManifest.text(of: $0)
        }
        manifest.receiptManifests = receipts.infos
        manifest.receipts = receipts.receipts(receipts.unwritten).map { StateManifest.text(of: $0) }
        // Manifests are durable by now: the record must never name one that is not.
        guard try create(manifest) else { return nil }
        try checkManifests(of: manifest)
        writeHint(manifest)
        let written = state.replacingSets(
            files: files.set, references: state.references.rewritten(references.set),
            garbage: state.garbage.rewritten(garbage.set),
            partitions: state.partitions.rewritten(partitions.set), jobs: jobs.set, receipts: receipts)
        return Written(manifest: manifest, state: written)
    }

    /// True where a compaction would write the same again: no tombstones, nothing unwritten, full manifests
    /// in order.
    static func isClean(_ state: TableState) -> Bool {
        let policy = ManifestPolicy(state.properties)
        return isClean(state.files, policy, PartitionOrder(state.definition))
            && isClean(state.references.entries, policy) && isClean(state.garbage.entries, policy)
            && isClean(state.partitions.entries, policy)
            && isClean(state.jobs, policy, inlineLimit: ManifestPolicy.inlineLimit)
            && isClean(state.receipts, policy)
    }

    private func create(_ manifest: StateManifest) throws(LogError) -> Bool {
        let bytes = manifest.encoded(codec, syncMarker: entropy.bytes(16))
        switch store.create(store.path.stateManifest(manifest.version), bytes) {
        case .created: return true
        case .exists: return false
        case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
        }
    }

    private func isWhole(_ base: StateManifest) throws(LogError) -> Bool {
        guard try store.exists(store.path.stateManifest(base.version)) else { return false }
        return try StateReader(store, options).firstMissing(base) == nil
    }

    /// Takes the record back where another process expired a manifest of it before it was there to be seen.
    private func checkManifests(of manifest: StateManifest) throws(LogError) {
        guard let missing = try StateReader(store, options).firstMissing(manifest) else { return }
        try store.delete(store.path.stateManifest(manifest.version))
        throw .damaged(
            file: missing.display, line: nil, "it was deleted while a state that lists it was written")
    }

    private func writeHint(_ manifest: StateManifest) {
        let hint = LastCheckpoint(
            version: manifest.version, fileCount: manifest.fileCount, totalBytes: manifest.totalBytes,
            createdTime: manifest.createdAt)
        store.writeHint(hint, warn: options.warn)
    }

    /// A new manifest under a name of its own, durable when this returns.
    func writeManifest(_ file: ManifestFile) throws(LogError) -> ManifestInfo {
        while true {
            let name = LogPath.manifestName(entropy.uint64())
            switch store.create(store.path.directory + name, file.bytes) {
            case .created:
                var info = ManifestInfo(
                    path: name, kind: file.kind, entryCount: Int64(file.entryCount),
                    minAddedAtVersion: Version(0), maxAddedAtVersion: Version(0))
                info.lengthBytes = Int64(file.bytes.count)
                info.checksum = CRC32.checksum(of: file.bytes)
                return info
            case .exists: continue
            case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
            }
        }
    }
}
