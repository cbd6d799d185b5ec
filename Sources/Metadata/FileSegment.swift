import Bytes
import Synchronization

/// Some files' entries as columns: what one manifest lists, or what was committed since the last one.
///
/// Immutable and shared by all states that hold it. There is no object, string or dictionary a file: integers
/// lie in narrow columns, the ends of paths in one arena, directories and tuples are numbers, and what is
/// rarely asked for stays encoded: in an arena of its own, or compressed in the manifest's records.
package final class FileSegment: Sendable {
    package let count: Int

    let ids: [UInt64]
    let sizes: IntegerColumn
    /// -1 where unknown.
    let rowCounts: IntegerColumn
    let modificationTimes: IntegerColumn
    let versions: IntegerColumn
    let timestamps: IntegerColumn
    let ordinals: IntegerColumn
    /// Numbers into `directories`, `tuples`, `partitions` and `schemas`; 0 of the last two is nil.
    let directoryCodes: IntegerColumn
    let tupleCodes: IntegerColumn
    let partitionCodes: IntegerColumn
    let schemaCodes: IntegerColumn
    /// Ends of the rows' tails in `tails`, shifted left by one; the low bit says that the rest of the name is
    /// `-<id>.parquet` and is left out.
    let tailEnds: [UInt32]
    let tails: [UInt8]
    /// Empty where no row has details here.
    let detailEnds: [UInt32]
    /// All details of each row, or where there are records those that are asked of every file.
    let details: [UInt8]
    /// The manifest's records, which have the other details; nil where `details` has all.
    package let records: (any FileRecords)?

    /// Directories of paths, with the slash at their end.
    let directories: [ByteString]
    /// The different partition values of the rows, in no order; more than one entry may be of one tuple.
    package let tuples: [PartitionTuple]
    let partitionColumns: [ByteString]
    let partitions: [PartitionID?]
    let schemas: [ByteString?]
    /// Names of the columns that have bounds.
    let boundNames: [ByteString]

    package let totalBytes: Int64
    /// Files of unknown row count add nothing.
    package let totalRows: Int64

    private let lookupTable = Mutex<FileLookup?>(nil)
    private let rootNumbers = Mutex<RootNumbers?>(nil)
    private let rootOrder = Mutex<RootOrder?>(nil)
    private let namedRows = Mutex<NamedRows?>(nil)

    init(_ builder: borrowing Builder, records: (any FileRecords)?) {
        let columns = builder.columns
        count = columns.count
        ids = columns.column(.id, as: UInt64.self)
        sizes = IntegerColumn(columns[.size])
        rowCounts = IntegerColumn(columns[.rowCount])
        modificationTimes = IntegerColumn(columns[.modificationTime])
        versions = IntegerColumn(columns[.version])
        timestamps = IntegerColumn(columns[.timestamp])
        ordinals = IntegerColumn(columns[.ordinal])
        directoryCodes = IntegerColumn(columns[.directory])
        tupleCodes = IntegerColumn(columns[.tuple])
        partitionCodes = IntegerColumn(columns[.partition])
        schemaCodes = IntegerColumn(columns[.schema])
        tailEnds = columns.column(.tailEnd, as: UInt32.self)
        tails = exact(builder.tails)
        details = exact(builder.detailWriter.bytes.bytes)
        detailEnds = details.isEmpty ? [] : columns.column(.detailEnd, as: UInt32.self)
        self.records = records
        directories = builder.directories.values
        tuples = builder.tuples
        partitions = [nil] + builder.partitions.values.map { PartitionID($0) }
        schemas = [nil] + builder.schemas.values
        boundNames = builder.detailWriter.names.values
        partitionColumns = builder.partitionColumns
        totalBytes = builder.totalBytes
        totalRows = builder.totalRows
    }

    /// Memory of the columns, arenas, dictionaries and records, without the lazily made indexes.
    package var byteCount: Int {
        let columns = [
            sizes, rowCounts, modificationTimes, versions, timestamps, ordinals, directoryCodes, tupleCodes,
            partitionCodes, schemaCodes,
        ]
        let fixed = ids.capacity * 8 + tailEnds.capacity * 4 + detailEnds.capacity * 4
        let names = directories.reduce(0) { $0 + $1.count + 48 }
        return columns.reduce(fixed) { $0 + $1.byteCount } + tails.capacity + details.capacity + names
            + tuples.count * 96 + (records?.byteCount ?? 0)
    }

    /// The row of the file, made findable at the first call.
    package func row(of id: FileID) -> Int? {
        let lookup = lookupTable.withLock { table in
            if let table { return table }
            let made = FileLookup(ids)
            table = made
            return made
        }
        return lookup.row(of: id.rawValue, in: ids)
    }

    /// The root partitions, made at the first call: a small segment is mostly merged before anyone asks.
    var roots: RootNumbers {
        rootNumbers.withLock { numbers in
            if let numbers { return numbers }
            let made = RootNumbers(tuples, columns: partitionColumns)
            numbers = made
            return made
        }
    }

    /// The rows by root partition and path, made at the first call.
    var order: RootOrder {
        rootOrder.withLock { order in
            if let order { return order }
            let made = RootOrder(self)
            order = made
            return made
        }
    }

    /// The rows by the partition that they name, made at the first call.
    var named: NamedRows {
        namedRows.withLock { named in
            if let named { return named }
            let made = NamedRows(self)
            named = made
            return made
        }
    }

    package subscript(row: Int) -> FileView { FileView(segment: self, row: row) }

    func tailRange(of row: Int) -> (range: Range<Int>, isNamedByID: Bool) {
        let end = tailEnds[row]
        let start = row == 0 ? 0 : tailEnds[row - 1] >> 1
        return (Int(start)..<Int(end >> 1), end & 1 == 1)
    }

    func detailRange(of row: Int) -> Range<Int> {
        if detailEnds.isEmpty { return 0..<0 }
        return Int(row == 0 ? 0 : detailEnds[row - 1])..<Int(detailEnds[row])
    }
}

/// A copy without spare capacity: the array is filled again for the next segment.
private func exact(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bytes.count) { target, count in
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
        count = bytes.count
    }
}
