package import Bytes
package import Records

/// What kind of table it is.
package enum TableKind: String, Hashable, Sendable {
    /// Keeps every row.
    case append
    /// Keeps the newest row of each key, honours deletes.
    case upsert
}

/// The parts of a table that its `metaData` action carries.
package struct TableDefinition: Hashable, Sendable {
    /// 32 hex digits, made once.
    package var id: ByteString
    package var name: ByteString
    package var kind: TableKind
    /// `firn` for our own tables; any other provider is browsed read-only.
    package var provider: ByteString
    /// nil until the first file of a table whose schema is inferred.
    package var schema: TableSchema?
    /// True while the schema came from files and may still widen.
    package var isInferred: Bool
    /// Key and partition columns asked for at creation, while there is no schema yet.
    package var declaredRowKey: [ByteString]
    package var declaredPartitionColumns: [ByteString]
    package var createdTime: Int64
    /// Texts of schemas that another program keeps with the definition, by the id with which its files refer to
    /// them; empty for our own tables.
    package var carriedSchemas: [ByteString: ByteString]
    /// Owner, group and mode of the table's directory in the mount.
    package var userID: UInt32
    package var groupID: UInt32
    package var mode: UInt32

    package init(id: ByteString, name: ByteString, kind: TableKind, schema: TableSchema?, createdTime: Int64)
    {
        self.id = id
        self.name = name
        self.kind = kind
        provider = "firn"
        self.schema = schema
        isInferred = schema == nil
        declaredRowKey = schema?.rowKey ?? []
        declaredPartitionColumns = schema?.partitionColumns ?? []
        self.createdTime = createdTime
        carriedSchemas = [:]
        userID = 0
        groupID = 0
        mode = 0o755
    }
}

/// What a reader must understand: 5 and 5 for our own tables, so that other engines refuse them.
package struct TableProtocol: Hashable, Sendable {
    package var minReaderVersion: Int
    package var minWriterVersion: Int
    package var readerFeatures: [ByteString]?
    package var writerFeatures: [ByteString]?

    package init(minReaderVersion: Int = 5, minWriterVersion: Int = 5) {
        self.minReaderVersion = minReaderVersion
        self.minWriterVersion = minWriterVersion
    }
}
