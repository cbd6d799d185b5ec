import Bytes

/// The footer: everything that a file says about itself.
struct FileMetadata {
    var version = 2
    var schema: [SchemaElement] = []
    var rowCount = 0
    var rowGroups: [RowGroup] = []
    var keyValues: [(ByteString, ByteString)] = []
    var createdBy: ByteString?
    /// True for a file whose columns are encrypted under a plain footer.
    var isEncrypted = false
}

extension FileMetadata {
    init(_ reader: inout CompactReader) throws(DecodeError) {
        var file = FileMetadata()
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: file.version = try reader.integer(field)
            case 2:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    file.schema.append(try SchemaElement(&reader))
                }
            case 3: file.rowCount = try reader.integer(field)
            case 4:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    file.rowGroups.append(try RowGroup(&reader))
                }
            case 5:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    file.keyValues.append(try Self.keyValue(&reader))
                }
            case 6: file.createdBy = try reader.binary(field)
            case 8:
                file.isEncrypted = true
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
        self = file
    }

    private static func keyValue(
        _ reader: inout CompactReader
    ) throws(DecodeError) -> (ByteString, ByteString) {
        var pair = (ByteString(), ByteString())
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: pair.0 = try reader.binary(field)
            case 2: pair.1 = try reader.binary(field)
            default: try reader.skip(field)
            }
        }
        return pair
    }

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.element { writer in
            writer.int32(1, version)
            writer.list(2, of: .structure, schema) { writer, element in element.write(&writer) }
            writer.int64(3, rowCount)
            writer.list(4, of: .structure, Array(rowGroups.enumerated())) { writer, group in
                group.element.write(&writer, ordinal: group.offset)
            }
            if !keyValues.isEmpty {
                writer.list(5, of: .structure, keyValues) { writer, pair in
                    writer.element {
                        $0.binary(1, pair.0)
                        $0.binary(2, pair.1)
                    }
                }
            }
            writer.binary(6, createdBy)
            // TYPE_ORDER for every leaf: min_value and max_value follow the order of the logical type.
            let leaves = schema.filter { $0.type != nil }
            writer.list(7, of: .structure, leaves) { writer, _ in
                writer.element { $0.structure(1) { _ in } }
            }
        }
        return writer.out.bytes
    }
}
