import Avro
import Bytes
import Metadata

/// Reads a manifest of exactly our schema: the columns are filled, every record is walked from end to end, and
/// what a segment does not keep stays in the compressed bytes.
enum FileRecordReader {
    /// - Parameter chosen: the blocks to read, ascending; nil is all.
    static func read(
        _ file: AvroFileReader, _ bytes: [UInt8], expectedCount: Int, only chosen: [AvroFileReader.Block]?,
        into builder: inout FileSegment.Builder, _ workspace: ManifestWorkspace
    ) throws(DecodeError) -> FileSegment {
        var places: [ManifestRecords.Place] = []
        if let chosen {
            try FileManifestReader.checkCount(file.totalCount(), expected: expectedCount, bytes)
            builder.reserve(chosen.reduce(0) { $0 + FileManifestReader.believed($1.count) })
            for block in chosen {
                try file.withBlock(block, using: workspace.decompressor) { (decoder) throws(DecodeError) in
                    try append(block, &decoder, to: &builder, &places)
                }
            }
        } else {
            builder.reserve(FileManifestReader.believed(expectedCount))
            try file.forEachBlock(using: workspace.decompressor) { (block, decoder) throws(DecodeError) in
                try append(block, &decoder, to: &builder, &places)
            }
            try FileManifestReader.checkCount(builder.count, expected: expectedCount, bytes)
        }
        return builder.finish(
            records: ManifestRecords(
                bytes, file.codec, places.filter { $0.rowCount > 0 }, cache: workspace.cache))
    }

    private static func append(
        _ block: AvroFileReader.Block, _ decoder: inout AvroDecoder, to builder: inout FileSegment.Builder,
        _ places: inout [ManifestRecords.Place]
    ) throws(DecodeError) {
        places.append(
            ManifestRecords.Place(firstRow: builder.count, rowCount: block.count, stored: block.stored))
        try append(block.count, &decoder, to: &builder)
    }

    /// The partition values of the block's first record.
    static func firstTuple(
        of block: AvroFileReader.Block, _ file: AvroFileReader, columns: [ByteString],
        _ workspace: ManifestWorkspace
    ) throws(DecodeError) -> PartitionTuple {
        var found = PartitionTuple([])
        try file.withBlock(block, using: workspace.decompressor) { (decoder) throws(DecodeError) in
            var cursor = RecordCursor(decoder)
            found = try tuple(FileRecord(&cursor).partitionValues, columns)
        }
        return found
    }

    private static func append(
        _ count: Int, _ decoder: inout AvroDecoder, to builder: inout FileSegment.Builder
    ) throws(DecodeError) {
        var cursor = RecordCursor(decoder)
        for _ in 0..<count { try append(try FileRecord(&cursor), to: &builder) }
        try decoder.reader.seek(to: cursor.offset)
    }

    @inline(__always)
    private static func append(
        _ record: FileRecord, to builder: inout FileSegment.Builder
    ) throws(DecodeError) {
        var row = FileSegment.Row(path: record.path, tuple: try tuple(record.partitionValues, &builder))
        row.sizeBytes = record.sizeBytes
        row.rowCount = record.rowCount
        row.modificationTime = record.modificationTime
        row.addedAtVersion = record.addedAtVersion
        row.addedAtTimestamp = record.addedAtTimestamp
        row.ordinal = record.ordinal
        if let partition = record.partition { row.partition = builder.partitionCode(partition) }
        if let schema = record.schemaID { row.schema = builder.schemaCode(schema) }
        record.appendKept(to: &builder.details)
        builder.append(row)
    }

    /// The tuple's number. The map's bytes are its key, so that a map that was met before is not decoded.
    private static func tuple(
        _ encoded: FileRecord.Borrowed, _ builder: inout FileSegment.Builder
    ) throws(DecodeError) -> Int {
        let columns = builder.partitionColumns
        return try builder.tupleCode(encoded) { () throws(DecodeError) in try tuple(encoded, columns) }
    }

    /// A column without a key is null: the map cannot say it otherwise.
    private static func tuple(
        _ encoded: FileRecord.Borrowed, _ columns: [ByteString]
    ) throws(DecodeError) -> PartitionTuple {
        var tuple = PartitionTuple(columns.map { _ in nil })
        var column: Int??
        try FileRecord.forEachString(in: encoded, perItem: 2) { string in
            if let index = column {
                if let index { tuple.values[index] = ByteString(Array(string)) }
                column = nil
            } else {
                column = .some(columns.firstIndex(of: ByteString(Array(string))))
            }
            return true
        }
        return tuple
    }
}
