package import Bytes
package import Metadata
package import Planning
import Platform
import Records

/// What somebody wants to read of a table, in words.
package struct TableQuery: Hashable, Sendable {
    /// `FROM..TO`, or a key or prefix; nil is every key.
    package var keys: ByteString?
    /// A partition, or the first partition columns of several; nil is all.
    package var partition: ByteString?
    /// As for a search of files: leaves out files that can have no such row.
    package var filter: ByteString?

    package init(keys: ByteString? = nil, partition: ByteString? = nil, filter: ByteString? = nil) {
        self.keys = keys
        self.partition = partition
        self.filter = filter
    }
}

extension Table {
    /// Which files a query reads, and which of their keys, so that every live row of it is read once.
    package func queryPlan(_ query: TableQuery, in state: TableState) throws(StoreError) -> QueryPlan {
        let span = try query.keys.map { text throws(StoreError) in
            try KeyText(state.definition).span(text)
        }
        let place = try PartitionPathText(state).selection(query.partition ?? "")
        let pruning = try query.filter.map { text throws(StoreError) in try Self.pruning(text, in: state) }
        guard let both = (span ?? .all).intersection(place.span) else {
            return QueryPlan(.all, roots: [], in: state)
        }
        guard let pruning else { return QueryPlan(both, roots: place.roots, in: state) }
        var pass = PruningPass(pruning)
        return QueryPlan(both, roots: place.roots, in: state) { pass.match($0).match != .never }
    }

    /// What a filter rules out of the files of a state.
    static func pruning(_ filter: ByteString, in state: TableState) throws(StoreError) -> Pruning {
        guard let schema = state.definition.schema else {
            throw StoreError(.einval, "the table has no columns yet, and no files")
        }
        do throws(FilterError) {
            return Pruning(
                try Filter(filter, schema: schema), definition: state.definition,
                schemaRegistry: state.schemaRegistry, isOfNewestRows: true)
        } catch {
            throw StoreError(.einval, error.description)
        }
    }
}

extension PartitionPathText {
    /// The trees, and the keys in them, that a text names: a partition, or all roots whose first columns have these
    /// values; all of the table where it is empty. One that there is not is an error.
    package func selection(_ text: ByteString) throws(StoreError) -> (roots: [PartitionID], span: KeyInterval)
    {
        let roots = state.files.rootPartitions().map(\.id)
        if let first = try rootPrefix(text) {
            if first.isEmpty { return (roots, .all) }
            let chosen = roots.filter { $0.name.hasPrefix(first + "/") }
            if chosen.isEmpty, !state.partitions.roots.contains(where: { $0.name.hasPrefix(first + "/") }) {
                throw Self.unknown(text)
            }
            return (chosen, .all)
        }
        let id = try known(text)
        let span = state.partitions[id].map { KeyInterval($0) } ?? .all
        return ([state.partitions.root(of: id)], span)
    }
}
