import Avro
import Bytes
import Compression

/// The checksum of a whole `_manifest.avro`, schema and codec included, as an entry of its own header.
///
/// Nothing else names the file, so it vouches for itself: `firn.crc32` is the last entry of the metadata, eight
/// hexadecimal digits, the CRC-32 of all bytes of the file with these digits read as zeros. Other readers of Avro
/// pass it over. A state without it (another program's, or an older one of ours) is held to its counts alone.
enum StateSeal {
    static let key: ByteString = "firn.crc32"
    /// What stands in the digits' place until they are known.
    static let blank: ByteString = "00000000"

    /// Puts the checksum of a finished file, whose header was begun with ``blank``, into its place.
    static func seal(_ bytes: inout [UInt8]) {
        guard let place = try? place(in: bytes) else { preconditionFailure("a state without a seal's place") }
        bytes.replaceSubrange(place, with: digits(bytes, place))
    }

    /// Whether the file is sealed; throws where it is, and not as it was written.
    @discardableResult
    static func check(_ bytes: [UInt8]) throws(DecodeError) -> Bool {
        guard let place = try place(in: bytes) else { return false }
        guard bytes[place].elementsEqual(digits(bytes, place)) else {
            throw DecodeError(
                .corrupt, at: place.lowerBound,
                "the \(bytes.count) bytes of the file do not have the checksum that its header states")
        }
        return true
    }

    /// Where the digits stand; nil for a file without.
    private static func place(in bytes: [UInt8]) throws(DecodeError) -> Range<Int>? {
        let entry = try bytes.withByteReader { (reader) throws(DecodeError) in
            try AvroFileHeader(try reader.slice(reader.count)).entry(key)
        }
        guard let entry else { return nil }
        guard entry.value.count == blank.count else {
            throw DecodeError(.malformed, at: entry.valueOffset, "\(key) is not \(blank.count) digits")
        }
        return entry.valueOffset..<(entry.valueOffset + blank.count)
    }

    private static func digits(_ bytes: [UInt8], _ place: Range<Int>) -> [UInt8] {
        var crc = CRC32()
        bytes.withUnsafeBytes { buffer in
            crc.update(UnsafeRawBufferPointer(rebasing: buffer[..<place.lowerBound]))
        }
        crc.update(blank.bytes)
        bytes.withUnsafeBytes { buffer in
            crc.update(UnsafeRawBufferPointer(rebasing: buffer[place.upperBound...]))
        }
        return Array(Hex.string(UInt64(crc.value), width: 8).utf8)
    }
}
