import Avro
import Bytes
import Metadata
import Platform

// The set of files: which manifests stay, and what is written.
extension StateWriter {
    struct WrittenFiles {
        var set: FileSet
        var stored: StoredSet<ByteString>
    }

    func writeFiles(_ state: TableState, compaction: Compaction) throws(LogError) -> WrittenFiles {
        let files = state.files
        let policy = ManifestPolicy(state.properties)
        let rewritten = slotsToRewrite(files, policy, compaction)
        let chosen = files.slots.indices.filter { rewritten.contains($0) || files.slots[$0].manifest == nil }
        let segments = Self.chunks(
            files.sorted(chosen.map { files.slots[$0] }), order: PartitionOrder(state.definition),
            entriesPerManifest: policy.entriesPerManifest)
        let written = try Parallel.map(segments, threads: options.readParallelism) {
            [self] (segment) throws(LogError) in
            let bounds = segment.bounds(PartitionOrder(state.definition))
            var info = try writeManifest(encode(segment, columns: state.definition.partitionColumns))
            info.partitionBounds = bounds.partition
            info.minAddedAtVersion = bounds.minVersion
            info.maxAddedAtVersion = bounds.maxVersion
            return StoredManifest(info)
        }
        // A slot is known by its segment: it is shared, never copied.
        let kept = Set(
            files.slots.indices.filter { !chosen.contains($0) }.map {
                ObjectIdentifier(files.slots[$0].segment)
            })
        let set = files.rewritten(
            keeping: { kept.contains(ObjectIdentifier($0.segment)) },
            adding: zip(segments, written).map { (segment: $0, manifest: $1) })
        return WrittenFiles(
            set: set,
            stored: StoredSet(
                manifests: set.slots.compactMap(\.manifestInfo), tombstones: set.tombstones().sorted()))
    }

    private func encode(_ segment: FileSegment, columns: [ByteString]) -> ManifestFile {
        let wire = FileEntryAvro(partitionColumns: columns)
        var file = AvroFileWriter(
            schema: ParsedSchemas.fileEntry, codec: codec, syncMarker: entropy.bytes(16))
        for row in 0..<segment.count { file.append { wire.write(segment[row].entry, to: &$0) } }
        return ManifestFile(kind: .files, entryCount: segment.count, bytes: file.finish())
    }

    private func slotsToRewrite(
        _ files: FileSet, _ policy: ManifestPolicy, _ compaction: Compaction
    ) -> Set<Int> {
        let written = files.slots.indices.filter { files.slots[$0].manifest != nil }
        var result = Set(files.revivedSlots())
        switch compaction {
        case .full: result.formUnion(written)
        case .never: break
        case .whereNeeded:
            var counts = written.map {
                ManifestPolicy.Count(
                    entries: files.slots[$0].segment.count, tombstones: files.slots[$0].removedCount)
            }
            let places = written
            if files.unwrittenCount > 0 {
                counts.append(ManifestPolicy.Count(entries: files.unwrittenCount, tombstones: 0))
            }
            if policy.needsCompaction(counts) {
                for index in policy.manifestsToRewrite(counts) where index < places.count {
                    result.insert(places[index])
                }
            }
        }
        return result
    }

    /// Cuts a segment, sorted by the escaped paths of its partitions, into manifests in the partitions' typed
    /// order.
    static func chunks(
        _ sorted: FileSegment, order: PartitionOrder, entriesPerManifest: Int
    ) -> [FileSegment] {
        guard sorted.count > 0 else { return [] }
        var groups: [(tuple: PartitionTuple, rows: Range<Int>)] = []
        for row in 0..<sorted.count {
            let tuple = sorted[row].partitionValues
            if let last = groups.indices.last, groups[last].tuple == tuple {
                groups[last].rows = groups[last].rows.lowerBound..<(row + 1)
            } else {
                groups.append((tuple, row..<(row + 1)))
            }
        }
        let isOrdered = zip(groups, groups.dropFirst()).allSatisfy { order.compare($0.tuple, $1.tuple) <= 0 }
        if isOrdered, sorted.count <= entriesPerManifest { return [sorted] }
        groups.sort { order.compare($0.tuple, $1.tuple) < 0 }
        // Manifests of one size, the smallest number of them.
        let count = (sorted.count + entriesPerManifest - 1) / entriesPerManifest
        let size = (sorted.count + count - 1) / count
        var result: [FileSegment] = []
        var builder = FileSegment.Builder(partitionColumns: order.columns, capacity: size)
        for row in groups.lazy.flatMap(\.rows) {
            if builder.count == size {
                result.append(builder.finish())
                builder = FileSegment.Builder(partitionColumns: order.columns, capacity: size)
            }
            builder.append(row, of: sorted)
        }
        result.append(builder.finish())
        return result
    }
}

extension ManifestPolicy {
    init(_ properties: TableProperties) {
        self.init()
        entriesPerManifest = properties.stateEntriesPerManifest
        tombstoneThreshold = properties.stateTombstoneThreshold
        maxTombstones = properties.stateMaxTombstones
        maxSmallManifests = properties.stateMaxManifests
    }
}

extension FileSegment {
    /// What a manifest's info says of the files in it.
    func bounds(
        _ order: PartitionOrder
    ) -> (partition: [ManifestInfo.PartitionBounds]?, minVersion: Version, maxVersion: Version) {
        var builder = PartitionBoundsBuilder(order)
        var low = Version(.max)
        var high = Version(0)
        for row in 0..<count {
            let view = self[row]
            builder.add(view.partitionValues)
            low = min(low, view.addedAtVersion)
            high = max(high, view.addedAtVersion)
        }
        return (order.columns.isEmpty ? nil : builder.finish(), min(low, high), high)
    }
}
