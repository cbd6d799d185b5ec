package import Bytes
package import Metadata
import Records

/// The order of root partitions: column by column, by the declared types, null first.
package struct PartitionOrder: Sendable {
    package let columns: [ByteString]
    /// nil where a column has no declared type yet: then its texts compare as bytes.
    private let types: [ColumnType?]

    package init(_ definition: TableDefinition) {
        columns = definition.partitionColumns
        types = columns.map { definition.schema?.column($0)?.type }
    }

    package func compare(_ left: PartitionTuple, _ right: PartitionTuple) -> Int {
        for index in columns.indices {
            let order = compare(left.values[index], right.values[index], column: index)
            if order != 0 { return order }
        }
        return 0
    }

    func compare(_ left: ByteString?, _ right: ByteString?, column: Int) -> Int {
        guard let left else { return right == nil ? 0 : -1 }
        guard let right else { return 1 }
        if left == right { return 0 }
        if let type = types[column], let order = ValueText.compare(left, right, type), order != 0 {
            return order
        }
        // Two texts of one value (1 and 01) still need an order of their own.
        return left < right ? -1 : 1
    }
}

/// The bounds of some files' partition values, gathered one file after the other.
struct PartitionBoundsBuilder {
    private let order: PartitionOrder
    private var last: PartitionTuple?
    private var bounds: [ManifestInfo.PartitionBounds]

    init(_ order: PartitionOrder) {
        self.order = order
        bounds = order.columns.map {
            ManifestInfo.PartitionBounds(column: $0, min: nil, max: nil, hasNull: false)
        }
    }

    mutating func add(_ tuple: PartitionTuple) {
        // Files of a manifest stand by partition, so most repeat the one before.
        if tuple == last { return }
        last = tuple
        for (index, value) in tuple.values.enumerated() {
            guard let value else {
                bounds[index].hasNull = true
                continue
            }
            if bounds[index].min.map({ order.compare(value, $0, column: index) < 0 }) ?? true {
                bounds[index].min = value
            }
            if bounds[index].max.map({ order.compare(value, $0, column: index) > 0 }) ?? true {
                bounds[index].max = value
            }
        }
    }

    func finish() -> [ManifestInfo.PartitionBounds] { bounds }
}
