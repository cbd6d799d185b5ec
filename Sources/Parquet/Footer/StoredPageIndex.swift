import Bytes

/// The two index structures of a column chunk, as the file holds them.
struct StoredColumnIndex {
    /// How the pages' minima and maxima follow one another.
    enum BoundaryOrder: Int {
        case unordered = 0
        case ascending = 1
        case descending = 2
    }

    var nullPages: [Bool] = []
    var minima: [ByteString] = []
    var maxima: [ByteString] = []
    var boundaryOrder = BoundaryOrder.unordered
    var nullCounts: [Int] = []

    init() {}

    init(_ reader: inout CompactReader) throws(DecodeError) {
        var index = StoredColumnIndex()
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    index.nullPages.append(try reader.booleanElement())
                }
            case 2:
                try reader.list(field) { (reader, item) throws(DecodeError) in
                    index.minima.append(try reader.binary(item))
                }
            case 3:
                try reader.list(field) { (reader, item) throws(DecodeError) in
                    index.maxima.append(try reader.binary(item))
                }
            case 4: index.boundaryOrder = BoundaryOrder(rawValue: try reader.integer(field)) ?? .unordered
            case 5:
                try reader.list(field) { (reader, item) throws(DecodeError) in
                    index.nullCounts.append(try reader.integer(item))
                }
            default: try reader.skip(field)
            }
        }
        self = index
    }

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.element { writer in
            writer.list(1, of: .yes, nullPages) { $0.element($1) }
            writer.list(2, of: .binary, minima) { $0.element($1) }
            writer.list(3, of: .binary, maxima) { $0.element($1) }
            writer.int32(4, boundaryOrder.rawValue)
            writer.list(5, of: .int64, nullCounts) { $0.element($1) }
        }
        return writer.out.bytes
    }
}

/// Where the pages of a chunk lie and which row each begins with.
struct StoredOffsetIndex {
    struct Page {
        var offset = 0
        /// Header included.
        var size = 0
        /// Counted from the start of the row group.
        var firstRow = 0
    }

    var pages: [Page] = []

    init() {}

    init(decoding bytes: [UInt8]) throws(ParquetError) {
        self = try decoding { () throws(DecodeError) in
            try bytes.withByteReader { (reader) throws(DecodeError) in
                var compact = CompactReader(reader)
                return try StoredOffsetIndex(&compact)
            }
        }
    }

    init(_ reader: inout CompactReader) throws(DecodeError) {
        var index = StoredOffsetIndex()
        try reader.structure { (reader, field) throws(DecodeError) in
            guard field.id == 1 else { return try reader.skip(field) }
            try reader.list(field) { (reader, _) throws(DecodeError) in
                var page = Page()
                try reader.structure { (reader, field) throws(DecodeError) in
                    switch field.id {
                    case 1: page.offset = try reader.integer(field)
                    case 2: page.size = try reader.integer(field)
                    case 3: page.firstRow = try reader.integer(field)
                    default: try reader.skip(field)
                    }
                }
                index.pages.append(page)
            }
        }
        self = index
    }

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.element { writer in
            writer.list(1, of: .structure, pages) { writer, page in
                writer.element {
                    $0.int64(1, page.offset)
                    $0.int32(2, page.size)
                    $0.int64(3, page.firstRow)
                }
            }
        }
        return writer.out.bytes
    }
}
