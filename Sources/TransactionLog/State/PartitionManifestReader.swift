import Avro
import Bytes
import Metadata

/// Reads manifests of partitions: one of exactly our schema field by field, any other as its schema says.
///
/// A node's name stands in its parent and its children too, and its bounds in its neighbours: all of a state share one
/// pool of strings.
struct PartitionManifestReader {
    private var pool = ByteStringPool()
    private var lastRoot = PartitionTuple([])
    private let decompressor = AvroBlockDecompressor()

    mutating func read(_ bytes: [UInt8]) throws(DecodeError) -> [StoredEntry<Partition>] {
        let own = (text: ParsedSchemas.partitionEntryText, schema: ParsedSchemas.partitionEntry)
        var entries: [StoredEntry<Partition>] = []
        try AvroFileReader.reading(bytes, known: own) { (file) throws(DecodeError) in
            guard file.schemaText == own.text else {
                entries = try SetManifestReader.partitions(bytes)
                return
            }
            try file.forEachBlock(using: decompressor) { (block, decoder) throws(DecodeError) in
                var cursor = RecordCursor(decoder)
                for _ in 0..<block.count { entries.append(try entry(&cursor)) }
                try decoder.reader.seek(to: cursor.offset)
            }
        }
        return entries
    }

    private mutating func entry(_ cursor: inout RecordCursor) throws(DecodeError) -> StoredEntry<Partition> {
        let id = PartitionID(pool.string(try cursor.string()))
        let root = try root(&cursor)
        let parent = try optionalString(&cursor).map { PartitionID($0) }
        let children = try children(&cursor)
        let minKey = try optionalString(&cursor)
        let maxKey = try optionalString(&cursor)
        let node = Partition(
            id: id, root: root, parent: parent, children: children, minKey: minKey, maxKey: maxKey)
        return StoredEntry(value: node, version: Version(try cursor.long()))
    }

    private mutating func optionalString(_ cursor: inout RecordCursor) throws(DecodeError) -> ByteString? {
        try cursor.isNull() ? nil : pool.string(cursor.string())
    }

    /// Neighbours mostly have the same.
    private mutating func root(_ cursor: inout RecordCursor) throws(DecodeError) -> PartitionTuple {
        var values: [ByteString?] = []
        var left = try cursor.itemCount()
        while left > 0 {
            for _ in 0..<left { values.append(try optionalString(&cursor)) }
            left = try cursor.itemCount()
        }
        if values != lastRoot.values { lastRoot = PartitionTuple(values) }
        return lastRoot
    }

    private mutating func children(_ cursor: inout RecordCursor) throws(DecodeError) -> [PartitionID] {
        var children: [PartitionID] = []
        var left = try cursor.itemCount()
        while left > 0 {
            if children.isEmpty { children.reserveCapacity(min(left, 2)) }
            for _ in 0..<left { children.append(PartitionID(pool.string(try cursor.string()))) }
            left = try cursor.itemCount()
        }
        return children
    }
}
