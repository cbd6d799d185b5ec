import Bytes
import Metadata
import Parquet

/// What an input of a merge holds in memory as long as it is open, beside its blocks of rows.
package struct InputFootprint: Sendable {
    /// The first key and the last; nil for a file without rows.
    let keys: ClosedRange<ByteString>?
    /// Without a key inputs come one after another.
    private let hasKey: Bool
    /// The part of the file that is merged.
    let range: KeyRange
    /// The largest page and dictionary of each column, decompressed, and the least that is read ahead.
    let openBytes: Int
    /// What the inputs of one range use in turns.
    let sharedBytes: Int
    /// The footer, which every input of a merge holds from its beginning.
    let footerBytes: Int

    /// A structure of the footer takes about so much more than its bytes in the file.
    private static let footerFactor = 8

    init(
        keys: ClosedRange<ByteString>?, range: KeyRange = .all, openBytes: Int, sharedBytes: Int = 0,
        footerBytes: Int = 0
    ) {
        self.keys = keys
        hasKey = true
        self.range = range
        self.openBytes = openBytes
        self.sharedBytes = sharedBytes
        self.footerBytes = footerBytes
    }

    init(_ input: OpenDataFile, range: KeyRange) throws {
        let bounds = try input.keyBounds()
        keys = bounds.flatMap { $0.min <= $0.max ? $0.min...$0.max : nil }
        self.range = range
        hasKey = !input.keyColumns.isEmpty
        let mapping = try ColumnMapping(of: input.file.columns, to: input.columns, path: input.entry.path)
        let pages = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
            try input.file.footprint(columns: mapping.fileColumns)
        }
        openBytes = pages.openBytes + mapping.fileColumns.count * FileCursor.leastReadAhead
        sharedBytes = pages.sharedBytes
        footerBytes = input.file.footer.size * Self.footerFactor
    }

    /// The bounds of the keys that are merged of it in a range.
    private func keys(in clip: KeyRange) -> ClosedRange<ByteString>? {
        guard let keys else { return nil }
        let part = range.intersection(clip)
        let low = max(part.min ?? keys.lowerBound, keys.lowerBound)
        if let end = part.max, end <= low { return nil }
        let high = min(part.max ?? keys.upperBound, keys.upperBound)
        return low <= high ? low...high : nil
    }

    /// What inputs hold open at one time while a range of their keys is merged: a lane of the tree has one of its
    /// files open after the other.
    static func openBytes(_ inputs: some Sequence<InputFootprint>, in clip: KeyRange = .all) -> Int {
        var sections: [MergePlan.Section] = []
        var shared = 0
        var alone = 0
        let inputs = Array(inputs)
        for (number, input) in inputs.enumerated() {
            guard let keys = input.keys(in: clip) else { continue }
            shared = max(shared, input.sharedBytes)
            guard input.hasKey else {
                alone = max(alone, input.openBytes)
                continue
            }
            sections.append(
                MergePlan.Section(
                    input: number, rowGroup: 0, rows: 0..<1, min: keys.lowerBound, max: keys.upperBound,
                    isPassable: false))
        }
        sections.sort { ($0.min, $0.input) < ($1.min, $1.input) }
        let lanes = MergePlan.lanes(sections)
        return lanes.reduce(shared + alone) { sum, lane in
            sum + (lane.map { inputs[$0.input].openBytes }.max() ?? 0)
        }
    }
}

/// What a merge of some inputs needs in memory before it has any rows.
package struct MergeDemand {
    private let inputs: [InputFootprint]

    init(_ inputs: [InputFootprint]) { self.inputs = inputs }

    /// Opens the files one after another.
    package init(_ inputs: [MergeInput], _ context: DataFileContext) throws {
        let columns = context.schema.dataFileColumns(isUpsert: context.kind == .upsert)
        self.inputs = try inputs.map { input in
            let file = try OpenDataFile(
                input.entry, try context.open(input.entry), columns: columns,
                keyColumns: context.schema.dataKeyColumns)
            return try InputFootprint(file, range: input.range)
        }
    }

    package var count: Int { inputs.count }

    /// Whether those inputs can be merged at once within a limit, in one range of keys.
    package func fits(_ chosen: Range<Int>, memoryBytes: Int) -> Bool {
        let some = inputs[chosen]
        return MergeMemory.fits(
            openBytes: InputFootprint.openBytes(some), ranges: 1,
            footerBytes: some.reduce(0) { $0 + $1.footerBytes }, limitBytes: memoryBytes)
    }

    /// What any of the ranges holds open at most, and how many of them can be merged at the same time, at least one.
    func concurrency(
        _ ranges: [KeyRange], atMost wanted: Int, memoryBytes: Int
    ) -> (count: Int, openBytes: Int) {
        let open = ranges.map { InputFootprint.openBytes(inputs, in: $0) }.max() ?? 0
        var count = max(min(wanted, ranges.count), 1)
        while count > 1,
            !MergeMemory.fits(
                openBytes: open, ranges: count, footerBytes: footerBytes, limitBytes: memoryBytes)
        {
            count -= 1
        }
        return (count, open)
    }

    var footerBytes: Int { inputs.reduce(0) { $0 + $1.footerBytes } }
}
