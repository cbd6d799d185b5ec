import Bytes

/// A place in the file.
package struct FileSpan: Equatable, Sendable {
    package var offset: Int
    package var size: Int
}

/// One column of one row group, as the footer describes it.
package struct ColumnChunk: Sendable {
    var type = PhysicalType.int32
    package var encodings: [PageEncoding] = []
    var path: [ByteString] = []
    package var codec = PageCodec.uncompressed
    /// Rows, nulls included.
    package var valueCount = 0
    /// Bytes of all pages with their headers, before compression.
    package var uncompressedSize = 0
    /// Bytes of all pages with their headers, as they lie in the file.
    package var compressedSize = 0
    var dataPageOffset = 0
    var dictionaryPageOffset: Int?
    var stored = StoredStatistics()
    var encodingCounts: [EncodingCount] = []
    package var columnIndex: FileSpan?
    package var offsetIndex: FileSpan?
    var filePath: ByteString?
    var isEncrypted = false

    /// How many pages of a kind have an encoding.
    struct EncodingCount {
        var pageType: Int
        var encoding: PageEncoding
        var count: Int
    }

    /// Where the chunk's pages lie.
    package var span: FileSpan {
        var start = dataPageOffset
        // Some writers state 0 for "no dictionary page".
        if let dictionaryPageOffset, dictionaryPageOffset > 0 { start = min(start, dictionaryPageOffset) }
        return FileSpan(offset: start, size: compressedSize)
    }
}

extension ColumnChunk {
    init(_ reader: inout CompactReader) throws(DecodeError) {
        var chunk = ColumnChunk()
        var hasMetadata = false
        var offsets = (offsetIndex: (-1, -1), columnIndex: (-1, -1))
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: chunk.filePath = try reader.binary(field)
            case 3:
                hasMetadata = true
                try chunk.readMetadata(&reader, field)
            case 4: offsets.offsetIndex.0 = try reader.integer(field)
            case 5: offsets.offsetIndex.1 = try reader.integer(field)
            case 6: offsets.columnIndex.0 = try reader.integer(field)
            case 7: offsets.columnIndex.1 = try reader.integer(field)
            case 8, 9:
                chunk.isEncrypted = true
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
        guard hasMetadata || chunk.isEncrypted else {
            throw DecodeError(.malformed, at: reader.bytes.offset, "a column chunk has no metadata")
        }
        if offsets.offsetIndex.0 >= 0, offsets.offsetIndex.1 > 0 {
            chunk.offsetIndex = FileSpan(offset: offsets.offsetIndex.0, size: offsets.offsetIndex.1)
        }
        if offsets.columnIndex.0 >= 0, offsets.columnIndex.1 > 0 {
            chunk.columnIndex = FileSpan(offset: offsets.columnIndex.0, size: offsets.columnIndex.1)
        }
        self = chunk
    }

    private mutating func readMetadata(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) {
        var chunk = self
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1:
                guard let type = PhysicalType(rawValue: try reader.integer(field)) else {
                    throw DecodeError(.unsupported, at: reader.bytes.offset, "an unknown physical type")
                }
                chunk.type = type
            case 2:
                try reader.list(field) { (reader, item) throws(DecodeError) in
                    chunk.encodings.append(PageEncoding(rawValue: try reader.integer(item)))
                }
            case 3:
                try reader.list(field) { (reader, item) throws(DecodeError) in
                    chunk.path.append(try reader.binary(item))
                }
            case 4: chunk.codec = PageCodec(rawValue: try reader.integer(field))
            case 5: chunk.valueCount = try reader.integer(field)
            case 6: chunk.uncompressedSize = try reader.integer(field)
            case 7: chunk.compressedSize = try reader.integer(field)
            case 9: chunk.dataPageOffset = try reader.integer(field)
            case 11: chunk.dictionaryPageOffset = try reader.integer(field)
            case 12: chunk.stored = try StoredStatistics(&reader, field)
            case 13: try chunk.readEncodingCounts(&reader, field)
            default: try reader.skip(field)
            }
        }
        self = chunk
    }

    private mutating func readEncodingCounts(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) {
        var counts: [EncodingCount] = []
        try reader.list(field) { (reader, _) throws(DecodeError) in
            var count = EncodingCount(pageType: 0, encoding: .plain, count: 0)
            try reader.structure { (reader, field) throws(DecodeError) in
                switch field.id {
                case 1: count.pageType = try reader.integer(field)
                case 2: count.encoding = PageEncoding(rawValue: try reader.integer(field))
                case 3: count.count = try reader.integer(field)
                default: try reader.skip(field)
                }
            }
            counts.append(count)
        }
        encodingCounts = counts
    }

    func write(_ writer: inout CompactWriter) {
        writer.element { writer in
            // The metadata is in the footer only, so there is no other place to point to.
            writer.int64(2, 0)
            writer.structure(3) { writeMetadata(&$0) }
            writer.int64(4, offsetIndex?.offset)
            writer.int32(5, offsetIndex?.size)
            writer.int64(6, columnIndex?.offset)
            writer.int32(7, columnIndex?.size)
        }
    }

    private func writeMetadata(_ writer: inout CompactWriter) {
        writer.int32(1, type.rawValue)
        writer.list(2, of: .int32, encodings) { $0.element($1.rawValue) }
        writer.list(3, of: .binary, path) { $0.element($1) }
        writer.int32(4, codec.rawValue)
        writer.int64(5, valueCount)
        writer.int64(6, uncompressedSize)
        writer.int64(7, compressedSize)
        writer.int64(9, dataPageOffset)
        writer.int64(11, dictionaryPageOffset)
        writer.structure(12) { stored.write(&$0) }
        writer.list(13, of: .structure, encodingCounts) { writer, count in
            writer.element {
                $0.int32(1, count.pageType)
                $0.int32(2, count.encoding.rawValue)
                $0.int32(3, count.count)
            }
        }
    }
}
