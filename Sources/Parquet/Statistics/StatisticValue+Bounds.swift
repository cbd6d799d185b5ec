import Bytes
package import Records

extension StatisticValue {
    /// A value at or below this one, of at most about `longest` bytes, and whether it is this one.
    package func lowerBound(longest: Int, as type: ColumnType) -> (StatisticValue, isExact: Bool) {
        switch self {
        // Zeros of both signs are equal, so a lower bound of zero is the negative one.
        case .float(let value) where value == 0: return (.float(-0.0), true)
        case .double(let value) where value == 0: return (.double(-0.0), true)
        case .bytes(let value) where value.count > longest:
            let end = type == .string ? Self.characterStart(value.bytes, longest) : longest
            return (.bytes(ByteString(Array(value.bytes[..<end]))), false)
        default: return (self, true)
        }
    }

    /// A value at or above this one, of at most about `longest` bytes, and whether it is this one; nil where
    /// nothing that short is above it.
    package func upperBound(longest: Int, as type: ColumnType) -> (StatisticValue, isExact: Bool)? {
        switch self {
        case .float(let value) where value == 0: return (.float(0.0), true)
        case .double(let value) where value == 0: return (.double(0.0), true)
        case .bytes(let value) where value.count > longest:
            let raised =
                type == .string
                ? Self.nextText(value.bytes, longest) : Self.nextBytes(Array(value.bytes[..<longest]))
            return raised.map { (.bytes(ByteString($0)), false) }
        default: return (self, true)
        }
    }

    /// The last start of a character at or before `limit`.
    private static func characterStart(_ bytes: [UInt8], _ limit: Int) -> Int {
        var end = limit
        while end > 0, end > limit - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        // Not UTF-8: any cut is as good.
        return bytes[end] & 0xC0 == 0x80 ? limit : end
    }

    /// The least byte string above all that begin with `prefix`.
    private static func nextBytes(_ prefix: [UInt8]) -> [UInt8]? {
        var bytes = prefix
        while let last = bytes.last {
            if last < 0xFF {
                bytes[bytes.count - 1] = last + 1
                return bytes
            }
            bytes.removeLast()
        }
        return nil
    }

    /// Valid UTF-8 above every text that begins with the first `limit` bytes of `bytes`.
    private static func nextText(_ bytes: [UInt8], _ limit: Int) -> [UInt8]? {
        let prefix = Array(bytes[..<characterStart(bytes, limit)])
        guard let text = String(validating: prefix, as: UTF8.self) else { return nextBytes(prefix) }
        var scalars = Array(text.unicodeScalars)
        while let last = scalars.popLast() {
            // The surrogates between are no characters.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let raised = Unicode.Scalar(next) else { continue }
            var result = String.UnicodeScalarView(scalars)
            result.append(raised)
            return Array(String(result).utf8)
        }
        return nil
    }
}
