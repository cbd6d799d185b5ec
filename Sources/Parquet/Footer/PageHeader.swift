import Bytes

/// What stands before each page.
struct PageHeader {
    enum Kind {
        case dictionary
        case dataV1
        case dataV2
        /// An index page or a kind that is newer than this code: passed over.
        case other
    }

    var kind = Kind.other
    var uncompressedSize = 0
    var compressedSize = 0
    var crc: UInt32?
    var valueCount = 0
    var encoding = PageEncoding.plain
    var definitionLevelEncoding = PageEncoding.rle
    /// V2 only: the levels lie uncompressed before the values.
    var definitionLevelBytes = 0
    var repetitionLevelBytes = 0
    var isCompressed = true
}

extension PageHeader {
    init(_ reader: inout CompactReader) throws(DecodeError) {
        var header = PageHeader()
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: header.kind = Self.kind(try reader.integer(field))
            case 2: header.uncompressedSize = try reader.integer(field)
            case 3: header.compressedSize = try reader.integer(field)
            case 4: header.crc = UInt32(truncatingIfNeeded: try reader.integer(field))
            case 5: try header.readDataPage(&reader, field)
            case 7: try header.readDictionaryPage(&reader, field)
            case 8: try header.readDataPageV2(&reader, field)
            default: try reader.skip(field)
            }
        }
        let sizes = [
            header.uncompressedSize, header.compressedSize, header.valueCount, header.definitionLevelBytes,
            header.repetitionLevelBytes,
        ]
        guard sizes.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }) else {
            throw DecodeError(.malformed, at: reader.bytes.offset, "a page states a size that no page has")
        }
        self = header
    }

    private static func kind(_ code: Int) -> Kind {
        switch code {
        case 0: .dataV1
        case 2: .dictionary
        case 3: .dataV2
        default: .other
        }
    }

    private mutating func readDataPage(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) {
        var header = self
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: header.valueCount = try reader.integer(field)
            case 2: header.encoding = PageEncoding(rawValue: try reader.integer(field))
            case 3: header.definitionLevelEncoding = PageEncoding(rawValue: try reader.integer(field))
            default: try reader.skip(field)
            }
        }
        self = header
    }

    private mutating func readDictionaryPage(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) {
        var header = self
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: header.valueCount = try reader.integer(field)
            case 2: header.encoding = PageEncoding(rawValue: try reader.integer(field))
            default: try reader.skip(field)
            }
        }
        self = header
    }

    private mutating func readDataPageV2(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) {
        var header = self
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: header.valueCount = try reader.integer(field)
            case 4: header.encoding = PageEncoding(rawValue: try reader.integer(field))
            case 5: header.definitionLevelBytes = try reader.integer(field)
            case 6: header.repetitionLevelBytes = try reader.integer(field)
            case 7: header.isCompressed = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        self = header
    }

    /// The header of a V1 data page or a dictionary page.
    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.element { writer in
            writer.int32(1, kind == .dictionary ? 2 : 0)
            writer.int32(2, uncompressedSize)
            writer.int32(3, compressedSize)
            writer.int32(4, crc.map { Int(Int32(bitPattern: $0)) })
            writer.structure(kind == .dictionary ? 7 : 5) { writer in
                writer.int32(1, valueCount)
                writer.int32(2, encoding.rawValue)
                guard kind != .dictionary else { return }
                writer.int32(3, PageEncoding.rle.rawValue)
                writer.int32(4, PageEncoding.rle.rawValue)
            }
        }
        return writer.out.bytes
    }
}
