import Compression

/// The number of a compression codec as files state it; unknown numbers travel until a page needs them.
package struct PageCodec: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let uncompressed = PageCodec(rawValue: 0)
    package static let snappy = PageCodec(rawValue: 1)
    package static let gzip = PageCodec(rawValue: 2)
    package static let zstd = PageCodec(rawValue: 6)

    package var description: String {
        let names = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]
        return names.indices.contains(rawValue) ? names[rawValue] : "codec \(rawValue)"
    }

    /// A decompressor for pages of this codec.
    func decompressor() throws(ParquetError) -> Decompressor {
        switch self {
        case .uncompressed: return Decompressor(.none)
        case .snappy: return Decompressor(.snappy)
        case .gzip: return Decompressor(.gzip())
        case .zstd: return Decompressor(.zstd())
        default:
            throw ParquetError(
                .unsupported,
                "pages are compressed with \(self); ZSTD, SNAPPY, GZIP and UNCOMPRESSED are read")
        }
    }
}
