import Bytes
import JSON
import Metadata

// `add` and `remove`: the names of IndexTables' actions, and Firn's own fields behind them.
extension ActionWire {
    /// Writes `{"add":{…}}`. Version and timestamp are those of the file the line stands in, unless `stamped`.
    func write(_ entry: FileEntry, stamped: Bool = false, to writer: inout JSONWriter) throws(WireError) {
        writer.beginObject()
        writer.key("add")
        writer.beginObject()
        writer.field("path", entry.path)
        try writePartitionValues(entry.partitionValues, to: &writer)
        writer.field("size", entry.sizeBytes)
        writer.field("modificationTime", entry.modificationTime)
        writer.field("dataChange", entry.dataChange)
        writer.optional("stats", entry.stats)
        if let values = entry.minValues { write("minValues", values, to: &writer) }
        if let values = entry.maxValues { write("maxValues", values, to: &writer) }
        writer.optional("numRecords", entry.rowCount)
        writer.optional("footerStartOffset", entry.footerStartOffset)
        writer.optional("footerEndOffset", entry.footerEndOffset)
        writer.field("hasFooterOffsets", entry.footerStartOffset != nil)
        if let tags = entry.tags { writer.strings("splitTags", tags) }
        writer.optional("numMergeOps", entry.mergeOperationCount.map(Int64.init))
        writer.optional("docMappingRef", entry.schemaID)
        writer.optional("uncompressedSizeBytes", entry.uncompressedSizeBytes)
        writer.field("fileId", entry.id.description)
        writer.optional("partition", entry.partition?.name)
        writer.optional("minKey", entry.minKey.map(HexBytes.text))
        writer.optional("maxKey", entry.maxKey.map(HexBytes.text))
        writer.field("ordinal", Int64(entry.ordinal))
        writer.optional("minSequence", entry.minSequence)
        writer.optional("maxSequence", entry.maxSequence)
        if entry.deletedRowCount != 0 { writer.field("deletedRows", entry.deletedRowCount) }
        writer.optional("job", entry.job?.description)
        writer.optional("source", entry.source)
        if stamped {
            writer.field("addedAtVersion", entry.addedAtVersion.rawValue)
            writer.field("addedAtTimestamp", entry.addedAtTimestamp)
        }
        writer.endObject()
        writer.endObject()
    }

    private func write(_ name: String, _ values: [FileEntry.ColumnText], to writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        for value in values { writer.field(value.column.display, value.text) }
        writer.endObject()
    }

    /// Members in path order; a null value is written as null, so that the order tells every column.
    private func writePartitionValues(
        _ tuple: PartitionTuple, to writer: inout JSONWriter
    ) throws(WireError) {
        guard tuple.values.count == partitionColumns.count else {
            throw WireError(
                .malformed,
                "a file has \(tuple.values.count) partition values, the table \(partitionColumns.count) columns"
            )
        }
        writer.key("partitionValues")
        writer.beginObject()
        for (column, value) in zip(partitionColumns, tuple.values) {
            writer.key(column)
            if let value { writer.value(value) } else { writer.null() }
        }
        writer.endObject()
    }

    func entry(_ wire: WireObject) throws(WireError) -> FileEntry {
        try fields(
            of: wire, path: try wire.string("path"), id: try wire.fileID("fileId"),
            partitionValues: try tuple(wire, "partitionValues"))
    }

    func fields(
        of wire: WireObject, path: ByteString, id: FileID, partitionValues: PartitionTuple
    ) throws(WireError) -> FileEntry {
        var entry = FileEntry(
            path: path, id: id, partitionValues: partitionValues, sizeBytes: try wire.integer("size"),
            modificationTime: try wire.integer("modificationTime"))
        entry.dataChange = try wire.boolean("dataChange", default: true)
        entry.stats = try wire.optionalString("stats")
        entry.minValues = try columnTexts(wire, "minValues")
        entry.maxValues = try columnTexts(wire, "maxValues")
        entry.rowCount = try wire.optionalInteger("numRecords")
        entry.footerStartOffset = try wire.optionalInteger("footerStartOffset")
        entry.footerEndOffset = try wire.optionalInteger("footerEndOffset")
        entry.tags = try wire.optionalStrings("splitTags")
        entry.mergeOperationCount = try small(wire, "numMergeOps")
        entry.schemaID = try wire.optionalString("docMappingRef")
        entry.uncompressedSizeBytes = try wire.optionalInteger("uncompressedSizeBytes")
        entry.partition = try wire.optionalString("partition").map(PartitionID.init)
        entry.minKey = try wire.optionalHexBytes("minKey")
        entry.maxKey = try wire.optionalHexBytes("maxKey")
        entry.ordinal = try small(wire, "ordinal") ?? 0
        entry.minSequence = try wire.optionalInteger("minSequence")
        entry.maxSequence = try wire.optionalInteger("maxSequence")
        entry.deletedRowCount = try wire.optionalInteger("deletedRows") ?? 0
        entry.job = try wire.optionalHex("job").map(JobID.init)
        entry.source = try wire.optionalString("source")
        return entry
    }

    private func small(_ wire: WireObject, _ key: StaticString) throws(WireError) -> Int32? {
        guard let number = try wire.optionalInteger(key) else { return nil }
        guard let small = Int32(exactly: number) else { throw wire.wrong(key, "a 32-bit integer") }
        return small
    }

    /// Values in the order of the members.
    func tuple(_ wire: WireObject, _ key: StaticString) throws(WireError) -> PartitionTuple {
        var values: [ByteString?] = []
        for member in try wire.optionalMembers(key) ?? [] {
            switch member.value {
            case .null: values.append(nil)
            case .string(let text): values.append(text)
            default: throw wire.wrong(key, "an object of strings and nulls")
            }
        }
        return PartitionTuple(values)
    }

    private func columnTexts(
        _ wire: WireObject, _ key: StaticString
    ) throws(WireError) -> [FileEntry.ColumnText]? {
        guard let members = try wire.optionalMembers(key) else { return nil }
        var result: [FileEntry.ColumnText] = []
        for member in members {
            guard let text = member.value.stringValue else { throw wire.wrong(key, "an object of strings") }
            result.append(FileEntry.ColumnText(column: member.key, text: text))
        }
        return result
    }

    func write(_ removal: FileRemoval, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("remove")
        writer.beginObject()
        writer.field("path", removal.path)
        writer.field("deletionTimestamp", removal.deletionTimestamp)
        writer.field("dataChange", removal.dataChange)
        writer.optional("size", removal.sizeBytes)
        writer.field("fileId", removal.id.description)
        writer.optional("job", removal.job?.description)
        writer.endObject()
        writer.endObject()
    }

    func removal(_ wire: WireObject) throws(WireError) -> FileRemoval {
        FileRemoval(
            path: try wire.string("path"), id: try wire.fileID("fileId"),
            deletionTimestamp: try wire.optionalInteger("deletionTimestamp") ?? 0,
            dataChange: try wire.boolean("dataChange", default: true),
            sizeBytes: try wire.optionalInteger("size"),
            job: try wire.optionalHex("job").map(JobID.init))
    }
}
