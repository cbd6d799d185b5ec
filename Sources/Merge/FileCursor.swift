import Bytes
import Metadata
import Parquet
import Platform
import Records

/// Some rows of a data file as an input of a merge: decoded, mapped to the wanted columns, clipped to a key
/// range, with the sequences of an upsert table filled in. Checks that the keys ascend.
final class FileCursor: BlockSource {
    private let input: OpenDataFile
    private let number: Int
    private let mapping: ColumnMapping
    private let reader: ParquetReader
    private let encoder: KeyEncoder
    private let clip: KeyRange
    private let shared: [UInt8]
    private let isUpsert: Bool
    private let monitor: MergeMonitor
    private let memoryBytes: Int
    private let pages: OpenPages
    private let lanes: Int
    private var heldBytes = 0
    private var pace: RowPace
    private var last: ByteString?
    private var isAtEnd = false

    /// So much of a column is read at once, however little memory there is.
    static let leastReadAhead = 8 << 10
    private static let mostReadAhead = 128 << 10

    /// - Parameters:
    ///   - number: the input's among those of the merge.
    ///   - shared: bytes with which all keys of the merge begin.
    ///   - memoryBytes: about what may be held of the input at once, beside its open pages.
    ///   - lanes: how many inputs share that memory.
    ///   - scratch: of the thread that uses the cursor.
    init(
        _ input: OpenDataFile, number: Int, rows: Range<Int>, clip: KeyRange, shared: [UInt8], isUpsert: Bool,
        memoryBytes: Int, lanes: Int, pages: OpenPages, scratch: ReadScratch, monitor: MergeMonitor
    ) throws(MergeError) {
        self.input = input
        self.number = number
        mapping = try ColumnMapping(of: input.file.columns, to: input.columns, path: input.entry.path)
        self.memoryBytes = memoryBytes
        self.lanes = lanes
        self.pages = pages
        let stored = mapping.fileColumns.reduce(0) { sum, column in
            input.file.rowGroups.reduce(sum) { $0 &+ $1.chunks[column].uncompressedSize }
        }
        pace = RowPace(
            budgetBytes: FileCursor.blockBytes(memoryBytes), rowBytes: stored / max(input.rowCount, 1))
        let readAhead = memoryBytes / 4 / max(mapping.fileColumns.count, 1)
        reader = ParquetReader(
            input.file, columns: mapping.fileColumns, rows: rows,
            options: ParquetReader.Options(
                batchRows: RowPace.mostRows, batchBytes: .max,
                readAhead: min(max(readAhead, Self.leastReadAhead), Self.mostReadAhead)),
            scratch: scratch)
        encoder = KeyEncoder(columns: input.keyColumns)
        self.clip = clip
        self.shared = shared
        self.isUpsert = isUpsert
        self.monitor = monitor
    }

    deinit { pages.changed(by: -heldBytes) }

    /// Two blocks may be alive at once, the one read and the one not yet gathered.
    private static func blockBytes(_ memoryBytes: Int) -> Int { memoryBytes / 8 * 3 }

    func nextBlock() throws -> MergeBlock? {
        while !isAtEnd {
            try monitor.cancellation.check()
            let read = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
                try reader.next(atMost: pace.rows)
            }
            let held = reader.heldBytes
            pages.changed(by: held - heldBytes)
            heldBytes = held
            pace.budgetBytes = FileCursor.blockBytes(pages.budget(memoryBytes, lanes: lanes))
            guard let read else { break }
            monitor.read(read.rowCount, of: number)
            if let block = try block(of: try mapping.map(read)) { return block }
        }
        isAtEnd = true
        return nil
    }

    private func block(of whole: ColumnBatch) throws(MergeError) -> MergeBlock? {
        var batch = whole
        var keys = encoder.encode(batch)
        // A key is held with its prefix and its place.
        pace.took(batch.rowCount, bytes: batch.byteCount + keys.bytes.count + 12 * batch.rowCount)
        if clip != .all {
            let start = clip.min.map { keys.lowerBound($0) } ?? 0
            let end = clip.max.map { keys.lowerBound($0) } ?? keys.count
            if end < keys.count { isAtEnd = true }
            guard start < end else { return nil }
            if end - start < keys.count {
                batch = batch.slice(start..<end)
                keys = keys.gather((start..<end).map { UInt32($0) })
            }
        }
        monitor.entered(batch.rowCount, of: number)
        let block = KeyBlock(keys, sharedCount: shared.count)
        let isStrict = try checkOrder(block)
        guard isUpsert else {
            return MergeBlock(
                batch: batch, keys: block, isStrictlyAscending: isStrict,
                sequences: SequenceColumn(count: batch.rowCount, repeating: input.entry.sequence),
                input: number)
        }
        let sequences = fillSequences(&batch)
        let deleted = fillDeleted(&batch)
        return MergeBlock(
            batch: batch, keys: block, isStrictlyAscending: isStrict, sequences: sequences,
            deleted: deleted, input: number)
    }

    /// Whether no two neighbours are equal; throws where a key is below the one before it.
    private func checkOrder(_ keys: KeyBlock) throws(MergeError) -> Bool {
        let path = input.entry.path
        if keys.firstRow(notSharing: shared) != nil {
            throw MergeError(.damaged, "a key lies outside the bounds of the file's entry", path: path)
        }
        let order = keys.order()
        if case .broken(let row) = order {
            throw MergeError(
                .order, "row \(reader.position - keys.rowCount + row) is below the row before it", path: path)
        }
        let first = ByteString(keys.copyKey(0))
        var isStrict = order == .strictlyAscending
        if let last {
            if first < last {
                throw MergeError(
                    .order, "row \(reader.position - keys.rowCount) is below the row before it", path: path)
            }
            isStrict = isStrict && first != last
        }
        last = ByteString(keys.copyKey(keys.rowCount - 1))
        return isStrict
    }

    /// Gives each row its sequence, in place of null the file's own.
    private func fillSequences(_ batch: inout ColumnBatch) -> SequenceColumn {
        let sequences = SequenceColumn(count: batch.rowCount, repeating: input.entry.sequence)
        guard let column = batch.index(of: SystemColumn.sequence.name) else { return sequences }
        let vector = batch.columns[column]
        if case .int64(let lane) = vector.values {
            for row in 0..<batch.rowCount where vector.validity.map({ $0[row] != 0 }) ?? true {
                sequences[row] = lane[row]
            }
        }
        let filled = Array(UnsafeBufferPointer(start: sequences.pointer, count: sequences.count))
        batch.columns[column] = ColumnVector(values: .int64(filled))
        return sequences
    }

    /// The delete marks, null counting as no mark; nil where there is none.
    private func fillDeleted(_ batch: inout ColumnBatch) -> [UInt8]? {
        guard let column = batch.index(of: SystemColumn.deleted.name) else { return nil }
        var marks = [UInt8](repeating: 0, count: batch.rowCount)
        let vector = batch.columns[column]
        if case .boolean(let lane) = vector.values {
            for row in 0..<batch.rowCount where vector.validity.map({ $0[row] != 0 }) ?? true {
                marks[row] = lane[row]
            }
        }
        batch.columns[column] = ColumnVector(values: .boolean(marks))
        return marks.contains(1) ? marks : nil
    }
}

/// Several inputs whose keys do not overlap, one after the other: the tree sees one.
final class ChainedSource: BlockSource {
    private var rest: ArraySlice<() throws -> any BlockSource>
    private var current: (any BlockSource)?

    init(_ parts: [() throws -> any BlockSource]) { rest = parts[...] }

    func nextBlock() throws -> MergeBlock? {
        while true {
            if let block = try current?.nextBlock() { return block }
            guard let open = rest.popFirst() else {
                current = nil
                return nil
            }
            current = try open()
        }
    }
}
