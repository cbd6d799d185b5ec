package import Bytes
import Compression

/// Decompresses blocks of container files, keeping the library's working memory and its own buffer from block to
/// block and from file to file. Not for use by two threads at once.
package final class AvroBlockDecompressor {
    private var decompressor: Decompressor?
    private var content: [UInt8] = []

    package init() {}

    /// Appends the content of a block as it is stored.
    ///
    /// - Parameter limit: the most bytes that it may have.
    package func decompress(
        _ stored: UnsafeRawBufferPointer, _ codec: AvroCodec,
        limit: Int = AvroFileReader.defaultBlockSizeLimit,
        into content: inout [UInt8]
    ) throws(DecodeError) {
        let decompressor = decompressor(for: codec)
        guard case .snappy = codec else {
            return try decompressor.decompress(stored, limit: limit, into: &content)
        }
        // Avro appends the CRC-32 of the content, big-endian.
        guard stored.count >= 4 else {
            throw DecodeError(.truncated, at: 0, "a snappy block has no checksum")
        }
        let packed = UnsafeRawBufferPointer(rebasing: stored[..<(stored.count - 4)])
        let start = content.count
        try decompressor.decompress(packed, limit: limit, into: &content)
        let stated = UInt32(bigEndian: stored.loadUnaligned(fromByteOffset: packed.count, as: UInt32.self))
        let found = content.withUnsafeBytes {
            CRC32.checksum(of: UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        guard found == stated else {
            throw DecodeError(.corrupt, at: packed.count, "the checksum of a snappy block differs")
        }
    }

    /// Calls `body` with the content of a block as it is stored.
    func withContent(
        of stored: UnsafeRawBufferPointer, _ codec: AvroCodec, limit: Int,
        _ body: (UnsafeRawBufferPointer) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        if case .null = codec { return try body(stored) }
        // Out of the object, so that the buffer is not copied when it is written to.
        var content: [UInt8] = []
        swap(&content, &self.content)
        defer { swap(&content, &self.content) }
        content.removeAll(keepingCapacity: true)
        try decompress(stored, codec, limit: limit, into: &content)
        try content.withByteReader { (reader) throws(DecodeError) in try body(try reader.slice(reader.count))
        }
    }

    private func decompressor(for codec: AvroCodec) -> Decompressor {
        if let decompressor, decompressor.codec == codec.codec { return decompressor }
        let made = Decompressor(codec.codec)
        decompressor = made
        return made
    }
}
