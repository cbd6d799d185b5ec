import Bytes
import Records

/// Turns the rarer encodings into PLAIN, so that there is one way on from there.
enum PlainTranscoder {
    /// No page may hold more than this in its PLAIN form.
    private static let largest = 256 << 20

    /// True for an encoding that is read by way of PLAIN for values of `type`.
    static func reads(_ encoding: PageEncoding, _ type: PhysicalType) -> Bool {
        switch encoding {
        case .deltaBinaryPacked: type == .int32 || type == .int64
        case .deltaLengthByteArray: type == .byteArray
        case .deltaByteArray: type == .byteArray || type == .fixedLengthByteArray
        case .byteStreamSplit: type != .boolean && type != .byteArray && type != .int96
        default: false
        }
    }

    /// The PLAIN form of values that lie in `page` from `offset` to `end`; `rows` bounds their number.
    static func plain(
        _ encoding: PageEncoding, _ column: FileColumn, _ page: UnsafeRawBufferPointer,
        from offset: Int, to end: Int, rows: Int
    ) throws(DecodeError) -> [UInt8] {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: page[offset..<end]))
        let limit = min(rows, largest / 8)
        switch encoding {
        case .deltaBinaryPacked:
            let numbers = try DeltaDecoder.decode(&reader, atMost: limit)
            return column.type == .int32 ? packed(numbers, Int32.self) : packed(numbers, Int64.self)
        case .deltaLengthByteArray:
            let lengths = try DeltaDecoder.decode(&reader, atMost: limit)
            return try strings(&reader, lengths)
        case .deltaByteArray:
            let prefixes = try DeltaDecoder.decode(&reader, atMost: limit)
            let suffixes = try DeltaDecoder.decode(&reader, atMost: limit)
            return try strings(&reader, prefixes, suffixes, withLengths: column.type == .byteArray)
        default:
            return split(page[offset..<end], width: PlainDecoder.storedWidth(column))
        }
    }

    private static func packed<T: FixedWidthInteger>(_ numbers: [Int64], _ type: T.Type) -> [UInt8] {
        var out = ByteWriter(capacity: numbers.count * MemoryLayout<T>.size)
        for number in numbers { out.integer(T(truncatingIfNeeded: number)) }
        return out.bytes
    }

    private static func strings(_ reader: inout ByteReader, _ lengths: [Int64]) throws(DecodeError) -> [UInt8]
    {
        var out = ByteWriter(capacity: reader.remaining + lengths.count * 4)
        for length in lengths {
            let bytes = try reader.slice(Int(length))
            out.integer(UInt32(bytes.count))
            out.append(bytes)
        }
        return out.bytes
    }

    /// Each string is the start of the one before it and a suffix of its own.
    private static func strings(
        _ reader: inout ByteReader, _ prefixes: [Int64], _ suffixes: [Int64], withLengths: Bool
    ) throws(DecodeError) -> [UInt8] {
        guard prefixes.count == suffixes.count else {
            throw DecodeError(.malformed, at: reader.offset, "the numbers of prefixes and suffixes differ")
        }
        var out = ByteWriter()
        var last = 0..<0
        for (prefix, suffix) in zip(prefixes, suffixes) {
            guard prefix >= 0, prefix <= last.count else {
                throw DecodeError(.malformed, at: reader.offset, "a prefix is longer than the string before")
            }
            let bytes = try reader.slice(Int(suffix))
            let length = Int(prefix) + bytes.count
            guard out.count + length + 4 <= largest else {
                throw DecodeError(
                    .limitExceeded, at: reader.offset, "a page holds more than \(largest) bytes")
            }
            if withLengths { out.integer(UInt32(length)) }
            let start = out.count
            out.bytes.append(contentsOf: out.bytes[last.lowerBound..<last.lowerBound + Int(prefix)])
            out.append(bytes)
            last = start..<out.count
        }
        return out.bytes
    }

    /// BYTE_STREAM_SPLIT: all first bytes, then all second bytes, and so on.
    private static func split(_ bytes: Slice<UnsafeRawBufferPointer>, width: Int) -> [UInt8] {
        let source = UnsafeRawBufferPointer(rebasing: bytes)
        let count = source.count / width
        return [UInt8](unsafeUninitializedCapacity: count * width) { target, initialized in
            for stream in 0..<width {
                for index in 0..<count { target[index * width + stream] = source[stream * count + index] }
            }
            initialized = count * width
        }
    }
}
