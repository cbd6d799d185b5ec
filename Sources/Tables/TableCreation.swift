package import Bytes
package import Metadata
import Platform
package import Records

/// What a new table shall be.
package struct TableCreation: Sendable {
    package var kind: TableKind
    /// nil: inferred from the first file.
    package var schema: TableSchema?
    package var rowKey: [ByteString]
    package var partitionColumns: [ByteString]
    package var properties: [(name: ByteString, value: ByteString)]
    /// Normalised keys at which its one partition is split from the start, ascending.
    package var splitKeys: [ByteString] = []
    package var userID: UInt32
    package var groupID: UInt32
    package var mode: UInt32

    package init(
        kind: TableKind = .append, schema: TableSchema? = nil, rowKey: [ByteString] = [],
        partitionColumns: [ByteString] = [], properties: [(name: ByteString, value: ByteString)] = [],
        userID: UInt32 = 0, groupID: UInt32 = 0, mode: UInt32 = 0o755
    ) {
        self.kind = kind
        self.schema = schema
        self.rowKey = rowKey
        self.partitionColumns = partitionColumns
        self.properties = properties
        self.userID = userID
        self.groupID = groupID
        self.mode = mode
    }

    func validate() throws(StoreError) {
        if kind == .upsert, rowKey.isEmpty, schema?.rowKey.isEmpty ?? true {
            throw StoreError(.einval, "an upsert table needs a row key: it keeps the newest row of each key")
        }
        for column in rowKey where partitionColumns.contains(column) {
            throw StoreError(.einval, "column \(column) cannot be both a key and a partition column")
        }
        for list in [rowKey, partitionColumns] where Set(list).count != list.count {
            throw StoreError(
                .einval, "a column is named twice: \(list.map(\.display).joined(separator: ","))")
        }
        if !splitKeys.isEmpty, !partitionColumns.isEmpty || !(schema?.partitionColumns.isEmpty ?? true) {
            throw StoreError(
                .einval,
                "a table with partition columns has a tree for each of their values: split them with firn split, once "
                    + "the table is there")
        }
        if let schema {
            for column in rowKey + partitionColumns where schema.column(column) == nil {
                let known = schema.columns.map(\.name.display).joined(separator: ", ")
                throw StoreError(.einval, "the schema has no column \(column); it has \(known)")
            }
        }
        for (name, value) in properties {
            do throws(PropertyError) {
                _ = try TableProperties.validate(name, value)
            } catch {
                throw StoreError(.einval, "property \(name): \(error.message)")
            }
        }
    }

    var propertyActions: [Action] {
        properties.compactMap { name, value in
            guard let checked = try? TableProperties.validate(name, value) else { return nil }
            return .operation(.setProperty(name: name, value: checked))
        }
    }

    /// The nodes of a table that is split from the start.
    func treeActions(_ entropy: any Entropy) -> [Action] {
        var growth = TreeGrowth(entropy)
        let root = Partition(
            id: PartitionID(""), root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
        growth.grow(root, at: splitKeys)
        return (growth.updated + growth.new).map { .operation(.putPartition($0)) }
    }

    /// How keys of the new table are written.
    package func keyText() throws(StoreError) -> KeyText {
        guard let schema = keyedSchema else {
            throw StoreError(.einval, "the types of the key are not known: give a schema with --schema")
        }
        return try KeyText(
            TableDefinition(id: "", name: "", kind: kind, schema: schema, createdTime: 0))
    }

    /// The schema with the key and partition columns of the new table.
    package var keyedSchema: TableSchema? {
        var schema = schema
        if !rowKey.isEmpty { schema?.rowKey = rowKey }
        if !partitionColumns.isEmpty { schema?.partitionColumns = partitionColumns }
        return schema
    }

    func definition(name: ByteString, context: StoreContext) -> TableDefinition {
        let schema = keyedSchema
        let id = Hex.string(context.entropy.uint64()) + Hex.string(context.entropy.uint64())
        var definition = TableDefinition(
            id: ByteString(id), name: name, kind: kind, schema: schema,
            createdTime: context.clock.nowMilliseconds())
        if schema == nil {
            definition.declaredRowKey = rowKey
            definition.declaredPartitionColumns = partitionColumns
        }
        definition.userID = userID
        definition.groupID = groupID
        definition.mode = mode
        return definition
    }
}
