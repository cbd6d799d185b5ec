package import Bytes

extension FileSegment {
    /// The columns of one row about to be appended; its details are written to ``Builder/details`` before.
    @frozen
    @usableFromInline
    package struct Row {
        @usableFromInline package var path: UnsafeRawBufferPointer
        /// From ``Builder/tupleCode(_:make:)``.
        @usableFromInline package var tuple: Int
        /// From ``Builder/partitionCode(_:)`` and ``Builder/schemaCode(_:)``; 0 is nil.
        @usableFromInline package var partition = 0
        @usableFromInline package var schema = 0
        @usableFromInline package var sizeBytes: Int64 = 0
        @usableFromInline package var rowCount: Int64?
        @usableFromInline package var modificationTime: Int64 = 0
        @usableFromInline package var addedAtVersion: Int64 = 0
        @usableFromInline package var addedAtTimestamp: Int64 = 0
        @usableFromInline package var ordinal: Int32 = 0

        @inlinable
        package init(path: UnsafeRawBufferPointer, tuple: Int) {
            self.path = path
            self.tuple = tuple
        }
    }

    /// Fills a segment row by row, from a manifest's bytes or from entries; then the next one, in the same memory.
    package struct Builder: ~Copyable {
        package let partitionColumns: [ByteString]
        let columns: RowColumns
        var tails: [UInt8] = []
        var detailWriter = FileDetails.Writer()
        var directories = ByteInterner()
        var tupleKeys = ByteInterner()
        var tuples: [PartitionTuple] = []
        /// The number of the tuple given last.
        private var lastTuple = -1
        var partitions = ByteInterner()
        var schemas = ByteInterner()
        var totalBytes: Int64 = 0
        var totalRows: Int64 = 0
        /// The numbers that the segment last copied from has here.
        var copied: CopiedCodes?
        /// The same for others that were copied from: rows of many segments may come in turns.
        var copiedBefore: [ObjectIdentifier: CopiedCodes] = [:]
        var cursor = FileRecordCursor()

        /// `partitionColumns` are the table's, in path order.
        package init(partitionColumns: [ByteString], capacity: Int = 0) {
            self.partitionColumns = partitionColumns
            columns = RowColumns(capacity: capacity)
            reserve(capacity)
        }

        /// Makes room for a segment of so many rows.
        package mutating func reserve(_ rows: Int) {
            columns.reserve(rows)
            // About what the tail of a name of ours takes.
            tails.reserveCapacity(rows * 20)
        }

        package var count: Int { columns.count }

        /// The details of the next row.
        package var details: FileDetails.Writer {
            _read { yield detailWriter }
            _modify { yield &detailWriter }
        }

        /// The number of the tuple that `key` stands for; `make` is called for a new one only.
        ///
        /// A key is any bytes that are equal exactly where the tuples are, such as the encoded map of a
        /// manifest's record. Different keys of one tuple cost a number more and do no harm.
        package mutating func tupleCode<E: Error>(
            _ key: UnsafeRawBufferPointer, make: () throws(E) -> PartitionTuple
        ) throws(E) -> Int {
            let known = tupleKeys.count
            let code = tupleKeys.code(key)
            if code == known { tuples.append(try make()) }
            return code
        }

        package mutating func tupleCode(_ tuple: PartitionTuple) -> Int {
            // Files that are committed together mostly share their tuple.
            if lastTuple >= 0, tuples[lastTuple] == tuple { return lastTuple }
            var key = ByteWriter()
            for value in tuple.values {
                guard let value else {
                    key.varint(0)
                    continue
                }
                key.varint(UInt64(value.count) + 1)
                key.append(value)
            }
            lastTuple = key.bytes.withUnsafeBytes { tupleCode($0) { tuple } }
            return lastTuple
        }

        package mutating func partitionCode(_ name: UnsafeRawBufferPointer) -> Int {
            partitions.code(name) + 1
        }

        package mutating func schemaCode(_ id: UnsafeRawBufferPointer) -> Int { schemas.code(id) + 1 }

        /// Takes the row and the details written since the last one.
        package mutating func append(_ row: Row) {
            columns.addRow()
            setPath(row.path)
            columns.set(.size, row.sizeBytes)
            columns.set(.rowCount, row.rowCount ?? -1)
            columns.set(.modificationTime, row.modificationTime)
            columns.set(.version, row.addedAtVersion)
            columns.set(.timestamp, row.addedAtTimestamp)
            columns.set(.ordinal, Int64(row.ordinal))
            columns.set(.tuple, Int64(row.tuple))
            columns.set(.partition, Int64(row.partition))
            columns.set(.schema, Int64(row.schema))
            setDetailEnd()
            totalBytes += row.sizeBytes
            totalRows += row.rowCount ?? 0
        }

        /// Appends entries, borrowed one after the other: copying one retains a dozen arrays.
        package mutating func append(contentsOf entries: [FileEntry]) {
            entries.withUnsafeBufferPointer { entries in
                guard let first = entries.baseAddress else { return }
                for index in entries.indices {
                    append(first[index])
                    guard index == 63 else { continue }
                    // The others' details will be about as long.
                    let bytes = detailWriter.bytes.count
                    detailWriter.bytes.bytes.reserveCapacity(bytes + (entries.count - 64) * bytes / 60)
                }
            }
        }

        package mutating func append(_ entry: borrowing FileEntry) {
            var row = Row(
                path: UnsafeRawBufferPointer(start: nil, count: 0), tuple: tupleCode(entry.partitionValues))
            if let partition = entry.partition {
                row.partition = partition.name.withUnsafeBytes { partitionCode($0) }
            }
            if let schema = entry.schemaID { row.schema = schema.withUnsafeBytes { schemaCode($0) } }
            row.sizeBytes = entry.sizeBytes
            row.rowCount = entry.rowCount
            row.modificationTime = entry.modificationTime
            row.addedAtVersion = entry.addedAtVersion.rawValue
            row.addedAtTimestamp = entry.addedAtTimestamp
            row.ordinal = entry.ordinal
            detailWriter.append(entry)
            entry.path.withUnsafeBytes { path in
                row.path = path
                append(row)
            }
        }

        /// The rows as a segment; the builder is empty again.
        ///
        /// With `records` the segment takes its rows' details from there, but for those that
        /// ``FileDetails/Tag/isKept`` names: only they may have been written.
        package mutating func finish(records: (any FileRecords)? = nil) -> FileSegment {
            let segment = FileSegment(self, records: records)
            columns.removeAll()
            tails.removeAll(keepingCapacity: true)
            detailWriter.bytes.removeAll()
            detailWriter.names = ByteInterner()
            directories = ByteInterner()
            tupleKeys = ByteInterner()
            tuples = []
            lastTuple = -1
            partitions = ByteInterner()
            schemas = ByteInterner()
            totalBytes = 0
            totalRows = 0
            copied = nil
            copiedBefore = [:]
            cursor = FileRecordCursor()
            return segment
        }

        /// Sets the fields of the last row that its path makes.
        private mutating func setPath(_ path: UnsafeRawBufferPointer) {
            var (length, directory) = directories.lastPrefix(of: path)
            if directory < 0 {
                length = Self.directoryLength(path)
                directory = directories.code(UnsafeRawBufferPointer(rebasing: path[..<length]))
            }
            columns.set(.directory, Int64(directory))
            let name = UnsafeRawBufferPointer(rebasing: path[length...])
            if let id = FileID.named(at: name) {
                columns.set(.id, Int64(bitPattern: id))
                appendTail(UnsafeRawBufferPointer(rebasing: name[..<(name.count - FileID.suffixLength)]), 1)
            } else {
                columns.set(.id, Int64(bitPattern: FileID(path: path).rawValue))
                appendTail(name, 0)
            }
        }

        /// The length of everything up to the last slash, with it.
        private static func directoryLength(_ path: UnsafeRawBufferPointer) -> Int {
            var slash = path.count
            while slash > 0, path[slash - 1] != UInt8(ascii: "/") { slash -= 1 }
            return slash
        }

        mutating func appendTail(_ tail: UnsafeRawBufferPointer, _ isNamedByID: Int64) {
            tails.append(contentsOf: tail)
            precondition(tails.count <= Int(UInt32.max >> 1), "a segment's paths pass 2 GiB")
            columns.set(.tailEnd, Int64(tails.count) << 1 | isNamedByID)
        }

        mutating func setDetailEnd() {
            precondition(detailWriter.bytes.count <= Int(UInt32.max), "a segment's details pass 4 GiB")
            columns.set(.detailEnd, Int64(detailWriter.bytes.count))
        }
    }
}
