package import Bytes
import Compression

/// Reads a container file that lies in memory.
///
/// Every length is checked against what is left and every sync marker against the header's. A file cut inside
/// a block is an error; one cut exactly between two blocks is a valid, shorter file, so whoever knows how many
/// records there must be compares ``totalCount()`` or counts along. The reader is only valid as long as the
/// bytes are.
package struct AvroFileReader {
    package let schema: AvroSchema
    /// The schema's text as it stands in the file: equal texts can share a plan.
    package let schemaText: ByteString
    package let codec: AvroCodec
    /// The header's metadata, `avro.schema` and `avro.codec` among it.
    package let metadata: [(key: ByteString, value: ByteString)]
    package let syncMarker: [UInt8]

    private let bytes: UnsafeRawBufferPointer
    private let firstBlock: Int
    private let blockSizeLimit: Int
    private let recordsAreEmpty: Bool

    /// Reads the header.
    ///
    /// - Parameter blockSizeLimit: the most bytes that one block may decompress to.
    package init(_ bytes: UnsafeRawBufferPointer, blockSizeLimit: Int = 256 << 20) throws(DecodeError) {
        let header = try AvroFileHeader(bytes)
        syncMarker = header.syncMarker
        guard let text = header.entry("avro.schema") else {
            throw DecodeError(.malformed, at: 4, "the header has no avro.schema")
        }
        schemaText = text.value
        do throws(DecodeError) { schema = try AvroSchema.parse(text.value.bytes) } catch {
            throw error.shifted(by: text.valueOffset)
        }
        codec = try Self.codec(header.entry("avro.codec"))
        metadata = header.entries.map { (key: $0.key, value: $0.value) }
        self.bytes = bytes
        self.blockSizeLimit = blockSizeLimit
        firstBlock = header.sizeBytes
        recordsAreEmpty = schema.isEmpty(schema.root)
    }

    /// Calls `body` with a reader over an array's bytes.
    package static func reading<R>(
        _ bytes: [UInt8], blockSizeLimit: Int = 256 << 20,
        _ body: (AvroFileReader) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        try bytes.withByteReader { (reader) throws(DecodeError) -> R in
            try body(AvroFileReader(try reader.slice(reader.count), blockSizeLimit: blockSizeLimit))
        }
    }

    private static func codec(_ entry: AvroFileHeader.Entry?) throws(DecodeError) -> AvroCodec {
        guard let entry else { return .null }
        do throws(DecodeError) { return try AvroCodec(name: entry.value) } catch {
            throw error.shifted(by: entry.valueOffset)
        }
    }

    /// One block as it stands in the file.
    package struct Block: Equatable, Sendable {
        /// The number of records.
        package let count: Int
        /// Where the block begins in the file.
        package let offset: Int
    }

    /// The number of records that the blocks announce; nothing is decompressed.
    package func totalCount() throws(DecodeError) -> Int {
        var decoder = AvroDecoder(bytes)
        try decoder.reader.seek(to: firstBlock)
        var total = 0
        while let (block, _) = try next(&decoder) {
            let sum = total.addingReportingOverflow(block.count)
            guard !sum.overflow else {
                throw DecodeError(.malformed, at: block.offset, "more records than can be counted")
            }
            total = sum.partialValue
        }
        return total
    }

    /// Calls `body` for each block with a decoder over its decompressed bytes, all of which it must read.
    ///
    /// Errors carry the file offset of the block; where in its content they arose is in the message.
    package func forEachBlock(
        _ body: (Block, inout AvroDecoder) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        var decoder = AvroDecoder(bytes)
        try decoder.reader.seek(to: firstBlock)
        let decompressor = Decompressor(codec.codec)
        var content: [UInt8] = []
        while let (block, stored) = try next(&decoder) {
            do throws(DecodeError) {
                if case .null = codec {
                    try read(block, stored, body)
                } else {
                    content.removeAll(keepingCapacity: true)
                    try decompress(stored, decompressor, into: &content)
                    try content.withByteReader { (reader) throws(DecodeError) in
                        try read(block, try reader.slice(reader.count), body)
                    }
                }
            } catch {
                throw DecodeError(
                    error.kind, at: block.offset, "\(error.message), byte \(error.offset) of a block")
            }
        }
    }

    private func read(
        _ block: Block, _ content: UnsafeRawBufferPointer,
        _ body: (Block, inout AvroDecoder) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        // A record takes a byte at least, unless all of its fields are null.
        guard block.count <= (recordsAreEmpty ? 1 << 24 : content.count) else {
            throw DecodeError(
                .malformed, at: 0, "\(block.count) records do not fit into \(content.count) bytes")
        }
        var decoder = AvroDecoder(content)
        try body(block, &decoder)
        guard decoder.isAtEnd else {
            throw DecodeError(.malformed, at: decoder.offset, "\(decoder.remaining) bytes are left")
        }
    }

    private func next(
        _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> (block: Block, stored: UnsafeRawBufferPointer)? {
        if decoder.isAtEnd { return nil }
        let start = decoder.offset
        let count = try decoder.long()
        guard count >= 0 else { throw DecodeError(.malformed, at: start, "a block of \(count) records") }
        let stored = try decoder.bytes()
        guard syncMarker.elementsEqual(try decoder.fixed(16)) else {
            throw DecodeError(.corrupt, at: decoder.offset - 16, "a sync marker is damaged")
        }
        return (Block(count: Int(count), offset: start), stored)
    }

    private func decompress(
        _ stored: UnsafeRawBufferPointer, _ decompressor: Decompressor, into content: inout [UInt8]
    ) throws(DecodeError) {
        guard case .snappy = codec else {
            return try decompressor.decompress(stored, limit: blockSizeLimit, into: &content)
        }
        // Avro appends the CRC-32 of the content, big-endian.
        guard stored.count >= 4 else {
            throw DecodeError(.truncated, at: 0, "a snappy block has no checksum")
        }
        let packed = UnsafeRawBufferPointer(rebasing: stored[..<(stored.count - 4)])
        try decompressor.decompress(packed, limit: blockSizeLimit, into: &content)
        let stated = UInt32(bigEndian: stored.loadUnaligned(fromByteOffset: packed.count, as: UInt32.self))
        guard CRC32.checksum(of: content) == stated else {
            throw DecodeError(.corrupt, at: packed.count, "the checksum of a snappy block differs")
        }
    }

    /// All records as values of `readerSchema`, or of the file's own schema.
    package func values(as readerSchema: AvroSchema? = nil) throws(DecodeError) -> [AvroValue] {
        let plan = try AvroPlan(writer: schema, reader: readerSchema ?? schema)
        var values: [AvroValue] = []
        try forEachBlock { (block, decoder) throws(DecodeError) in
            for _ in 0..<block.count { values.append(try plan.value(&decoder)) }
        }
        return values
    }
}
