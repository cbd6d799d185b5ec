/// How values lie in a page.
package enum PhysicalType: Int, Sendable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLengthByteArray = 7
}

/// The number of an encoding as files state it; unknown numbers travel until a page needs them.
package struct PageEncoding: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let plain = PageEncoding(rawValue: 0)
    package static let plainDictionary = PageEncoding(rawValue: 2)
    package static let rle = PageEncoding(rawValue: 3)
    package static let bitPacked = PageEncoding(rawValue: 4)
    package static let deltaBinaryPacked = PageEncoding(rawValue: 5)
    package static let deltaLengthByteArray = PageEncoding(rawValue: 6)
    package static let deltaByteArray = PageEncoding(rawValue: 7)
    package static let rleDictionary = PageEncoding(rawValue: 8)
    package static let byteStreamSplit = PageEncoding(rawValue: 9)

    package var description: String {
        let names = [
            "PLAIN", "GROUP_VAR_INT", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED",
            "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
        ]
        return names.indices.contains(rawValue) ? names[rawValue] : "encoding \(rawValue)"
    }
}
