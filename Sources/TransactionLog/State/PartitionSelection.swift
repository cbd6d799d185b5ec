import Avro
import Bytes
package import Metadata
package import Records

/// Which files of a manifest are needed, told by the bounds of their partition values.
///
/// In a manifest in the order of partitions the files between two are bounded by them: from the first record of some
/// blocks it follows which of the others may hold files that are needed. The rest is not decompressed. What the
/// state's checksum says of the manifest's bytes holds for them too.
package struct PartitionSelection: Sendable {
    /// How many of the files whose partition values have these bounds are needed; a column that is missing may have
    /// any value.
    package typealias Match = @Sendable (_ bounds: [PartitionBounds]) -> FilterMatch

    let order: PartitionOrder
    let match: Match

    /// The entry in the header of a manifest whose entries stand in ``PartitionOrder``.
    static let orderEntry: (key: ByteString, value: ByteString) = ("firn.order", "partition")

    /// So many neighbouring blocks are read rather than looked into.
    private static let fewBlocks = 3

    init(_ definition: TableDefinition, _ match: @escaping Match) {
        order = PartitionOrder(definition)
        self.match = match
    }

    /// The blocks that may hold files that are needed; nil where that cannot be told.
    func blocks(
        of file: AvroFileReader, _ workspace: ManifestWorkspace
    ) throws(DecodeError) -> [AvroFileReader.Block]? {
        guard
            file.metadata.contains(where: {
                $0.key == Self.orderEntry.key && $0.value == Self.orderEntry.value
            })
        else { return nil }
        let all = try file.blocks().filter { $0.count > 0 }
        guard all.count > Self.fewBlocks else { return nil }
        var search = Search(selection: self, file: file, workspace: workspace, blocks: all)
        return try search.choose(0..<all.count) ? search.chosen.map { all[$0] } : nil
    }

    private struct Search {
        let selection: PartitionSelection
        let file: AvroFileReader
        let workspace: ManifestWorkspace
        let blocks: [AvroFileReader.Block]
        var known: [Int: PartitionTuple] = [:]
        var chosen: [Int] = []

        init(
            selection: PartitionSelection, file: AvroFileReader, workspace: ManifestWorkspace,
            blocks: [AvroFileReader.Block]
        ) {
            self.selection = selection
            self.file = file
            self.workspace = workspace
            self.blocks = blocks
        }

        /// Chooses from these blocks; false where they are not in order after all.
        mutating func choose(_ range: Range<Int>) throws(DecodeError) -> Bool {
            let low = try first(range.lowerBound)
            let high = range.upperBound < blocks.count ? try first(range.upperBound) : nil
            if let high, selection.order.compare(low, high) > 0 { return false }
            let match = selection.match(selection.bounds(from: low, to: high))
            if match == .never { return true }
            guard match == .maybe, range.count > PartitionSelection.fewBlocks else {
                chosen.append(contentsOf: range)
                return true
            }
            let middle = (range.lowerBound + range.upperBound) / 2
            guard try choose(range.lowerBound..<middle) else { return false }
            return try choose(middle..<range.upperBound)
        }

        private mutating func first(_ index: Int) throws(DecodeError) -> PartitionTuple {
            if let tuple = known[index] { return tuple }
            let tuple = try FileRecordReader.firstTuple(
                of: blocks[index], file, columns: selection.order.columns, workspace)
            known[index] = tuple
            return tuple
        }
    }

    /// What files between two have as partition values; without an upper one, from the lower one on.
    func bounds(from low: PartitionTuple, to high: PartitionTuple?) -> [PartitionBounds] {
        var result: [PartitionBounds] = []
        for (index, column) in order.columns.enumerated() {
            let (min, max) = (low.values[index], high?.values[index])
            guard let high else {
                // Nulls come first: behind a value there are none.
                if let min {
                    result.append(PartitionBounds(column: column, min: min, max: nil, hasNull: false))
                }
                return result
            }
            result.append(PartitionBounds(column: column, min: min, max: max ?? nil, hasNull: min == nil))
            // Of the columns behind, nothing is known where this one changes.
            if min != high.values[index] { return result }
        }
        return result
    }
}
