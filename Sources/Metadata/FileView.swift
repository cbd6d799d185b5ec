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
    package var partition: PartitionID { segment.partitions[Int(segment.partitionCodes[row])] ?? root }

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
        segment.tails.withUnsafeBytes { bytes.append(contentsOf: $0[tail.range]) }
        guard tail.isNamedByID else { return }
        bytes.append(UInt8(ascii: "-"))
        id.appendDigits(to: &bytes)
        bytes.append(contentsOf: ".parquet".utf8)
    }

    /// The normalised keys of the first and last row, where the table has a row key.
    package var keyRange: (min: ByteString, max: ByteString)? {
        var range: (min: ByteString?, max: ByteString?)
        forEachDetail { field in
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
        forEachDetail { field in
            found = field.tag == .noDataChange
            return !found
        }
        return !found
    }

    /// The job that wrote it.
    package var job: JobID? {
        var job: JobID?
        forEachDetail { field in
            if field.tag == .job { job = JobID(UInt64(bitPattern: field.integer)) }
            return job == nil
        }
        return job
    }

    func forEachDetail(_ body: (FileDetails.Field) -> Bool) {
        segment.details.withUnsafeBytes { all in
            FileDetails.forEach(UnsafeRawBufferPointer(rebasing: all[segment.detailRange(of: row)]), body)
        }
    }
}

extension FileView {
    /// The whole entry, decoded.
    package var entry: FileEntry {
        var entry = FileEntry(
            path: path, id: id, partitionValues: partitionValues, sizeBytes: sizeBytes,
            modificationTime: modificationTime)
        entry.rowCount = rowCount
        entry.schemaID = schemaID
        entry.addedAtVersion = addedAtVersion
        entry.addedAtTimestamp = addedAtTimestamp
        entry.partition = segment.partitions[Int(segment.partitionCodes[row])]
        entry.ordinal = ordinal
        forEachDetail { field in
            entry.set(field, names: segment.boundNames)
            return true
        }
        return entry
    }
}

extension FileEntry {
    fileprivate mutating func set(_ field: FileDetails.Field, names: [ByteString]) {
        var bytes: ByteString { ByteString(Array(field.bytes)) }
        switch field.tag {
        case .hasMinValues: minValues = []
        case .hasMaxValues: maxValues = []
        case .hasTags: tags = []
        case .minValue: minValues?.append(ColumnText(column: names[field.nameCode], text: bytes))
        case .maxValue: maxValues?.append(ColumnText(column: names[field.nameCode], text: bytes))
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
