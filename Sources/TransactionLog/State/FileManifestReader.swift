import Avro
import Bytes
import Metadata

/// Reads a manifest of files straight into columns: one of exactly our schema by ``FileRecordReader``, any other
/// field by field, as its schema says.
struct FileManifestReader: ~Copyable {
    /// Places of the fields in ``AvroSchemas/fileEntry``.
    private enum Slot {
        static let path = 0, partitionValues = 1, size = 2, modificationTime = 3, dataChange = 4
        static let stats = 5, minValues = 6, maxValues = 7, rowCount = 8
        static let footerStart = 9, footerEnd = 10
        static let tags = 12, mergeOperations = 13, schema = 14, uncompressedSize = 15
        static let addedAtVersion = 16, addedAtTimestamp = 17
        static let partition = 18, minKey = 19, maxKey = 20, ordinal = 21
        static let minSequence = 22, maxSequence = 23, deletedRows = 24, job = 25, source = 26
    }

    let partitionColumns: [ByteString]
    private let plan: AvroPlan
    private let steps: [AvroRecordPlan.Step]
    private var builder: FileSegment.Builder

    /// The manifest's files; `expectedCount` is what its state says.
    ///
    /// - Parameters:
    ///   - selection: what is needed; of a manifest in the order of partitions other blocks are left out.
    ///   - workspace: the thread's own, where it reads several.
    static func read(
        _ bytes: [UInt8], partitionColumns: [ByteString], expectedCount: Int,
        selection: PartitionSelection? = nil, workspace: ManifestWorkspace = ManifestWorkspace()
    ) throws(DecodeError) -> FileSegment {
        let own = (text: ParsedSchemas.fileEntryText, schema: ParsedSchemas.fileEntry)
        return try AvroFileReader.reading(bytes, known: own) { (file) throws(DecodeError) in
            if file.schemaText == own.text {
                return try workspace.withBuilder(partitionColumns) { (builder) throws(DecodeError) in
                    let chosen = try selection?.blocks(of: file, workspace)
                    return try FileRecordReader.read(
                        file, bytes, expectedCount: expectedCount, only: chosen, into: &builder, workspace)
                }
            }
            var reader = try FileManifestReader(file.schema, partitionColumns, capacity: expectedCount)
            try file.forEachBlock(using: workspace.decompressor) { (block, decoder) throws(DecodeError) in
                for _ in 0..<block.count { try reader.readEntry(&decoder) }
            }
            try checkCount(reader.builder.count, expected: expectedCount, bytes)
            return reader.builder.finish()
        }
    }

    /// A file that is cut between two blocks looks whole to anyone who does not count.
    static func checkCount(_ count: Int, expected: Int, _ bytes: [UInt8]) throws(DecodeError) {
        guard count == expected else {
            throw DecodeError(
                .corrupt, at: bytes.count, "\(expected) entries are announced, \(count) are there")
        }
    }

    /// How many rows are reserved: what is announced is not believed before it is there.
    static func believed(_ announced: Int) -> Int { min(max(0, announced), 1 << 20) }

    private init(
        _ schema: AvroSchema, _ partitionColumns: [ByteString], capacity: Int
    ) throws(DecodeError) {
        let plan = try AvroPlan(writer: schema, reader: ParsedSchemas.fileEntry)
        steps = try plan.rootRecord().steps
        self.plan = plan
        self.partitionColumns = partitionColumns
        builder = FileSegment.Builder(
            partitionColumns: partitionColumns, capacity: Self.believed(capacity))
    }

    private mutating func readEntry(_ decoder: inout AvroDecoder) throws(DecodeError) {
        var row = FileSegment.Row(path: UnsafeRawBufferPointer(start: nil, count: 0), tuple: 0)
        for step in steps {
            let node = step.node
            switch step.slot {
            case Slot.path: row.path = try plan.string(node, &decoder)
            case Slot.partitionValues: row.tuple = try tuple(node, &decoder)
            case Slot.size: row.sizeBytes = try plan.long(node, &decoder)
            case Slot.modificationTime: row.modificationTime = try plan.long(node, &decoder)
            case Slot.dataChange:
                if try !plan.boolean(node, &decoder) { builder.details.flag(.noDataChange) }
            case Slot.stats: try text(.stats, node, &decoder)
            case Slot.minValues: try bounds(.hasMinValues, .minValue, node, &decoder)
            case Slot.maxValues: try bounds(.hasMaxValues, .maxValue, node, &decoder)
            case Slot.rowCount: row.rowCount = try plan.optionalLong(node, &decoder)
            case Slot.footerStart: try integer(.footerStart, node, &decoder)
            case Slot.footerEnd: try integer(.footerEnd, node, &decoder)
            case Slot.tags: try tags(node, &decoder)
            case Slot.mergeOperations: try integer(.mergeOperationCount, node, &decoder)
            case Slot.schema:
                if let id = try plan.optionalString(node, &decoder) { row.schema = builder.schemaCode(id) }
            case Slot.uncompressedSize: try integer(.uncompressedSize, node, &decoder)
            case Slot.addedAtVersion: row.addedAtVersion = try plan.long(node, &decoder)
            case Slot.addedAtTimestamp: row.addedAtTimestamp = try plan.long(node, &decoder)
            case Slot.partition:
                if let name = try plan.optionalString(node, &decoder) {
                    row.partition = builder.partitionCode(name)
                }
            case Slot.minKey: try text(.minKey, node, &decoder)
            case Slot.maxKey: try text(.maxKey, node, &decoder)
            case Slot.ordinal: row.ordinal = try plan.int(node, &decoder)
            case Slot.minSequence: try integer(.minSequence, node, &decoder)
            case Slot.maxSequence: try integer(.maxSequence, node, &decoder)
            case Slot.deletedRows:
                let count = try plan.long(node, &decoder)
                if count != 0 { builder.details.integer(.deletedRowCount, count) }
            case Slot.job: try integer(.job, node, &decoder)
            case Slot.source: try text(.source, node, &decoder)
            default: try plan.skip(node, &decoder)
            }
        }
        builder.append(row)
    }

    /// The tuple's number. The map's bytes are its key, so that a map that was met before is not decoded.
    private mutating func tuple(
        _ node: AvroPlan.NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> Int {
        let start = decoder.offset
        try plan.skip(node, &decoder)
        let encoded = UnsafeRawBufferPointer(
            start: decoder.reader.base + start, count: decoder.offset - start)
        let (plan, columns) = (plan, partitionColumns)
        return builder.tupleCode(encoded) {
            // It was walked through already: what does not throw there does not throw here.
            (try? Self.values(node, encoded, plan, columns)) ?? PartitionTuple(columns.map { _ in nil })
        }
    }

    /// A column without a key is null: the map cannot say it otherwise.
    private static func values(
        _ node: AvroPlan.NodeID, _ encoded: UnsafeRawBufferPointer, _ plan: AvroPlan, _ columns: [ByteString]
    ) throws(DecodeError) -> PartitionTuple {
        var tuple = PartitionTuple(columns.map { _ in nil })
        var decoder = AvroDecoder(encoded)
        var entries = try plan.map(node, &decoder)
        while try entries.next(&decoder) {
            let column = ByteString(try decoder.string())
            let value = ByteString(try plan.string(entries.item, &decoder))
            if let index = columns.firstIndex(of: column) { tuple.values[index] = value }
        }
        return tuple
    }

    private mutating func text(
        _ tag: FileDetails.Tag, _ node: AvroPlan.NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) {
        if let bytes = try plan.optionalString(node, &decoder) { builder.details.bytes(tag, bytes) }
    }

    private mutating func integer(
        _ tag: FileDetails.Tag, _ node: AvroPlan.NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) {
        if let value = try plan.optionalLong(node, &decoder) { builder.details.integer(tag, value) }
    }

    private mutating func bounds(
        _ present: FileDetails.Tag, _ tag: FileDetails.Tag, _ node: AvroPlan.NodeID,
        _ decoder: inout AvroDecoder
    ) throws(DecodeError) {
        guard var entries = try plan.optionalMap(node, &decoder) else { return }
        builder.details.flag(present)
        while try entries.next(&decoder) {
            let column = try decoder.string()
            builder.details.bound(tag, column: column, text: try plan.string(entries.item, &decoder))
        }
    }

    private mutating func tags(
        _ node: AvroPlan.NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) {
        guard var items = try plan.optionalArray(node, &decoder) else { return }
        builder.details.flag(.hasTags)
        while try items.next(&decoder) {
            builder.details.bytes(.tag, try plan.string(items.item, &decoder))
        }
    }
}
