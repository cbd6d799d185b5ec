/// The encoded records of a segment's rows, where they stand in a manifest: what the segment's columns leave
/// out is decoded from its record when it is asked for.
///
/// Whoever makes one has read every record from end to end, so that asking later neither fails nor does I/O.
package protocol FileRecords: AnyObject, Sendable {
    /// The block that holds the row.
    func block(of row: Int) -> FileRecordBlock

    /// Calls `body` with each detail of a record that segments with records do not keep (all but those of
    /// ``FileDetails/Tag/isKept``) until it returns false.
    func forEachDetail(of record: UnsafeRawBufferPointer, _ body: (FileDetails.Field) -> Bool)

    /// Memory that the records take.
    var byteCount: Int { get }
}

/// The records of some neighbouring rows, decompressed.
package final class FileRecordBlock: Sendable {
    private let firstRow: Int
    private let content: [UInt8]
    /// Where each row's record ends.
    private let ends: [UInt32]

    package init(firstRow: Int, content: [UInt8], ends: [UInt32]) {
        precondition(Int(ends.last ?? 0) <= content.count, "a record ends beyond its block")
        self.firstRow = firstRow
        self.content = content
        self.ends = ends
    }

    package func contains(_ row: Int) -> Bool { row >= firstRow && row - firstRow < ends.count }

    /// Calls `body` with the record of one of the block's rows; the bytes are valid during the call.
    package func withRecord<R, E: Error>(
        of row: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let index = row - firstRow
        let start = index == 0 ? 0 : Int(ends[index - 1])
        let end = Int(ends[index])
        // `withUnsafeBytes` rethrows untyped; a Result carries the type through it.
        let result = content.withUnsafeBytes { all -> Result<R, E> in
            do throws(E) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: all[start..<end])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Goes from record to record and keeps the block that it stands in: rows in about the order of their segments
/// cost no decompression a row. Not shared between threads; each takes its own.
package struct FileRecordCursor: Sendable {
    private var records: (any FileRecords)?
    private var block: FileRecordBlock?

    package init() {}

    /// Calls `body` with the row's record as it stands in the manifest, to be copied as it is; nil where the
    /// segment has no records (its rows were never in a manifest, or in one of another schema).
    ///
    /// The record says what the row's ``FileView`` says; the bytes are valid during the call.
    package mutating func withRecord<R, E: Error>(
        of row: Int, in segment: FileSegment, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R? {
        guard let wanted = segment.records else { return nil }
        if let block, wanted === records, block.contains(row) { return try block.withRecord(of: row, body) }
        let found = wanted.block(of: row)
        records = wanted
        block = found
        return try found.withRecord(of: row, body)
    }

    package mutating func withRecord<R, E: Error>(
        of view: FileView, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R? {
        try withRecord(of: view.row, in: view.segment, body)
    }
}
