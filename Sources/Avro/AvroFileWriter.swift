package import Bytes
import Compression

/// Writes a container file, block by block.
///
/// What is complete collects in the writer until ``drain(_:)`` hands it on, so a file of any length is
/// written in the memory of a block or two.
///
/// The blocks of one file may also be written in several parts at the same time, all with its sync marker: the first
/// part has the head, the others continue it and are put behind.
package struct AvroFileWriter: ~Copyable {
    /// A finished block: how many records it has, and where its content stands in the writer's bytes.
    package struct Block: Hashable, Sendable {
        package var recordCount: Int
        package var stored: Range<Int>
    }

    private let compressor: Compressor
    private let codec: AvroCodec
    private let syncMarker: [UInt8]
    private let blockSize: Int
    private var block: AvroEncoder
    private var countInBlock = 0
    private var output = ByteWriter()
    private var packed: [UInt8] = []
    /// The number of records so far.
    package private(set) var recordCount = 0
    private var drainedBytes = 0
    /// The finished blocks, in their order.
    package private(set) var blocks: [Block] = []

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - metadata: further entries of the header; keys that begin with `avro.` are the format's own.
    ///   - syncMarker: 16 random bytes.
    ///   - isContinued: whether this is not the first part of the file, so that it has no head.
    ///   - blockSize: after so many bytes of records a block is closed.
    package init(
        schema: AvroSchema,
        codec: AvroCodec = .zstandard(),
        metadata: [(key: ByteString, value: ByteString)] = [],
        syncMarker: [UInt8],
        isContinued: Bool = false,
        blockSize: Int = 128 << 10
    ) {
        precondition(syncMarker.count == 16, "a sync marker has 16 bytes")
        precondition(!metadata.contains { $0.key.hasPrefix("avro.") }, "avro. is reserved")
        self.codec = codec
        self.syncMarker = syncMarker
        self.blockSize = blockSize
        compressor = Compressor(codec.codec)
        block = AvroEncoder(capacity: blockSize + 4096)
        if isContinued { return }
        var header = AvroEncoder()
        header.fixed(AvroFileHeader.magic)
        let own: [(key: ByteString, value: ByteString)] = [
            ("avro.schema", ByteString(schema.jsonText)), ("avro.codec", codec.name),
        ]
        header.map(own + metadata)
        header.fixed(syncMarker)
        output = header.writer
    }

    /// The bytes of the file so far, without those of an open block.
    package var writtenBytes: Int { drainedBytes + output.count }

    /// Bytes that ``drain(_:)`` would hand on.
    package var pendingBytes: Int { output.count }

    /// Appends one record, which `body` encodes whole.
    package mutating func append<E: Error>(_ body: (inout AvroEncoder) throws(E) -> Void) throws(E) {
        let start = block.count
        do throws(E) {
            try body(&block)
        } catch {
            block.writer.bytes.removeLast(block.count - start)
            throw error
        }
        takeRecord()
    }

    /// Appends one record that is encoded already, by the file's schema.
    ///
    /// - Parameter keepsBlock: whether the block stays open, however large it is by now.
    package mutating func append(encoded record: UnsafeRawBufferPointer, keepsBlock: Bool = false) {
        block.writer.append(record)
        takeRecord(keepsBlock: keepsBlock)
    }

    private mutating func takeRecord(keepsBlock: Bool = false) {
        countInBlock += 1
        recordCount += 1
        if block.count >= blockSize, !keepsBlock { closeBlock() }
    }

    /// Whether the open block is empty, or large enough to be closed before it is full.
    package var isAtBlockEnd: Bool { countInBlock == 0 || block.count * 2 >= blockSize }

    /// Closes the open block and appends one of another file of this schema and codec, as it stands there.
    package mutating func append(stored content: UnsafeRawBufferPointer, recordCount: Int) {
        closeBlock()
        self.recordCount += recordCount
        put(content, recordCount: recordCount)
    }

    /// Closes the block, if it has records.
    package mutating func closeBlock() {
        guard countInBlock > 0 else { return }
        packed.removeAll(keepingCapacity: true)
        compressor.compress(block.bytes, into: &packed)
        if case .snappy = codec {
            packed.append(
                contentsOf: withUnsafeBytes(of: CRC32.checksum(of: block.bytes).bigEndian, Array.init))
        }
        packed.withUnsafeBytes { put($0, recordCount: countInBlock) }
        block.writer.removeAll()
        countInBlock = 0
    }

    private mutating func put(_ content: UnsafeRawBufferPointer, recordCount: Int) {
        output.zigzag(Int64(recordCount))
        output.zigzag(Int64(content.count))
        let start = drainedBytes + output.count
        blocks.append(Block(recordCount: recordCount, stored: start..<(start + content.count)))
        output.append(content)
        output.append(syncMarker)
    }

    /// Hands the finished bytes to `sink` and forgets them.
    package mutating func drain<E: Error>(_ sink: ([UInt8]) throws(E) -> Void) throws(E) {
        guard output.count > 0 else { return }
        try sink(output.bytes)
        drainedBytes += output.count
        output.removeAll()
    }

    /// Closes the last block; returns the bytes that have not been drained.
    package consuming func finish() -> [UInt8] {
        closeBlock()
        return output.bytes
    }
}
