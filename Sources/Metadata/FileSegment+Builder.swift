package import Bytes

extension FileSegment {
    /// The columns of one row about to be appended; its details are written to ``Builder/details`` before.
    package struct Row {
        package var path: UnsafeRawBufferPointer
        /// From ``Builder/tupleCode(_:make:)``.
        package var tuple: Int
        /// From ``Builder/partitionCode(_:)`` and ``Builder/schemaCode(_:)``; 0 is nil.
        package var partition = 0
        package var schema = 0
        package var sizeBytes: Int64 = 0
        package var rowCount: Int64?
        package var modificationTime: Int64 = 0
        package var addedAtVersion: Int64 = 0
        package var addedAtTimestamp: Int64 = 0
        package var ordinal: Int32 = 0

        package init(path: UnsafeRawBufferPointer, tuple: Int) {
            self.path = path
            self.tuple = tuple
        }
    }

    /// Fills a segment row by row, from a manifest's bytes or from entries.
    package struct Builder {
        let partitionColumns: [ByteString]
        var ids: [UInt64] = []
        var sizes: [Int64] = []
        var rowCounts: [Int64] = []
        var modificationTimes: [Int64] = []
        var versions: [Int64] = []
        var timestamps: [Int64] = []
        var ordinals: [Int64] = []
        var directoryCodes: [Int64] = []
        var tupleCodes: [Int64] = []
        var partitionCodes: [Int64] = []
        var schemaCodes: [Int64] = []
        var tailEnds: [UInt32] = []
        var tails: [UInt8] = []
        var detailEnds: [UInt32] = []
        var detailWriter = FileDetails.Writer()
        var directories = ByteInterner()
        var tupleKeys = ByteInterner()
        var tuples: [PartitionTuple] = []
        var partitions = ByteInterner()
        var schemas = ByteInterner()
        var totalBytes: Int64 = 0
        var totalRows: Int64 = 0
        /// The numbers that the segment last copied from has here.
        var copied: CopiedCodes?

        /// `partitionColumns` are the table's, in path order.
        package init(partitionColumns: [ByteString], capacity: Int = 0) {
            self.partitionColumns = partitionColumns
            guard capacity > 0 else { return }
            ids.reserveCapacity(capacity)
            tailEnds.reserveCapacity(capacity)
            detailEnds.reserveCapacity(capacity)
            let columns: [WritableKeyPath<Builder, [Int64]>] = [
                \.sizes, \.rowCounts, \.modificationTimes, \.versions, \.timestamps, \.ordinals,
                \.directoryCodes, \.tupleCodes, \.partitionCodes, \.schemaCodes,
            ]
            for column in columns { self[keyPath: column].reserveCapacity(capacity) }
            // About what one of our own rows takes; what is spare is given back at the end.
            tails.reserveCapacity(capacity * 17)
            detailWriter.bytes.bytes.reserveCapacity(capacity * 48)
        }

        package var count: Int { ids.count }

        /// The details of the next row.
        package var details: FileDetails.Writer {
            _read { yield detailWriter }
            _modify { yield &detailWriter }
        }

        /// The number of the tuple that `key` stands for; `make` is called for a new one only.
        ///
        /// A key is any bytes that are equal exactly where the tuples are, such as the encoded map of a
        /// manifest's record. Different keys of one tuple cost a number more and do no harm.
        package mutating func tupleCode(
            _ key: UnsafeRawBufferPointer, make: () throws -> PartitionTuple
        ) rethrows -> Int {
            let known = tupleKeys.values.count
            let code = tupleKeys.code(key)
            if code == known { tuples.append(try make()) }
            return code
        }

        package mutating func tupleCode(_ tuple: PartitionTuple) -> Int {
            var key = ByteWriter()
            for value in tuple.values {
                guard let value else {
                    key.varint(0)
                    continue
                }
                key.varint(UInt64(value.count) + 1)
                key.append(value)
            }
            return key.bytes.withUnsafeBytes { tupleCode($0) { tuple } }
        }

        package mutating func partitionCode(_ name: UnsafeRawBufferPointer) -> Int {
            partitions.code(name) + 1
        }

        package mutating func schemaCode(_ id: UnsafeRawBufferPointer) -> Int { schemas.code(id) + 1 }

        /// Takes the row and the details written since the last one.
        package mutating func append(_ row: Row) {
            appendPath(row.path)
            sizes.append(row.sizeBytes)
            rowCounts.append(row.rowCount ?? -1)
            modificationTimes.append(row.modificationTime)
            versions.append(row.addedAtVersion)
            timestamps.append(row.addedAtTimestamp)
            ordinals.append(Int64(row.ordinal))
            tupleCodes.append(Int64(row.tuple))
            partitionCodes.append(Int64(row.partition))
            schemaCodes.append(Int64(row.schema))
            precondition(detailWriter.bytes.count <= Int(UInt32.max), "a segment's details pass 4 GiB")
            detailEnds.append(UInt32(detailWriter.bytes.count))
            totalBytes += row.sizeBytes
            totalRows += row.rowCount ?? 0
        }

        package mutating func append(_ entry: FileEntry) {
            let tuple = tupleCode(entry.partitionValues)
            let partition = entry.partition.map { $0.name.withUnsafeBytes { partitionCode($0) } } ?? 0
            let schema = entry.schemaID.map { $0.withUnsafeBytes { schemaCode($0) } } ?? 0
            detailWriter.append(entry)
            entry.path.withUnsafeBytes { path in
                var row = Row(path: path, tuple: tuple)
                row.partition = partition
                row.schema = schema
                row.sizeBytes = entry.sizeBytes
                row.rowCount = entry.rowCount
                row.modificationTime = entry.modificationTime
                row.addedAtVersion = entry.addedAtVersion.rawValue
                row.addedAtTimestamp = entry.addedAtTimestamp
                row.ordinal = entry.ordinal
                append(row)
            }
        }

        package consuming func finish() -> FileSegment { FileSegment(self) }

        private mutating func appendPath(_ path: UnsafeRawBufferPointer) {
            var slash = path.count
            while slash > 0, path[slash - 1] != UInt8(ascii: "/") { slash -= 1 }
            directoryCodes.append(Int64(directories.code(UnsafeRawBufferPointer(rebasing: path[..<slash]))))
            var tail = UnsafeRawBufferPointer(rebasing: path[slash...])
            let named = FileID.named(at: tail)
            if let named {
                ids.append(named)
                tail = UnsafeRawBufferPointer(rebasing: tail[..<(tail.count - FileID.suffixLength)])
            } else {
                ids.append(FileID(path: path).rawValue)
            }
            tails.append(contentsOf: tail)
            precondition(tails.count <= Int(UInt32.max >> 1), "a segment's paths pass 2 GiB")
            tailEnds.append(UInt32(tails.count) << 1 | (named == nil ? 0 : 1))
        }
    }
}
