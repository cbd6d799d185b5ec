package import Bytes
package import Metadata
package import Records

/// Which manifests and files of a table a filter rules out.
///
/// Partition values decide exactly; bounds decide where they leave no doubt. `always` says that every row of what
/// was asked about satisfies the filter, `never` that none does.
package struct Pruning: Sendable {
    package let filter: Filter
    /// For each column of the filter, its place among the partition columns; nil for a column of data files.
    let partitionPlaces: [Int?]
    /// For each column of the filter, whether statistics of it decide.
    let isDecisive: [Bool]
    let isForeign: Bool
    /// For each schema that a file may name, whether each column of the filter is in it with the type it has now.
    let schemas: [ByteString: [Presence]]

    /// How a column stands in the schema that a file was written with.
    enum Presence: Sendable {
        case same
        /// It came later: every row has null.
        case absent
        case otherType
    }

    /// - Parameters:
    ///   - schemaRegistry: JSON texts of the schemas that files name, by id.
    ///   - isOfNewestRows: whether the filter is about the rows that a reader gets. A file of an upsert table that has
    ///     no row with some value may still have the newer row of the same key, which hides one with it: there only
    ///     partition columns and the row key decide.
    package init(
        _ filter: Filter, definition: TableDefinition, schemaRegistry: [ByteString: ByteString] = [:],
        isOfNewestRows: Bool = false
    ) {
        self.filter = filter
        isForeign = definition.provider != "firn"
        let partitionColumns = definition.partitionColumns
        partitionPlaces = filter.columns.map { partitionColumns.firstIndex(of: $0.name) }
        let hidesRows = isOfNewestRows && definition.kind == .upsert
        let rowKey = definition.schema?.rowKey ?? []
        isDecisive = filter.columns.map { !hidesRows || rowKey.contains($0.name) }
        guard !isForeign, partitionPlaces.contains(nil) else {
            schemas = [:]
            return
        }
        schemas = schemaRegistry.compactMapValues { text in
            guard let schema = try? TableSchema(json: text.bytes) else { return nil }
            return filter.columns.map { column in
                schema.column(column.name).map { $0.type == column.type ? .same : .otherType } ?? .absent
            }
        }
    }

    /// Whether partition values alone decide.
    package var isOfPartitionsOnly: Bool { !partitionPlaces.contains(nil) }

    /// Whether partition values decide anything.
    package var usesPartitions: Bool { partitionPlaces.contains { $0 != nil } }

    /// How many rows of the files whose partition values have these bounds satisfy the filter; nil is no bounds.
    package func match(_ bounds: [PartitionBounds]?) -> FilterMatch {
        let facts = facts(bounds)
        return filter.outcomes { facts[$0] }.match
    }

    /// How many rows of a file with these partition values satisfy it.
    package func match(_ tuple: PartitionTuple) -> FilterMatch {
        let facts = facts(tuple)
        return filter.outcomes { facts[$0] }.match
    }

    /// How many rows of the file satisfy it.
    package func match(_ file: FileView) -> FilterMatch {
        var pass = PruningPass(self)
        return pass.match(file).match
    }
}

/// Goes over many files, of which neighbours mostly share their partition values.
package struct PruningPass: Sendable {
    package let pruning: Pruning
    private var tuple: PartitionTuple?
    private var facts: [ColumnFacts] = []
    private var tupleMatch = FilterMatch.maybe
    private var cursor = FileRecordCursor()

    package init(_ pruning: Pruning) { self.pruning = pruning }

    /// What decided.
    package enum Ground: Hashable, Sendable { case partitionValues, statistics }

    package mutating func match(_ file: FileView) -> (match: FilterMatch, ground: Ground) {
        let values = file.partitionValues
        if tuple != values {
            tuple = values
            facts = pruning.facts(values)
            tupleMatch = pruning.filter.outcomes { facts[$0] }.match
        }
        guard tupleMatch == .maybe, !pruning.isOfPartitionsOnly else { return (tupleMatch, .partitionValues) }
        let all = pruning.facts(file, partition: facts, &cursor)
        return (pruning.filter.outcomes { all[$0] }.match, .statistics)
    }
}
