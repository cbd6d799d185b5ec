package import Bytes

/// One file of a state: a segment and a row in it. Nothing is made until it is asked for.
package struct FileView: Sendable {
    package let segment: FileSegment
    package let row: Int

    package var id: FileID { FileID(segment.ids[row]) }
    package var sizeBytes: Int64 { segment.sizes[row] }
    package var rowCount: Int64? {
        let count = segment.rowCounts[row]
        return count < 0 ? nil : count
    }
    /// Epoch milliseconds.
    package var modificationTime: Int64 { segment.modificationTimes[row] }
    package var addedAtVersion: Version { Version(segment.versions[row]) }
    package var addedAtTimestamp: Int64 { segment.timestamps[row] }
    package var ordinal: Int32 { Int32(truncatingIfNeeded: segment.ordinals[row]) }
    package var sequence: Int64 { addedAtVersion.rawValue << 20 | Int64(ordinal) }
    package var schemaID: ByteString? { segment.schemas[Int(segment.schemaCodes[row])] }
    package var partitionValues: PartitionTuple { segment.tuples[Int(segment.tupleCodes[row])] }
    /// The root partition's name, also the escaped path of its directory.
    package var root: PartitionID {
        let roots = segment.roots
        return roots.partitions[roots.number(of: row, in: segment)]
    }
    /// The partition of the one implicit reference.
    package var partition: PartitionID { namedPartition ?? root }
    /// The same where the entry names it; nil is the root partition.
    var namedPartition: PartitionID? { segment.partitions[Int(segment.partitionCodes[row])] }

    package var path: ByteString {
        var bytes: [UInt8] = []
        appendPath(to: &bytes)
        return ByteString(bytes)
    }

    /// The path's last component.
    package var name: ByteString {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        appendName(to: &bytes)
        return ByteString(bytes)
    }

    package func appendPath(to bytes: inout [UInt8]) {
        let directory = segment.directories[Int(segment.directoryCodes[row])]
        bytes.reserveCapacity(bytes.count + directory.count + 64)
        bytes.append(contentsOf: directory.bytes)
        appendName(to: &bytes)
    }

    package func appendName(to bytes: inout [UInt8]) {
        let tail = segment.tailRange(of: row)
        segment.tails.withUnsafeBytes {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[tail.range]))
        }
        if tail.isNamedByID { id.appendNameEnding(to: &bytes) }
    }

    /// The normalised keys of the first and last row, where the table has a row key.
    package var keyRange: (min: ByteString, max: ByteString)? {
        var range: (min: ByteString?, max: ByteString?)
        forEachKeptDetail { field in
            if field.tag == .minKey { range.min = ByteString(Array(field.bytes)) }
            if field.tag == .maxKey { range.max = ByteString(Array(field.bytes)) }
            return range.min == nil || range.max == nil
        }
        guard let min = range.min, let max = range.max else { return nil }
        return (min, max)
    }

    /// False for what only moved rows.
    package var dataChange: Bool {
        var found = false
        forEachKeptDetail { field in
            found = field.tag == .noDataChange
            return !found
        }
        return !found
    }

    /// The job that wrote it.
    package var job: JobID? {
        var job: JobID?
        forEachKeptDetail { field in
            if field.tag == .job { job = JobID(UInt64(bitPattern: field.integer)) }
            return job == nil
        }
        return job
    }

    /// Calls `body` with what the segment has itself until it returns false: all details, or where there are
    /// records those that are kept beside them.
    private func forEachKeptDetail(_ body: (FileDetails.Field) -> Bool) {
        segment.details.withUnsafeBytes { all in
            FileDetails.forEach(
                UnsafeRawBufferPointer(rebasing: all[segment.detailRange(of: row)]),
                names: segment.boundNames,
                body)
        }
    }

    /// Calls `body` with every detail until it returns false.
    ///
    /// - Parameter cursor: one for many files: those of a manifest are decompressed once a block.
    package func forEachDetail(
        _ cursor: inout FileRecordCursor, _ body: (FileDetails.Field) -> Bool
    ) {
        var goesOn = true
        forEachKeptDetail { field in
            goesOn = body(field)
            return goesOn
        }
        guard goesOn, let records = segment.records else { return }
        _ = cursor.withRecord(of: self) { records.forEachDetail(of: $0, body) }
    }
}

extension FileView {
    /// The whole entry, decoded. Where it comes from a manifest the first of a block's rows costs a
    /// decompression; the view's own properties never do.
    package var entry: FileEntry {
        var cursor = FileRecordCursor()
        return entry(&cursor)
    }

    /// The same for many files one after the other.
    package func entry(_ cursor: inout FileRecordCursor) -> FileEntry {
        var entry = FileEntry(
            path: path, id: id, partitionValues: partitionValues, sizeBytes: sizeBytes,
            modificationTime: modificationTime)
        entry.rowCount = rowCount
        entry.schemaID = schemaID
        entry.addedAtVersion = addedAtVersion
        entry.addedAtTimestamp = addedAtTimestamp
        entry.partition = namedPartition
        entry.ordinal = ordinal
        forEachDetail(&cursor) { field in
            entry.set(field)
            return true
        }
        return entry
    }
}

extension FileEntry {
    fileprivate mutating func set(_ field: FileDetails.Field) {
        var bytes: ByteString { ByteString(Array(field.bytes)) }
        var bound: ColumnText { ColumnText(column: ByteString(Array(field.column)), text: bytes) }
        switch field.tag {
        case .hasMinValues: minValues = []
        case .hasMaxValues: maxValues = []
        case .hasTags: tags = []
        case .minValue: minValues?.append(bound)
        case .maxValue: maxValues?.append(bound)
        case .tag: tags?.append(bytes)
        case .noDataChange: dataChange = false
        case .stats: stats = bytes
        case .minKey: minKey = bytes
        case .maxKey: maxKey = bytes
        case .source: source = bytes
        case .footerStart: footerStartOffset = field.integer
        case .footerEnd: footerEndOffset = field.integer
        case .mergeOperationCount: mergeOperationCount = Int32(truncatingIfNeeded: field.integer)
        case .uncompressedSize: uncompressedSizeBytes = field.integer
        case .minSequence: minSequence = field.integer
        case .maxSequence: maxSequence = field.integer
        case .deletedRowCount: deletedRowCount = field.integer
        case .job: job = JobID(UInt64(bitPattern: field.integer))
        }
    }
}
