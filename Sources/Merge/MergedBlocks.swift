import Bytes
import Metadata
import Parquet
import Platform
import Records

/// Runs the steps of a merge over its open inputs.
final class MergedBlocks {
    struct Options {
        var isUpsert: Bool
        /// Whether delete markers and the rows they delete are left out of the output.
        var dropsDeletes: Bool
        /// Rows below it are left out; of an upsert table only where delete markers are.
        var age: RowAge?
        /// Whether row groups of a file may be passed through undecoded.
        var canPass: (ParquetFile) -> Bool = { _ in false }
        /// Row groups smaller than this are merged, so that rewriting also makes them larger.
        var smallestPassedBytes = 1 << 20
        /// Memory for decoded blocks of all inputs together.
        var inputBytes = 48 << 20
        /// What the inputs are expected to hold open beside it.
        var openBytes = Int.max
        /// About the size of a piece of gathered rows.
        var batchBytes = 2 << 20
    }

    private let inputs: [OpenDataFile]
    /// The part of each input's range that is merged here.
    private let ranges: [KeyRange]
    private let options: Options
    private let monitor: MergeMonitor
    /// What the inputs hold open.
    let pages: OpenPages
    private let scratch = ReadScratch()
    private var steps: ArraySlice<MergePlan.Step>
    private var merger: SpanMerger?
    private var pace: RowPace

    /// - Parameters:
    ///   - inputs: in the order of their sequences, as the monitor numbers them.
    ///   - clip: only keys in it are merged, of each input those in the input's own range too.
    init(
        _ inputs: [(file: OpenDataFile, range: KeyRange)], clip: KeyRange = .all, options: Options,
        monitor: MergeMonitor
    ) throws {
        self.inputs = inputs.map(\.file)
        ranges = inputs.map { $0.range.intersection(clip) }
        self.options = options
        self.monitor = monitor
        pages = OpenPages(expectedBytes: options.openBytes)
        pace = RowPace(budgetBytes: options.batchBytes)
        steps = []
        steps = try plan()[...]
    }

    func next() throws -> MergedPiece? {
        while true {
            try monitor.cancellation.check()
            if let merger {
                if let piece = try rows(merger) { return piece }
                self.merger = nil
            }
            guard let step = steps.popFirst() else { return nil }
            switch step {
            case .pass(let section):
                monitor.entered(section.rows.count, of: section.input)
                monitor.read(section.rows.count, of: section.input)
                return MergedPiece(
                    content: .rowGroup(inputs[section.input], section.rowGroup), firstKey: section.min,
                    lastKey: section.max, rowsIn: [section.input: section.rows.count])
            case .merge(let sections):
                merger = try open(sections)
            }
        }
    }

    private func rows(_ merger: SpanMerger) throws -> MergedPiece? {
        guard var spans = try merger.next(rowLimit: pace.rows), let firstKey = spans.firstKey,
            let lastKey = spans.lastKey
        else { return nil }
        let rowsIn = spans.rowsIn
        var dropped = spans.supersededCount
        if options.isUpsert, options.dropsDeletes { dropped += spans.removeDeleted() }
        // An aged row of an upsert table hides older ones of its key, as a delete marker does.
        if let age = options.age, !options.isUpsert || options.dropsDeletes {
            dropped += spans.removeAged(age)
        }
        let batch = spans.gather()
        pace.took(batch.rowCount, bytes: batch.byteCount)
        return MergedPiece(
            content: .rows(batch), firstKey: ByteString(firstKey), lastKey: ByteString(lastKey),
            rowsIn: rowsIn, droppedCount: dropped)
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
        guard input.file.rowCount > 0, !range.isEmpty else { return [] }
        let search = try KeySearch(input)
        let rows = try search.rows(in: range)
        let isYoung = options.age.map { $0.spares(input.entry, columns: input.columns) } ?? true
        let isPassable = !options.isUpsert && isYoung && options.canPass(input.file)
        guard isPassable || input.keyColumns.isEmpty else { return try whole(index, rows) }
        return try input.file.rowGroups.indices.compactMap { group in
            let all = input.file.rowGroups[group].rows
            let part = all.clamped(to: rows)
            guard !part.isEmpty else { return nil }
            let min = try search.key(ofRow: part.lowerBound)
            let max = try search.key(ofRow: part.upperBound - 1)
            let size = input.file.rowGroups[group].compressedSize
            return try section(
                index, group, part, min, max,
                isPassable: isPassable && part == all && size >= options.smallestPassedBytes)
        }
    }

    /// One section for all of an input that cannot be passed through.
    private func whole(_ index: Int, _ rows: Range<Int>) throws -> [MergePlan.Section] {
        let groups = inputs[index].file.rowGroups
        guard let group = groups.firstIndex(where: { $0.rows.overlaps(rows) }),
            let bounds = try inputs[index].keyBounds(),
            let section = try section(index, group, rows, bounds.min, bounds.max, isPassable: false)
        else { return [] }
        return [section]
    }

    /// A section with its bounds clipped; nil where none of its rows can be in the range.
    private func section(
        _ index: Int, _ group: Int, _ rows: Range<Int>, _ min: ByteString, _ max: ByteString, isPassable: Bool
    ) throws(MergeError) -> MergePlan.Section? {
        guard min <= max else {
            throw MergeError(
                .order, "row \(rows.upperBound - 1) is below row \(rows.lowerBound)",
                path: inputs[index].entry.path)
        }
        let low = Swift.max(ranges[index].min ?? min, min)
        let high = Swift.min(ranges[index].max ?? max, max)
        guard low <= high else { return nil }
        return MergePlan.Section(
            input: index, rowGroup: group, rows: rows, min: low, max: high, isPassable: isPassable)
    }

    private func open(_ sections: [MergePlan.Section]) throws -> SpanMerger {
        let lanes = MergePlan.lanes(sections)
        let bounds = sections.flatMap { [$0.min, $0.max] }
        let shared = KeyBlock.sharedPrefix(of: bounds)
        let budget = options.inputBytes / max(lanes.count, 1)
        let sources = lanes.map { lane in
            ChainedSource(
                joined(lane).map { section in
                    { [self] in try cursor(section, shared: shared, budget: budget, lanes: lanes.count) }
                })
        }
        return SpanMerger(
            sources, sharedCount: shared.count, keepsNewest: options.isUpsert,
            endsAtKeys: inputs.first?.keyColumns.isEmpty == false)
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
        _ section: MergePlan.Section, shared: [UInt8], budget: Int, lanes: Int
    ) throws -> any BlockSource {
        try FileCursor(
            inputs[section.input], number: section.input, rows: section.rows, clip: ranges[section.input],
            shared: shared, isUpsert: options.isUpsert, memoryBytes: budget, lanes: lanes, pages: pages,
            scratch: scratch, monitor: monitor)
    }
}
