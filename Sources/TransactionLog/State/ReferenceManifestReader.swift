import Avro
import Bytes
import Metadata

/// Reads a manifest of references into columns: one of exactly our schema field by field, any other as its schema
/// says.
enum ReferenceManifestReader {
    static func read(
        _ bytes: [UInt8], expectedCount: Int,
        using decompressor: AvroBlockDecompressor = AvroBlockDecompressor()
    ) throws(DecodeError) -> ReferenceManifestRows {
        let own = (text: ParsedSchemas.referenceEntryText, schema: ParsedSchemas.referenceEntry)
        return try AvroFileReader.reading(bytes, known: own) { (file) throws(DecodeError) in
            var rows = ReferenceManifestRows()
            rows.reserve(FileManifestReader.believed(expectedCount))
            if file.schemaText == own.text {
                try file.forEachBlock(using: decompressor) { (block, decoder) throws(DecodeError) in
                    try append(block.count, &decoder, to: &rows)
                }
            } else {
                for value in try file.values(as: own.schema) { append(RecordFields(value), to: &rows) }
            }
            return rows
        }
    }

    private static func append(
        _ count: Int, _ decoder: inout AvroDecoder, to rows: inout ReferenceManifestRows
    ) throws(DecodeError) {
        var cursor = RecordCursor(decoder)
        for _ in 0..<count {
            let file = try cursor.long()
            let partition = try cursor.string()
            let rowCount = try cursor.long()
            let isEstimated = try cursor.boolean()
            rows.append(
                file: file, partition: partition, rowCount: rowCount, isEstimated: isEstimated,
                version: try cursor.long())
        }
        try decoder.reader.seek(to: cursor.offset)
    }

    private static func append(_ fields: RecordFields, to rows: inout ReferenceManifestRows) {
        fields.text(1).withUnsafeBytes { name in
            rows.append(
                file: fields.long(0), partition: name, rowCount: fields.long(2),
                isEstimated: fields.boolean(3),
                version: fields.long(4))
        }
    }
}
