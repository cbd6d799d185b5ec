import Bytes

/// What the numbers of one segment are in a builder that copies rows of it; -1 where not known yet.
struct CopiedCodes: Sendable {
    let segment: FileSegment
    var tuples: [Int64]
    var partitions: [Int64]
    var schemas: [Int64]
    var directories: [Int64]
    /// Whether the columns of bounds have the same numbers, so that details are copied as they are.
    let sameNames: Bool

    init(_ segment: FileSegment, sameNames: Bool) {
        self.segment = segment
        self.sameNames = sameNames
        tuples = [Int64](repeating: -1, count: segment.tuples.count)
        partitions = [Int64](repeating: -1, count: segment.partitions.count)
        schemas = [Int64](repeating: -1, count: segment.schemas.count)
        directories = [Int64](repeating: -1, count: segment.directories.count)
    }
}

extension FileSegment.Builder {
    /// Files of other segments, in their order.
    package mutating func append(contentsOf files: Slice<RootFiles>) {
        for index in files.indices {
            let place = files.base.places[index]
            append(Int(place & 0xFFFF_FFFF), of: files.base.segments[Int(place >> 32)])
        }
    }

    /// A row of another segment, its details copied as they are where the columns have the same numbers.
    ///
    /// - Parameter withRecord: whether the new segment is given records that have the row's details, so that
    ///   only what ``FileDetails/Tag/isKept`` names is copied.
    package mutating func append(_ row: Int, of segment: FileSegment, withRecord: Bool = false) {
        var codes = takeCodes(of: segment)
        columns.addRow()
        appendDetails(of: row, segment, codes.sameNames, withRecord)
        columns.set(.directory, directoryCode(of: row, &codes))
        columns.set(.tuple, tupleCode(of: row, &codes))
        columns.set(.partition, partitionCode(of: row, &codes))
        columns.set(.schema, schemaCode(of: row, &codes))
        copied = codes
        let tail = segment.tailRange(of: row)
        segment.tails.withUnsafeBytes {
            appendTail(UnsafeRawBufferPointer(rebasing: $0[tail.range]), tail.isNamedByID ? 1 : 0)
        }
        let (size, rowCount) = (segment.sizes[row], segment.rowCounts[row])
        columns.set(.id, Int64(bitPattern: segment.ids[row]))
        columns.set(.size, size)
        columns.set(.rowCount, rowCount)
        columns.set(.modificationTime, segment.modificationTimes[row])
        columns.set(.version, segment.versions[row])
        columns.set(.timestamp, segment.timestamps[row])
        columns.set(.ordinal, segment.ordinals[row])
        totalBytes += size
        totalRows += max(0, rowCount)
    }

    /// The codes of the segment, taken out of the builder so that they are changed in place.
    private mutating func takeCodes(of segment: FileSegment) -> CopiedCodes {
        if let known = copied {
            copied = nil
            if known.segment === segment { return known }
            copiedBefore[ObjectIdentifier(known.segment)] = known
            if let earlier = copiedBefore.removeValue(forKey: ObjectIdentifier(segment)) { return earlier }
        }
        if detailWriter.names.count == 0 {
            for name in segment.boundNames { _ = detailWriter.names.code(name) }
        }
        // Names are only ever added, so what is a prefix now stays one.
        return CopiedCodes(segment, sameNames: detailWriter.names.values.starts(with: segment.boundNames))
    }

    private mutating func appendDetails(
        of row: Int, _ segment: FileSegment, _ sameNames: Bool, _ withRecord: Bool
    ) {
        segment.details.withUnsafeBytes { all in
            let details = UnsafeRawBufferPointer(rebasing: all[segment.detailRange(of: row)])
            if withRecord, segment.records == nil {
                detailWriter.append(details, names: segment.boundNames) { $0.isKept }
            } else if sameNames {
                detailWriter.bytes.append(details)
            } else {
                detailWriter.append(details, names: segment.boundNames) { _ in true }
            }
        }
        if !withRecord, let records = segment.records {
            var cursor = self.cursor
            _ = cursor.withRecord(of: row, in: segment) {
                records.forEachDetail(of: $0) { field in
                    detailWriter.append(field)
                    return true
                }
            }
            self.cursor = cursor
        }
        setDetailEnd()
    }

    private mutating func directoryCode(of row: Int, _ codes: inout CopiedCodes) -> Int64 {
        let old = Int(codes.segment.directoryCodes[row])
        if codes.directories[old] < 0 {
            codes.directories[old] = Int64(directories.code(codes.segment.directories[old]))
        }
        return codes.directories[old]
    }

    private mutating func tupleCode(of row: Int, _ codes: inout CopiedCodes) -> Int64 {
        let old = Int(codes.segment.tupleCodes[row])
        if codes.tuples[old] < 0 { codes.tuples[old] = Int64(tupleCode(codes.segment.tuples[old])) }
        return codes.tuples[old]
    }

    private mutating func partitionCode(of row: Int, _ codes: inout CopiedCodes) -> Int64 {
        let old = Int(codes.segment.partitionCodes[row])
        if codes.partitions[old] < 0 {
            let id = codes.segment.partitions[old]
            codes.partitions[old] = Int64(id.map { $0.name.withUnsafeBytes { partitionCode($0) } } ?? 0)
        }
        return codes.partitions[old]
    }

    private mutating func schemaCode(of row: Int, _ codes: inout CopiedCodes) -> Int64 {
        let old = Int(codes.segment.schemaCodes[row])
        if codes.schemas[old] < 0 {
            let id = codes.segment.schemas[old]
            codes.schemas[old] = Int64(id.map { $0.withUnsafeBytes { schemaCode($0) } } ?? 0)
        }
        return codes.schemas[old]
    }
}

extension FileDetails.Writer {
    /// Those of the details whose tag is wanted; their bounds are numbered by `names`.
    fileprivate mutating func append(
        _ details: UnsafeRawBufferPointer, names: [ByteString], where isWanted: (FileDetails.Tag) -> Bool
    ) {
        FileDetails.forEach(details, names: names) { field in
            if isWanted(field.tag) { append(field) }
            return true
        }
    }
}
