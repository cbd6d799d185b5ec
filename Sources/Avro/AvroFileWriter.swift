package import Bytes
import Compression

/// Writes a container file, block by block.
///
/// What is complete collects in the writer until ``drain(_:)`` hands it on, so a file of any length is
/// written in the memory of a block or two.
package struct AvroFileWriter: ~Copyable {
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

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - metadata: further entries of the header; keys that begin with `avro.` are the format's own.
    ///   - syncMarker: 16 random bytes.
    ///   - blockSize: after so many bytes of records a block is closed.
    package init(
        schema: AvroSchema,
        codec: AvroCodec = .zstandard(),
        metadata: [(key: ByteString, value: ByteString)] = [],
        syncMarker: [UInt8],
        blockSize: Int = 128 << 10
    ) {
        precondition(syncMarker.count == 16, "a sync marker has 16 bytes")
        precondition(!metadata.contains { $0.key.hasPrefix("avro.") }, "avro. is reserved")
        self.codec = codec
        self.syncMarker = syncMarker
        self.blockSize = blockSize
        compressor = Compressor(codec.codec)
        block = AvroEncoder(capacity: blockSize + 4096)
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
        countInBlock += 1
        recordCount += 1
        if block.count >= blockSize { closeBlock() }
    }

    /// Closes the block, if it has records.
    private mutating func closeBlock() {
        guard countInBlock > 0 else { return }
        packed.removeAll(keepingCapacity: true)
        compressor.compress(block.bytes, into: &packed)
        output.zigzag(Int64(countInBlock))
        if case .snappy = codec {
            output.zigzag(Int64(packed.count + 4))
            output.append(packed)
            output.bigEndian(CRC32.checksum(of: block.bytes))
        } else {
            output.zigzag(Int64(packed.count))
            output.append(packed)
        }
        output.append(syncMarker)
        block.writer.removeAll()
        countInBlock = 0
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
