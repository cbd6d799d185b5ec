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

    private static let parquet: StaticString = ".parquet"

    /// The number in the name, or nil where the name is not one of ours.
    ///
    /// Only lower-case digits count, so that the id gives back the very bytes of the name.
    static func named(at path: UnsafeRawBufferPointer) -> UInt64? {
        let start = path.count - suffixLength
        guard start >= 0, path[start] == UInt8(ascii: "-") else { return nil }
        let isParquet = parquet.withUTF8Buffer { ending in
            compareBytes(
                UnsafeRawBufferPointer(rebasing: path[(path.count - 8)...]), UnsafeRawBufferPointer(ending))
                == 0
        }
        guard isParquet else { return nil }
        var value: UInt64 = 0
        for index in (start + 1)..<(start + 17) {
            let byte = path[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value >> 63 == 0 && value != 0 ? value : nil
    }

    /// 64-bit FNV-1a.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// The digits of the id, as they stand in a file's name.
    func appendDigits(to bytes: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: rawValue >> UInt64(shift) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
