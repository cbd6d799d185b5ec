package import Bytes

extension FileID {
    /// The id of the file at `path`: the 16 hex digits before `.parquet` at the end of its name, where it has
    /// them (`…-00c0ffee00c0ffee.parquet`), else the hash of the whole path.
    ///
    /// The hash is 64-bit FNV-1a over the path's bytes without its highest bit; 0 becomes 1, as no inode has
    /// the number 0.
    package init(path: ByteString) {
        self = path.bytes.withUnsafeBytes { FileID(path: $0) }
    }

    package init(path: UnsafeRawBufferPointer) {
        if let id = Self.named(at: path) {
            self.init(id)
        } else {
            self.init(max(1, Self.hash(path) & (UInt64(1) << 63 - 1)))
        }
    }

    /// `-`, 16 digits and `.parquet`: what a name of ours ends with.
    static let suffixLength = 25

    /// The bytes of `.parquet` as a little-endian number.
    private static let parquet: UInt64 = 0x7465_7571_7261_702E

    /// The number in the name, or nil where the name is not one of ours.
    ///
    /// Only lower-case digits count, so that the id gives back the very bytes of the name.
    static func named(at path: UnsafeRawBufferPointer) -> UInt64? {
        let start = path.count - suffixLength
        guard start >= 0, path[start] == UInt8(ascii: "-"), word(path, start + 17) == parquet,
            let high = hexadecimal(word(path, start + 1)), let low = hexadecimal(word(path, start + 9))
        else { return nil }
        let value = high << 32 | low
        return value >> 63 == 0 && value != 0 ? value : nil
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The value of eight lower-case digits, the first in the lowest byte; nil where one is none.
    private static func hexadecimal(_ text: UInt64) -> UInt64? {
        // All eight at once. Where no byte has its high bit, adding 0x80 - c sets it in those of at least c.
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        guard text & highBits == 0 else { return nil }
        let isDigit = (text &+ ones &* 0x50) & ~(text &+ ones &* 0x46)
        let isLetter = (text &+ ones &* 0x1F) & ~(text &+ ones &* 0x19) & highBits
        guard (isDigit | isLetter) & highBits == highBits else { return nil }
        var value = (text & (ones &* 0x0F) &+ (isLetter >> 7) &* 9).byteSwapped
        value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
        value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
        return (value | value >> 16) & 0xFFFF_FFFF
    }

    /// 64-bit FNV-1a.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// `-<digits>.parquet`, as the names of our files end.
    func appendNameEnding(to bytes: inout [UInt8]) {
        var ending = (
            Self.digits(UInt32(truncatingIfNeeded: rawValue >> 32)),
            Self.digits(UInt32(truncatingIfNeeded: rawValue)), Self.parquet.littleEndian
        )
        bytes.append(UInt8(ascii: "-"))
        withUnsafeBytes(of: &ending) { bytes.append(contentsOf: $0) }
    }

    /// Eight lower-case digits, the first in the lowest byte.
    private static func digits(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // 6 more reach 16 exactly where the digit is a letter, which stands 0x27 above where a figure would.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).byteSwapped.littleEndian
    }
}
