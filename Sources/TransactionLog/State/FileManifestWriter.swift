import Avro
import Bytes
import Metadata

/// Writes a manifest of files, entry by entry.
///
/// In memory are the block that is open, as encoded records, and the finished blocks, compressed, until
/// ``drain(_:)`` takes them.
struct FileManifestWriter: ~Copyable {
    private let wire: FileEntryAvro
    private var file: AvroFileWriter

    /// - Parameters:
    ///   - syncMarker: 16 random bytes.
    ///   - isOrdered: the entries come in ``PartitionOrder``; the header says so, and whoever looks for some
    ///     partitions need not read all blocks.
    ///   - isContinued: whether this is a part that is put behind others of the same manifest: it has no header.
    init(
        partitionColumns: [ByteString], codec: AvroCodec, syncMarker: [UInt8], isOrdered: Bool = false,
        isContinued: Bool = false
    ) {
        wire = FileEntryAvro(partitionColumns: partitionColumns)
        file = AvroFileWriter(
            schema: ParsedSchemas.fileEntry, codec: codec,
            metadata: isOrdered ? [PartitionSelection.orderEntry] : [], syncMarker: syncMarker,
            isContinued: isContinued)
    }

    var count: Int { file.recordCount }

    /// The bytes of the manifest so far, without those of the open block.
    var writtenBytes: Int { file.writtenBytes }

    /// Compressed bytes that ``drain(_:)`` would hand on.
    var pendingBytes: Int { file.pendingBytes }

    mutating func append(_ entry: FileEntry) {
        let wire = wire
        file.append { wire.write(entry, to: &$0) }
    }

    /// Appends the record of a file as it stands in another manifest of ours.
    mutating func append(encoded record: UnsafeRawBufferPointer, keepsBlock: Bool = false) {
        file.append(encoded: record, keepsBlock: keepsBlock)
    }

    /// Whether a block could be put here without leaving a small one before it.
    var isAtBlockEnd: Bool { file.isAtBlockEnd }

    /// Appends a block of another manifest of ours, of the same codec, as it stands there.
    mutating func append(stored content: UnsafeRawBufferPointer, recordCount: Int) {
        file.append(stored: content, recordCount: recordCount)
    }

    mutating func closeBlock() { file.closeBlock() }

    mutating func drain<E: Error>(_ sink: ([UInt8]) throws(E) -> Void) throws(E) { try file.drain(sink) }

    /// Closes the last block; the bytes are those that were not drained.
    consuming func finish() -> ManifestFile {
        file.closeBlock()
        let (count, blocks) = (file.recordCount, file.blocks)
        return ManifestFile(kind: .files, entryCount: count, bytes: file.finish(), blocks: blocks)
    }
}
