package import Bytes

/// How a block of bytes is compressed.
package enum Codec: Hashable, Sendable {
    /// The bytes themselves.
    case none
    /// zstd frames; `checksum` adds zstd's own 32-bit content checksum to each.
    case zstd(level: Int = 1, checksum: Bool = true)
    /// Snappy's raw block format (no framing, no checksum).
    case snappy
    /// RFC 1952.
    case gzip(level: Int = 6)
    /// RFC 1950.
    case zlib(level: Int = 6)
    /// RFC 1951: no header, no checksum.
    case deflate(level: Int = 6)
}

extension Codec {
    /// Appends the compressed form of `input`; a writer of many blocks keeps a ``Compressor`` instead.
    package func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        Compressor(self).compress(input, into: &output)
    }

    /// Appends what `input` holds; a reader of many blocks keeps a ``Decompressor`` instead.
    ///
    /// - Parameters:
    ///   - expectedSize: the exact size where the format states it; anything else is `corrupt`.
    ///   - limit: the most bytes that may come out; more is `limitExceeded`.
    package func decompress(
        _ input: UnsafeRawBufferPointer,
        expectedSize: Int? = nil,
        limit: Int,
        into output: inout [UInt8]
    ) throws(DecodeError) {
        try Decompressor(self).decompress(input, expectedSize: expectedSize, limit: limit, into: &output)
    }
}
