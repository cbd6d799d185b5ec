package import Bytes
package import Metadata
package import Parquet
package import Platform
package import Records
package import Storage

/// Of which table and partition data files are, and where they are.
package struct DataFileContext: Sendable {
    package var tableID: ByteString
    package var kind: TableKind
    package var schema: TableSchema
    /// The schema's key in the table's registry.
    package var schemaID: ByteString
    /// The values of the root partition's columns.
    package var partitionValues: PartitionTuple
    /// The partition that the files are registered in; nil is the root partition.
    package var partition: PartitionID?
    package var storage: any ObjectStorage
    /// The table's directory in the storage.
    package var directory: ByteString
    package var clock: any Clock
    package var entropy: any Entropy

    package init(
        tableID: ByteString, kind: TableKind, schema: TableSchema, schemaID: ByteString,
        partitionValues: PartitionTuple, partition: PartitionID? = nil, storage: any ObjectStorage,
        directory: ByteString, clock: any Clock, entropy: any Entropy
    ) {
        self.tableID = tableID
        self.kind = kind
        self.schema = schema
        self.schemaID = schemaID
        self.partitionValues = partitionValues
        self.partition = partition
        self.storage = storage
        self.directory = directory
        self.clock = clock
        self.entropy = entropy
    }

    /// The columns that the files hold.
    package var fileColumns: [TableSchema.Column] { schema.dataFileColumns(isUpsert: kind == .upsert) }

    /// `date=2024-01-01/region=eu`; empty where the table has no partition columns.
    package var partitionPath: ByteString {
        PartitionPath.path(columns: schema.partitionColumns, values: partitionValues.values)
    }

    /// The bytes of a data file of the table.
    package func open(_ entry: FileEntry) throws -> any ParquetSource {
        try DataFileContext.open(entry, storage: storage, directory: directory)
    }

    /// The bytes of a data file of the table in `directory`.
    package static func open(
        _ entry: FileEntry, storage: any ObjectStorage, directory: ByteString
    ) throws -> any ParquetSource {
        do throws(StorageError) {
            return ObjectSource(try storage.openForReading(ObjectKey.child(entry.path, of: directory)))
        } catch {
            throw MergeError(
                .storage, "the file cannot be opened: \(error)", path: entry.path, underlying: error)
        }
    }
}

/// A stored object as the bytes of a Parquet file.
private final class ObjectSource: ParquetSource {
    private let object: any RandomAccessObject

    init(_ object: any RandomAccessObject) { self.object = object }

    var sizeBytes: Int { Int(clamping: object.sizeBytes) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try object.read(at: UInt64(offset + done), into: rest)
            guard count > 0 else {
                throw MergeError(.damaged, "the file ends at byte \(offset + done)")
            }
            done += count
        }
    }
}
