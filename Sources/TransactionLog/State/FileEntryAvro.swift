import Avro
import Bytes
import Metadata

/// Writes file entries as records of ``AvroSchemas/fileEntry``.
struct FileEntryAvro {
    /// In path order; a null value has no key in the map.
    let partitionColumns: [ByteString]

    func write(_ entry: FileEntry, to encoder: inout AvroEncoder) {
        encoder.string(entry.path)
        let values = zip(partitionColumns, entry.partitionValues.values).filter { $0.1 != nil }
        encoder.items(values) { encoder, pair in
            encoder.string(pair.0)
            encoder.string(pair.1 ?? "")
        }
        encoder.long(entry.sizeBytes)
        encoder.long(entry.modificationTime)
        encoder.boolean(entry.dataChange)
        encoder.optional(entry.stats)
        write(entry.minValues, to: &encoder)
        write(entry.maxValues, to: &encoder)
        encoder.optional(entry.rowCount)
        encoder.optional(entry.footerStartOffset)
        encoder.optional(entry.footerEndOffset)
        encoder.boolean(entry.footerStartOffset != nil)
        if let tags = entry.tags {
            encoder.index(1)
            encoder.strings(tags)
        } else {
            encoder.null()
        }
        encoder.optional(entry.mergeOperationCount.map(Int64.init))
        encoder.optional(entry.schemaID)
        encoder.optional(entry.uncompressedSizeBytes)
        encoder.long(entry.addedAtVersion.rawValue)
        encoder.long(entry.addedAtTimestamp)
        encoder.optional(entry.partition?.name)
        encoder.optional(entry.minKey)
        encoder.optional(entry.maxKey)
        encoder.long(Int64(entry.ordinal))
        encoder.optional(entry.minSequence)
        encoder.optional(entry.maxSequence)
        encoder.long(entry.deletedRowCount)
        encoder.optional(entry.job.map { Int64(bitPattern: $0.rawValue) })
        encoder.optional(entry.source)
    }

    private func write(_ values: [FileEntry.ColumnText]?, to encoder: inout AvroEncoder) {
        guard let values else { return encoder.null() }
        encoder.index(1)
        encoder.items(values) { encoder, value in
            encoder.string(value.column)
            encoder.string(value.text)
        }
    }
}
