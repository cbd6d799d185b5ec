extension DataPage {
    /// Finds levels and values in a page whose first `size` bytes are its decompressed body.
    init(
        _ header: PageHeader, _ column: FileColumn, page: UnsafeRawBufferPointer, size: Int
    ) throws(ParquetError) {
        rowsLeft = header.valueCount
        levels = .none
        values = .nothing
        end = size
        var offset = 0
        if header.kind == .dataV2 {
            guard header.repetitionLevelBytes == 0 else {
                throw ParquetError(.unsupported, "a page has repetition levels; only flat columns are read")
            }
            offset = header.definitionLevelBytes
            if column.isOptional {
                levels = .hybrid(HybridDecoder(bitWidth: 1, offset: 0, end: offset))
            }
        } else if column.isOptional {
            offset = try findLevels(header, page, size)
        }
        if offset == size { return }
        values = try Self.values(header.encoding, column, page, offset, size)
    }

    private mutating func findLevels(
        _ header: PageHeader, _ page: UnsafeRawBufferPointer, _ size: Int
    ) throws(ParquetError) -> Int {
        let tooLong = ParquetError(.malformed, "the levels of a page are longer than the page")
        switch header.definitionLevelEncoding {
        case .rle:
            guard size >= 4 else { throw tooLong }
            let length = Int(page.loadUnaligned(as: UInt32.self))
            guard length <= size - 4 else { throw tooLong }
            levels = .hybrid(HybridDecoder(bitWidth: 1, offset: 4, end: 4 + length))
            return 4 + length
        case .bitPacked:
            let length = (header.valueCount + 7) / 8
            guard length <= size else { throw tooLong }
            levels = .bitPacked(bit: 0)
            return length
        default:
            throw ParquetError(
                .unsupported, "definition levels are encoded as \(header.definitionLevelEncoding)")
        }
    }

    private static func values(
        _ encoding: PageEncoding, _ column: FileColumn, _ page: UnsafeRawBufferPointer, _ offset: Int,
        _ end: Int
    ) throws(ParquetError) -> Values {
        switch encoding {
        case .plain:
            return .plain(position: column.type == .boolean ? offset * 8 : offset)
        case .plainDictionary, .rleDictionary:
            let width = Int(page[offset])
            guard width <= 32 else {
                throw ParquetError(.malformed, "dictionary indices of \(width) bits")
            }
            return .dictionary(HybridDecoder(bitWidth: width, offset: offset + 1, end: end))
        case .rle where column.type == .boolean:
            guard end - offset >= 4 else { throw ParquetError(.malformed, "a page of booleans is too short") }
            let length = Int(page.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard length <= end - offset - 4 else {
                throw ParquetError(.malformed, "a page of booleans is too short")
            }
            return .runs(HybridDecoder(bitWidth: 1, offset: offset + 4, end: offset + 4 + length))
        case _ where PlainTranscoder.reads(encoding, column.type):
            return .transcoded(encoding, from: offset)
        default:
            throw ParquetError(.unsupported, "values encoded as \(encoding) are not read for \(column.type)")
        }
    }
}
