import Bytes
import Metadata
import Parquet
import Platform
import Records

/// What comes out of a merge, in order: gathered rows, or a row group that is passed on as it is.
enum MergeOutput {
    /// Rows of the merge, and how many were left out on the way to them.
    case rows(ColumnBatch, dropped: Int)
    case rowGroup(OpenDataFile, Int)
}

/// Runs the steps of a merge over its open inputs.
final class MergedBlocks {
    struct Options {
        var isUpsert: Bool
        /// Whether delete markers and the rows they delete are left out of the output.
        var dropsDeletes: Bool
        /// Whether row groups of a file may be passed through undecoded.
        var canPass: (ParquetFile) -> Bool = { _ in false }
        /// Memory for decoded blocks of all inputs together.
        var blockMemoryBytes = 48 << 20
        /// Row groups smaller than this are merged, so that rewriting also makes them larger.
        var smallestPassedBytes = 1 << 20
    }

    private let inputs: [OpenDataFile]
    private let ranges: [KeyRange]
    private let options: Options
    private let monitor: MergeMonitor
    private var steps: ArraySlice<MergePlan.Step>
    private var merger: SpanMerger?
    static let batchRows = 8_192

    /// - Parameter inputs: in the order of their sequences.
    init(_ inputs: [(file: OpenDataFile, range: KeyRange)], options: Options, monitor: MergeMonitor) throws {
        self.inputs = inputs.map(\.file)
        ranges = inputs.map(\.range)
        self.options = options
        self.monitor = monitor
        steps = []
        steps = try plan()[...]
    }

    func next() throws -> MergeOutput? {
        while true {
            try monitor.cancellation.check()
            if let merger {
                if let output = try rows(merger) { return output }
                self.merger = nil
            }
            guard let step = steps.popFirst() else { return nil }
            switch step {
            case .pass(let section):
                let input = inputs[section.input]
                monitor.entered(section.rows.count)
                monitor.consumed(section.rows.count, of: input)
                return .rowGroup(input, section.rowGroup)
            case .merge(let sections):
                merger = try open(sections)
            }
        }
    }

    private func rows(_ merger: SpanMerger) throws -> MergeOutput? {
        guard var spans = try merger.next(rowLimit: MergedBlocks.batchRows) else { return nil }
        var dropped = spans.supersededCount
        if options.isUpsert, options.dropsDeletes { dropped += spans.removeDeleted() }
        return .rows(spans.gather(), dropped: dropped)
    }

    private func plan() throws -> [MergePlan.Step] {
        var sections: [MergePlan.Section] = []
        for index in inputs.indices { sections += try self.sections(of: index) }
        guard let first = inputs.first, !first.keyColumns.isEmpty else {
            // Without a key the order is that of the sequences, and nothing overlaps.
            return sections.map { $0.isPassable ? .pass($0) : .merge([$0]) }
        }
        return MergePlan.steps(sections)
    }

    private func sections(of index: Int) throws -> [MergePlan.Section] {
        let input = inputs[index]
        let range = ranges[index]
        guard input.file.rowCount > 0 else { return [] }
        let rows = try input.rows(overlapping: range)
        let groups = input.file.rowGroups.indices.filter {
            !input.file.rowGroups[$0].rows.isEmpty && rows.overlaps(input.file.rowGroups[$0].rows)
        }
        let isPassable = !options.isUpsert && range == .all && options.canPass(input.file)
        guard isPassable || input.keyColumns.isEmpty else { return try whole(index, groups, range) }
        return try groups.map { group in
            let rows = input.file.rowGroups[group].rows
            let size = input.file.rowGroups[group].compressedSize
            return MergePlan.Section(
                input: index, rowGroup: group, rows: rows, min: try input.key(ofRow: rows.lowerBound),
                max: try input.key(ofRow: rows.upperBound - 1),
                isPassable: isPassable && size >= options.smallestPassedBytes)
        }
    }

    /// One section for all of an input that cannot be passed through.
    private func whole(
        _ index: Int, _ groups: [Int], _ range: KeyRange
    ) throws -> [MergePlan.Section] {
        let input = inputs[index]
        guard let first = groups.first, let last = groups.last, let bounds = try input.keyBounds() else {
            return []
        }
        let rows = input.file.rowGroups[first].rows.lowerBound..<input.file.rowGroups[last].rows.upperBound
        let min = max(range.min ?? bounds.min, bounds.min)
        let max = Swift.min(range.max ?? bounds.max, bounds.max)
        guard min <= max else { return [] }
        return [
            MergePlan.Section(
                input: index, rowGroup: first, rows: rows, min: min, max: max, isPassable: false)
        ]
    }

    private func open(_ sections: [MergePlan.Section]) throws -> SpanMerger {
        let lanes = MergePlan.lanes(sections)
        let bounds = sections.flatMap { [$0.min, $0.max] }
        let shared = KeyBlock.sharedPrefix(of: bounds)
        let budget = options.blockMemoryBytes / max(lanes.count, 1)
        let sources = lanes.map { lane in
            ChainedSource(
                joined(lane).map { section in
                    { [self] in try cursor(section, shared: shared, budget: budget) }
                })
        }
        return SpanMerger(sources, sharedCount: shared.count, keepsNewest: options.isUpsert)
    }

    /// Neighbouring row groups of one file as one stretch of rows.
    private func joined(_ lane: [MergePlan.Section]) -> [MergePlan.Section] {
        var result: [MergePlan.Section] = []
        for section in lane {
            if let last = result.last, last.input == section.input,
                last.rows.upperBound == section.rows.lowerBound
            {
                result[result.count - 1].rows = last.rows.lowerBound..<section.rows.upperBound
            } else {
                result.append(section)
            }
        }
        return result
    }

    private func cursor(
        _ section: MergePlan.Section, shared: [UInt8], budget: Int
    ) throws -> any BlockSource {
        try FileCursor(
            inputs[section.input], rows: section.rows, clip: ranges[section.input], shared: shared,
            isUpsert: options.isUpsert, memoryBytes: budget, monitor: monitor)
    }
}

extension OpenDataFile {
    /// Blocks and fetches that keep within a share of memory.
    func readerOptions(memoryBytes: Int, columns: Int) -> ParquetReader.Options {
        // Two blocks may be alive at once, the one read and the one not yet gathered.
        let rows = max(min(memoryBytes / 2 / averageRowBytes, MergedBlocks.batchRows), 16)
        let readAhead = max(min(memoryBytes / 2 / max(columns, 1), 128 << 10), 8 << 10)
        return ParquetReader.Options(batchRows: rows, batchBytes: 2 << 20, readAhead: readAhead)
    }

    /// Bytes of a decoded row, by the footer's sizes before compression and with room for its key.
    private var averageRowBytes: Int {
        let bytes = file.rowGroups.reduce(0) { $0 + $1.uncompressedSize }
        // Dictionaries make pages smaller than their values; a lane's width a column is the least.
        return max(bytes / max(file.rowCount, 1), 8 * columns.count) * 2 + 32
    }
}
