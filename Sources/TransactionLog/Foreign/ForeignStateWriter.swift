import Avro
import Bytes
import JSON
import Metadata
import Platform

/// Writes the state of a table of IndexTables in its own form: all manifests anew, then the record.
struct ForeignStateWriter: Sendable {
    let store: LogStorage
    let clock: any Clock
    let entropy: any Entropy
    let properties: TableProperties

    /// nil where the version has a state already.
    func write(_ snapshot: ForeignSnapshot) throws(LogError) -> StateSummary? {
        let key = store.path.stateManifest(snapshot.version)
        if try store.exists(key) { return nil }
        let columns = snapshot.definition.partitionColumns
        let order = PartitionOrder(snapshot.definition)
        var rows = snapshot.files.map { (entry: $0, tuple: $0.partitionValues(columns)) }
        rows.sort { left, right in
            let order = order.compare(left.tuple, right.tuple)
            return order == 0 ? left.entry.path < right.entry.path : order < 0
        }
        var infos: [AvroValue] = []
        for range in StateWriter.cuts(rows.count, into: properties.stateEntriesPerManifest) {
            infos.append(try writeManifest(rows[range].map(\.entry), columns))
        }
        let record = try record(snapshot, infos, rows.map(\.entry))
        switch store.create(key, record) {
        case .created: break
        case .exists: return nil
        case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
        }
        return StateSummary(
            version: snapshot.version, fileCount: rows.count, manifestCount: infos.count, tombstoneCount: 0)
    }

    private func writeManifest(
        _ entries: [ForeignEntry], _ columns: [ByteString]
    ) throws(LogError) -> AvroValue {
        let hasOthers = entries.contains { $0.otherFields != nil }
        var file = AvroFileWriter(
            schema: hasOthers ? ParsedForeignSchemas.fileEntryWithOthers : ParsedForeignSchemas.fileEntry,
            codec: properties.stateCodec, syncMarker: entropy.bytes(16))
        var bounds = ForeignBounds(columns)
        for entry in entries {
            bounds.add(entry.partitionValues(columns))
            do throws(WireError) {
                try file.append { (encoder) throws(WireError) in
                    try entry.write(to: &encoder, withOthers: hasOthers)
                }
            } catch {
                throw .damaged(file: entry.path.display, line: nil, error)
            }
        }
        let name = try create(file.finish())
        let versions = entries.map(\.addedAtVersion)
        let found = bounds.finish().map { bound in
            AvroValue.Entry(
                bound.column,
                .record([Self.optional(bound.min), Self.optional(bound.max)]))
        }
        return .record([
            .string(name), .long(Int64(entries.count)), .long(versions.min() ?? 0),
            .long(versions.max() ?? 0),
            found.isEmpty ? .union(0, .null) : .union(1, .map(found)), .long(0), .long(Int64(entries.count)),
        ])
    }

    private static func optional(_ text: ByteString?) -> AvroValue {
        text.map { .union(1, .string($0)) } ?? .union(0, .null)
    }

    /// The manifest's name; durable when this returns.
    private func create(_ bytes: [UInt8]) throws(LogError) -> ByteString {
        while true {
            let name = LogPath.manifestName(entropy.uint64())
            switch store.create(store.path.directory + name, bytes) {
            case .created: return name
            case .exists: continue
            case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
            }
        }
    }

    private func record(
        _ snapshot: ForeignSnapshot, _ manifests: [AvroValue], _ entries: [ForeignEntry]
    ) throws(LogError) -> [UInt8] {
        var totalBytes: Int64 = 0
        for entry in entries { totalBytes += (try? entry.sizeBytes) ?? 0 }
        let metadata = JSONValue.object(["metaData": .object(snapshot.metaData)]).compactBytes
        let reader = snapshot.tableProtocol["minReaderVersion"]?.int64Value ?? 1
        let value = AvroValue.record([
            .int(1), .long(snapshot.version.rawValue), .long(try createdAt()), .long(Int64(entries.count)),
            .long(totalBytes), .array(manifests), .array([]),
            .map(snapshot.schemas.map { AvroValue.Entry($0.key, .string($0.text)) }),
            .int(Int32(truncatingIfNeeded: max(4, reader))), .union(1, .string(ByteString(metadata))),
        ])
        let schema = ParsedForeignSchemas.stateManifest
        var file = AvroFileWriter(
            schema: schema, codec: properties.stateCodec, syncMarker: entropy.bytes(16))
        do throws(AvroMismatch) {
            try file.append { (encoder) throws(AvroMismatch) in try encoder.encode(value, schema) }
        } catch {
            preconditionFailure("a state does not fit its schema: \(error)")
        }
        return file.finish()
    }

    /// Later than every state that there is: what is older than one of a higher version is not believed.
    private func createdAt() throws(LogError) -> Int64 {
        var latest = clock.nowMilliseconds()
        let reader = StateReader(store, LogOptions())
        guard let newest = try store.listing(from: nil).states.last else { return latest }
        do throws(LogError) { latest = max(latest, try reader.manifest(newest).createdAt + 1) } catch {
            guard error.isDamage else { throw error }
        }
        return latest
    }
}

extension ForeignSnapshot {
    /// The schemas of files: those of the state as it names them, and those of the definition by their hash.
    var schemas: [(key: ByteString, text: ByteString)] {
        let known = Set(registry.map { ForeignRegistry.id($0.key) })
        let carried = definition.carriedSchemas.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
        return registry + carried.map { (key: $0.key, text: $0.value) }
    }
}
