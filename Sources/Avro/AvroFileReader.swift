package import Bytes

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

    package static let defaultBlockSizeLimit = 256 << 20

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - blockSizeLimit: the most bytes that one block may decompress to.
    ///   - known: a schema that the file may have, and its text: where that is the same, it is not parsed again.
    package init(
        _ bytes: UnsafeRawBufferPointer, blockSizeLimit: Int = defaultBlockSizeLimit,
        known: (text: ByteString, schema: AvroSchema)? = nil
    ) throws(DecodeError) {
        let header = try AvroFileHeader(bytes)
        syncMarker = header.syncMarker
        guard let text = header.entry("avro.schema") else {
            throw DecodeError(.malformed, at: 4, "the header has no avro.schema")
        }
        schemaText = text.value
        if let known, known.text == text.value {
            schema = known.schema
        } else {
            do throws(DecodeError) { schema = try AvroSchema.parse(text.value.bytes) } catch {
                throw error.shifted(by: text.valueOffset)
            }
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
        _ bytes: [UInt8], blockSizeLimit: Int = defaultBlockSizeLimit,
        known: (text: ByteString, schema: AvroSchema)? = nil,
        _ body: (AvroFileReader) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        try bytes.withByteReader { (reader) throws(DecodeError) -> R in
            let all = try reader.slice(reader.count)
            return try body(AvroFileReader(all, blockSizeLimit: blockSizeLimit, known: known))
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
        /// Where its content stands in the file, compressed.
        package let stored: Range<Int>
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

    /// All blocks, as their frames announce them; nothing is decompressed.
    package func blocks() throws(DecodeError) -> [Block] {
        var decoder = AvroDecoder(bytes)
        try decoder.reader.seek(to: firstBlock)
        var blocks: [Block] = []
        while let (block, _) = try next(&decoder) { blocks.append(block) }
        return blocks
    }

    /// Calls `body` with a decoder over the content of one of ``blocks()``, of which it may leave some unread.
    package func withBlock(
        _ block: Block, using decompressor: AvroBlockDecompressor,
        _ body: (inout AvroDecoder) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        let stored = UnsafeRawBufferPointer(rebasing: bytes[block.stored])
        do throws(DecodeError) {
            try decompressor.withContent(of: stored, codec, limit: blockSizeLimit) {
                (content) throws(DecodeError) in
                var decoder = AvroDecoder(content)
                try body(&decoder)
            }
        } catch {
            throw DecodeError(
                error.kind, at: block.offset, "\(error.message), byte \(error.offset) of a block")
        }
    }

    /// Calls `body` for each block with a decoder over its decompressed bytes, all of which it must read.
    ///
    /// Errors carry the file offset of the block; where in its content they arose is in the message.
    ///
    /// - Parameter decompressor: the thread's own, where it reads many files.
    package func forEachBlock(
        using decompressor: AvroBlockDecompressor = AvroBlockDecompressor(),
        _ body: (Block, inout AvroDecoder) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        var decoder = AvroDecoder(bytes)
        try decoder.reader.seek(to: firstBlock)
        while let (block, stored) = try next(&decoder) {
            do throws(DecodeError) {
                try decompressor.withContent(of: stored, codec, limit: blockSizeLimit) {
                    (content) throws(DecodeError) in try read(block, content, body)
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
        let end = decoder.offset - 16
        let block = Block(count: Int(count), offset: start, stored: (end - stored.count)..<end)
        return (block, stored)
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
