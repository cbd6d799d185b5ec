import Avro
import Bytes
import Compression
import Metadata
import Records
import Platform

/// Reads the state of one version and checks it against every number that it says of itself.
struct StateReader: Sendable {
    let store: LogStorage
    let options: LogOptions
    /// Files in memory whose manifests need not be read again.
    private let known: FileSet?

    init(_ store: LogStorage, _ options: LogOptions, sharing known: FileSet? = nil) {
        self.store = store
        self.options = options
        self.known = known
    }

    func read(_ version: Version) throws(LogError) -> (TableState, StateManifest) {
        let name = LogPath.stateName(version).display
        let manifest = try self.manifest(version)
        var facts = try manifest.facts { () throws(LogError) in try ForeignDefinition.find(in: store) }
        let isOwn = facts.definition.provider == "firn"
        let threads = options.threads(manifest)
        facts.files = try files(manifest, partitionColumns: facts.definition.partitionColumns)
        if !isOwn { facts.files.keepNewestOfEachPath() }
        // Other programs' totals are sums of what was added, not of what is there.
        let isTrue =
            facts.files.count == Int(manifest.fileCount) && facts.files.totalBytes == manifest.totalBytes
        if !isTrue {
            let difference =
                "\(manifest.fileCount) files of \(manifest.totalBytes) bytes are announced, "
                + "\(facts.files.count) of \(facts.files.totalBytes) are there"
            if isOwn { throw .damaged(file: name, line: nil, difference) }
            options.warn("\(name): \(difference)")
        }
        facts.references = ReferenceSet(
            try references(manifest.references, threads: threads))
        facts.garbage = GarbageSet(
            try set(
                manifest.garbage,
                entries(manifest.garbage.manifests, threads: threads, SetManifestReader.garbage),
                entryKey: { $0.file }, tombstoneKey: SetKey.file)
        )
        facts.partitions = PartitionSet(
            partitionColumns: facts.definition.partitionColumns,
            try set(
                manifest.partitions, partitions(manifest.partitions.manifests), entryKey: { $0.id },
                tombstoneKey: { PartitionID($0) }))
        facts.jobs = try set(
            manifest.listedJobs,
            entries(manifest.listedJobs.manifests, threads: threads, SetManifestReader.jobs),
            entryKey: { $0.id }, tombstoneKey: SetKey.job)
        for job in try manifest.inlineJobs() { facts.jobs.put(job.id, job, at: version) }
        facts.receipts = try receipts(manifest, threads: threads)
        return (TableState(facts), manifest)
    }

    /// The record alone, without its manifests.
    func manifest(_ version: Version) throws(LogError) -> StateManifest {
        let name = LogPath.stateName(version).display
        guard let bytes = try store.read(store.path.stateManifest(version)) else {
            throw .damaged(file: name, line: nil, "_manifest.avro is missing")
        }
        var manifest: StateManifest
        do throws(DecodeError) { manifest = try StateManifest.decode(bytes) } catch {
            throw .damaged(file: name + "/_manifest.avro", line: nil, error)
        }
        guard manifest.version == version else {
            throw .damaged(file: name, line: nil, "it says that it is version \(manifest.version)")
        }
        for index in manifest.files.manifests.indices {
            let path = manifest.files.manifests[index].path
            manifest.files.manifests[index].path = ForeignManifestPath.relative(path, state: version)
        }
        return manifest
    }

    /// The files of the state, without those of its tombstones; of the manifests that are needed alone where
    /// some are named, by place, and without some that `selection` does not need.
    func files(
        _ manifest: StateManifest, partitionColumns: [ByteString], ofManifests needed: [Int]? = nil,
        selection: PartitionSelection? = nil
    ) throws(LogError) -> FileSet {
        let infos = needed?.map { manifest.files.manifests[$0] } ?? manifest.files.manifests
        let there = known?.segments() ?? [:]
        let cache = RecordBlockCache()
        // Decoding keeps a processor busy: more threads would only hold more memory. Two at least, as one of
        // them may wait for a disk.
        let threads = min(options.threads(manifest), max(2, Thread.processorCount))
        // Only our own tables are of protocol 5.
        let isForeign = manifest.protocolVersion < 5
        let segments = try Parallel.map(
            infos, threads: threads, workspace: { ManifestWorkspace(cache: cache) }
        ) { [self] (info, workspace) throws(LogError) in
            if let same = there[info.path], same.info.checksum == info.checksum { return same.segment }
            let bytes = try verifiedBytes(info)
            do throws(DecodeError) {
                let segment = try FileManifestReader.read(
                    bytes, partitionColumns: partitionColumns, expectedCount: Int(info.entryCount),
                    selection: selection, workspace: workspace)
                return isForeign ? segment.readingNull(as: PartitionPath.null) : segment
            } catch {
                throw LogError.damaged(file: info.path.display, line: nil, error)
            }
        }
        var files = FileSet(
            partitionColumns: partitionColumns,
            manifests: zip(segments, infos).map {
                (segment: $0, manifest: StoredManifest($1))
            },
            tombstones: manifest.files.tombstones)
        if let known { files.shareFilter(of: known) }
        return files
    }

    /// The entries of manifests of garbage, also those that later ones replaced.
    func garbage(_ manifests: [ManifestInfo]) throws(LogError) -> [GarbageEntry] {
        try entries(manifests, threads: options.readParallelism, SetManifestReader.garbage).flatMap {
            $0.map(\.value)
        }
    }

    private func set<Key: Hashable & Sendable, Value: Hashable & Sendable>(
        _ stored: StoredSet<KeyTombstone>, _ parts: [[StoredEntry<Value>]], entryKey: (Value) -> Key,
        tombstoneKey: (ByteString) -> Key?
    ) throws(LogError) -> ManifestSet<Key, Value> {
        var entries: [ManifestSet<Key, Value>.Entry] = []
        entries.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        let manifests = stored.manifests.map { StoredManifest($0) }
        for (identity, part) in zip(manifests, parts) {
            for entry in part {
                entries.append(
                    ManifestSet<Key, Value>.Entry(
                        key: entryKey(entry.value), value: entry.value, version: entry.version,
                        manifest: identity))
            }
        }
        var tombstones: [ManifestSet<Key, Value>.Tombstone] = []
        for tombstone in stored.tombstones {
            guard let key = tombstoneKey(tombstone.key) else {
                throw .damaged(file: "_manifest.avro", line: nil, "a tombstone has no key")
            }
            tombstones.append(ManifestSet<Key, Value>.Tombstone(key: key, version: tombstone.version))
        }
        return ManifestSet(entries: entries, tombstones: tombstones, manifests: manifests)
    }

    private func receipts(_ manifest: StateManifest, threads: Int) throws(LogError) -> ReceiptWindow {
        let infos = manifest.receiptManifests
        let parts = try entries(infos, threads: threads, SetManifestReader.receipts)
        var window = ReceiptWindow()
        var slots: [ReceiptWindow.Slot] = []
        for (info, part) in zip(infos, parts) {
            let start = window.numbers.upperBound
            for receipt in part { window.append(receipt) }
            slots.append(
                ReceiptWindow.Slot(
                    manifest: StoredManifest(info), numbers: start..<window.numbers.upperBound))
        }
        for receipt in try manifest.inlineReceipts() { window.append(receipt) }
        window = window.rewritten(keeping: 0, adding: slots)
        window.dropFirst(Int(clamping: infos.reduce(0) { $0 + $1.tombstoneCount }))
        return window
    }

    private func entries<Value: Sendable>(
        _ manifests: [ManifestInfo], threads: Int,
        _ decode: @escaping @Sendable ([UInt8]) throws(DecodeError) -> [Value]
    ) throws(LogError) -> [[Value]] {
        try Parallel.map(manifests, threads: threads) { [self] (info) throws(LogError) in
            try entries(info, decode)
        }
    }

    /// One after the other: their strings are shared.
    private func partitions(_ manifests: [ManifestInfo]) throws(LogError) -> [[StoredEntry<Partition>]] {
        var reader = PartitionManifestReader()
        var parts: [[StoredEntry<Partition>]] = []
        for info in manifests {
            parts.append(try entries(info) { (bytes) throws(DecodeError) in try reader.read(bytes) })
        }
        return parts
    }

    private func entries<Value>(
        _ info: ManifestInfo, _ decode: ([UInt8]) throws(DecodeError) -> [Value]
    ) throws(LogError) -> [Value] {
        let bytes = try verifiedBytes(info)
        let entries: [Value]
        do throws(DecodeError) { entries = try decode(bytes) } catch {
            throw LogError.damaged(file: info.path.display, line: nil, error)
        }
        try checkCount(entries.count, info)
        return entries
    }

    func checkCount(_ count: Int, _ info: ManifestInfo) throws(LogError) {
        guard count == Int(info.entryCount) else {
            throw LogError.damaged(
                file: info.path.display, line: nil,
                "\(info.entryCount) entries are announced, \(count) are there")
        }
    }

    func verifiedBytes(_ info: ManifestInfo) throws(LogError) -> [UInt8] {
        guard let bytes = try store.read(store.path.directory + info.path) else {
            throw .damaged(file: info.path.display, line: nil, "the manifest is missing")
        }
        if let length = info.lengthBytes, length != bytes.count {
            throw .damaged(
                file: info.path.display, line: nil,
                "\(length) bytes are announced, it ends at byte \(bytes.count)")
        }
        if let checksum = info.checksum, checksum != CRC32.checksum(of: bytes) {
            throw .damaged(file: info.path.display, line: nil, Self.damage(in: bytes))
        }
        return bytes
    }

    /// Where bytes that do not have their checksum are damaged, as far as the blocks tell.
    private static func damage(in bytes: [UInt8]) -> String {
        do throws(DecodeError) {
            _ = try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in try file.values() }
            return "its bytes 0 to \(bytes.count - 1) do not have the checksum that the state states"
        } catch {
            return "the checksum does not match: \(error)"
        }
    }
}

extension LogOptions {
    /// How many threads read the manifests of a state.
    func threads(_ manifest: StateManifest) -> Int {
        let overrides = Dictionary(manifest.properties.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        return threads(TableProperties(overrides: overrides))
    }

    /// How many threads work on the manifests of a table.
    func threads(_ properties: TableProperties) -> Int {
        min(readParallelism, properties.stateReadParallelism)
    }
}
