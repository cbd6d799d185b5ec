import Avro
import Bytes
import Metadata
import Platform
import Synchronization

/// Writes manifests of files: several at a time, each in parts, so that as many threads work as may.
///
/// A part is some neighbouring rows as finished blocks. Records that stand in a manifest already are copied as they
/// are; no entry is made of them. Whoever finishes the last part of a manifest gathers the columns of its segment
/// and puts it, and the parts are forgotten: what lies in memory beside the old segments and the new ones is a few
/// parts, and of each old manifest a block a thread.
struct ParallelManifestWriter: Sendable {
    /// A manifest in storage and what it lists, in memory.
    struct Written: Sendable {
        var segment: FileSegment
        var manifest: StoredManifest
    }

    /// Rows of a part: enough that its last block, which is smaller, costs little.
    private static let partRows = 12_500

    let writer: StateWriter
    let order: PartitionOrder
    /// All files to be written, in their order.
    let files: RootFiles
    private let cache = RecordBlockCache()

    init(_ writer: StateWriter, _ order: PartitionOrder, _ files: RootFiles) {
        self.writer = writer
        self.order = order
        self.files = files
    }

    /// One manifest on its way.
    private final class Build: Sendable {
        private struct State {
            var parts: [ManifestFile?]
            var missingCount: Int
            var written: Written?
        }

        let rows: Range<Int>
        let syncMarker: [UInt8]
        private let state: Mutex<State>

        init(_ rows: Range<Int>, syncMarker: [UInt8], partCount: Int) {
            self.rows = rows
            self.syncMarker = syncMarker
            state = Mutex(State(parts: Array(repeating: nil, count: partCount), missingCount: partCount))
        }

        /// Takes a part; gives all of them, in order, with the last.
        func put(_ part: ManifestFile, at number: Int) -> [ManifestFile]? {
            state.withLock { state in
                state.parts[number] = part
                state.missingCount -= 1
                guard state.missingCount == 0 else { return nil }
                defer { state.parts = [] }
                return state.parts.compactMap { $0 }
            }
        }

        var written: Written? {
            get { state.withLock { $0.written } }
            set { state.withLock { $0.written = newValue } }
        }
    }

    private struct Piece: Sendable {
        var build: Build
        var number: Int
        var rows: Range<Int>
    }

    /// What a thread keeps from one part to the next: where it stands in each of the old manifests, which it goes
    /// through from front to back as they are in the order of the new ones.
    private final class Workspace {
        var cursors: [FileRecordCursor]
        let records: [ManifestRecords?]

        init(_ segments: [FileSegment]) {
            cursors = Array(repeating: FileRecordCursor(), count: segments.count)
            records = segments.map { $0.records as? ManifestRecords }
        }
    }

    /// A manifest for each range of the files.
    func write(_ ranges: [Range<Int>], threads: Int) throws(LogError) -> [Written] {
        var pieces: [Piece] = []
        let builds = ranges.map { range in
            let parts = StateWriter.cuts(range.count, into: Self.partRows)
            let build = Build(range, syncMarker: writer.entropy.bytes(16), partCount: parts.count)
            for (number, part) in parts.enumerated() {
                let rows = (range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound)
                pieces.append(Piece(build: build, number: number, rows: rows))
            }
            return build
        }
        _ = try Parallel.map(
            pieces, threads: threads,
            workspace: { [self] in Workspace(files.segments) }
        ) { [self] (piece, workspace) throws(LogError) in
            let part = encode(piece, workspace)
            guard let parts = piece.build.put(part, at: piece.number) else { return }
            piece.build.written = try finish(piece.build, parts)
        }
        return builds.compactMap(\.written)
    }

    private func encode(_ piece: Piece, _ workspace: Workspace) -> ManifestFile {
        var part = FileManifestWriter(
            partitionColumns: order.columns, codec: writer.codec, syncMarker: piece.build.syncMarker,
            isOrdered: !order.columns.isEmpty, isContinued: piece.number > 0)
        var index = piece.rows.lowerBound
        while index < piece.rows.upperBound {
            if let rowCount = wholeBlock(at: index, before: piece.rows.upperBound, workspace) {
                take(rowCount, at: index, workspace, into: &part)
                index += rowCount
            } else {
                copy(index, workspace, into: &part)
                index += 1
            }
        }
        return part.finish()
    }

    /// The number of rows of the old block that stands at the index with all of its rows, in their order.
    private func wholeBlock(at index: Int, before end: Int, _ workspace: Workspace) -> Int? {
        let (number, row) = files.place(index)
        guard
            let count = workspace.records[number]?.rowCountOfBlock(beginningAt: row, codec: writer.codec),
            index + count <= end, files.isRun(index..<(index + count))
        else { return nil }
        return count
    }

    /// Puts an old block as it stands, compressed; where that would leave a small block before it, its records go
    /// into that one.
    private func take(
        _ rowCount: Int, at index: Int, _ workspace: Workspace, into part: inout FileManifestWriter
    ) {
        guard part.isAtBlockEnd else {
            for index in index..<(index + rowCount) { copy(index, workspace, into: &part, keepsBlock: true) }
            return part.closeBlock()
        }
        let (number, row) = files.place(index)
        workspace.records[number]?.withStoredBlock(beginningAt: row) {
            part.append(stored: $0, recordCount: rowCount)
        }
    }

    private func copy(
        _ index: Int, _ workspace: Workspace, into part: inout FileManifestWriter, keepsBlock: Bool = false
    ) {
        let (number, row) = files.place(index)
        let segment = files.segments[number]
        let isCopied: Void? = workspace.cursors[number].withRecord(of: row, in: segment) {
            part.append(encoded: $0, keepsBlock: keepsBlock)
        }
        if isCopied == nil { part.append(segment[row].entry) }
    }

    private func finish(_ build: Build, _ parts: [ManifestFile]) throws(LogError) -> Written {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.bytes.count })
        var places: [ManifestRecords.Place] = []
        var firstRow = 0
        for part in parts {
            for block in part.blocks {
                let stored = (bytes.count + block.stored.lowerBound)..<(bytes.count + block.stored.upperBound)
                places.append(
                    ManifestRecords.Place(firstRow: firstRow, rowCount: block.recordCount, stored: stored))
                firstRow += block.recordCount
            }
            bytes += part.bytes
        }
        var info = try writer.writeManifest(
            ManifestFile(kind: .files, entryCount: firstRow, bytes: bytes))
        let segment = gather(
            build.rows, ManifestRecords(bytes, writer.codec, places, cache: cache))
        let bounds = segment.bounds(order)
        info.partitionBounds = bounds.partition
        info.minAddedAtVersion = bounds.minVersion
        info.maxAddedAtVersion = bounds.maxVersion
        return Written(segment: segment, manifest: StoredManifest(info))
    }

    private func gather(_ rows: Range<Int>, _ records: ManifestRecords) -> FileSegment {
        var builder = FileSegment.Builder(partitionColumns: order.columns, capacity: rows.count)
        for index in rows {
            let (number, row) = files.place(index)
            builder.append(row, of: files.segments[number], withRecord: true)
        }
        return builder.finish(records: records)
    }
}
