import Bytes
import Records
import Storage

/// A sorted run in scratch space: where its blocks lie, and the keys that it begins and ends with.
struct SpilledRun {
    let file: ScratchFile
    /// Offset and size of each block.
    let blocks: [(offset: UInt64, sizeBytes: Int)]
    let firstKey: ByteString
    let lastKey: ByteString

    /// Rows that make blocks of about half a megabyte: small enough for many runs at once, large enough for
    /// the disk.
    static func blockRows(rowCount: Int, sizeBytes: Int) -> Int {
        let average = max(sizeBytes / max(rowCount, 1), 1)
        return min(max((512 << 10) / average, 16), 8_192)
    }

    /// Writes a run block by block.
    final class Writer {
        private let file: ScratchFile
        private var blocks: [(offset: UInt64, sizeBytes: Int)] = []
        private var firstKey = ByteString()
        private var lastKey = ByteString()
        private var buffer = ByteWriter()

        init(_ scratch: Scratch) throws(StorageError) { file = try scratch.makeFile() }

        /// - Precondition: there is a row, and the keys are not below those before.
        func append(_ batch: ColumnBatch, keys: NormalizedKeys) throws(StorageError) {
            buffer.removeAll()
            SpillBlock.encode(batch, keys: keys, into: &buffer)
            let bytes = buffer.bytes
            let result = bytes.withUnsafeBytes { source -> Result<UInt64, StorageError> in
                do throws(StorageError) { return .success(try file.append(source)) } catch {
                    return .failure(error)
                }
            }
            if blocks.isEmpty { firstKey = keys[0] }
            lastKey = keys[keys.count - 1]
            blocks.append((try result.get(), bytes.count))
        }

        func finish() -> SpilledRun {
            SpilledRun(file: file, blocks: blocks, firstKey: firstKey, lastKey: lastKey)
        }
    }

    /// Reads a run as an input of a merge.
    final class Source: BlockSource {
        private let run: SpilledRun
        private let columns: [TableSchema.Column]
        private let sharedCount: Int
        private var next = 0

        init(_ run: SpilledRun, _ columns: [TableSchema.Column], sharedCount: Int) {
            self.run = run
            self.columns = columns
            self.sharedCount = sharedCount
        }

        func nextBlock() throws -> MergeBlock? {
            guard next < run.blocks.count else { return nil }
            let (offset, size) = run.blocks[next]
            next += 1
            let bytes = try run.file.read(at: offset, count: size)
            guard bytes.count == size else {
                throw MergeError(
                    .storage, "scratch space has lost \(size - bytes.count) bytes of a sorted run")
            }
            let (batch, keys) = try bytes.withByteReader { (reader) throws(DecodeError) in
                try SpillBlock.decode(&reader, schema: columns)
            }
            return MergeBlock(
                batch: batch, keys: KeyBlock(keys, sharedCount: sharedCount), isStrictlyAscending: false)
        }
    }
}
