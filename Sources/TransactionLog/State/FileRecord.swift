import Avro
import Bytes
import Metadata

/// A record of ``AvroSchemas/fileEntry``, its parts borrowed from the bytes that it stands in.
///
/// The fast way for manifests with exactly that schema: one walk, without a plan. It reads every byte of the
/// record, also what its caller does not look at, so that a record once read is known to be well-formed.
struct FileRecord {
    typealias Borrowed = UnsafeRawBufferPointer

    var path: Borrowed
    /// Encoded.
    var partitionValues: Borrowed
    var sizeBytes: Int64
    var modificationTime: Int64
    var dataChange: Bool
    var stats: Borrowed?
    /// Encoded, as are the other maps and arrays.
    var minValues: Borrowed?
    var maxValues: Borrowed?
    var rowCount: Int64?
    var footerStartOffset: Int64?
    var footerEndOffset: Int64?
    var tags: Borrowed?
    var mergeOperationCount: Int32?
    var schemaID: Borrowed?
    var uncompressedSizeBytes: Int64?
    var addedAtVersion: Int64
    var addedAtTimestamp: Int64
    var partition: Borrowed?
    var minKey: Borrowed?
    var maxKey: Borrowed?
    var ordinal: Int32
    var minSequence: Int64?
    var maxSequence: Int64?
    var deletedRowCount: Int64
    var job: Int64?
    var source: Borrowed?

    /// Reads the record whose fields come next.
    @inline(__always)
    init(_ fields: inout RecordCursor) throws(DecodeError) {
        path = try fields.string()
        partitionValues = try fields.strings(perItem: 2)
        sizeBytes = try fields.long()
        modificationTime = try fields.long()
        dataChange = try fields.boolean()
        stats = try fields.isNull() ? nil : try fields.string()
        minValues = try fields.isNull() ? nil : try fields.strings(perItem: 2)
        maxValues = try fields.isNull() ? nil : try fields.strings(perItem: 2)
        rowCount = try fields.isNull() ? nil : try fields.long()
        footerStartOffset = try fields.isNull() ? nil : try fields.long()
        footerEndOffset = try fields.isNull() ? nil : try fields.long()
        // hasFooterOffsets: the offsets themselves say it.
        _ = try fields.boolean()
        tags = try fields.isNull() ? nil : try fields.strings(perItem: 1)
        mergeOperationCount = try fields.isNull() ? nil : try fields.int()
        schemaID = try fields.isNull() ? nil : try fields.string()
        uncompressedSizeBytes = try fields.isNull() ? nil : try fields.long()
        addedAtVersion = try fields.long()
        addedAtTimestamp = try fields.long()
        partition = try fields.isNull() ? nil : try fields.string()
        minKey = try fields.isNull() ? nil : try fields.string()
        maxKey = try fields.isNull() ? nil : try fields.string()
        ordinal = try fields.int()
        minSequence = try fields.isNull() ? nil : try fields.long()
        maxSequence = try fields.isNull() ? nil : try fields.long()
        deletedRowCount = try fields.long()
        job = try fields.isNull() ? nil : try fields.long()
        source = try fields.isNull() ? nil : try fields.string()
    }
}

extension FileRecord {
    /// Calls `body` with each string of an encoded array, or with each key and value of an encoded map in turn,
    /// until it returns false.
    ///
    /// The bytes were walked through when the record was read, so what could be wrong has been told.
    static func forEachString(
        in encoded: Borrowed, perItem: Int, _ body: (Borrowed) -> Bool
    ) throws(DecodeError) {
        var decoder = AvroDecoder(encoded)
        while true {
            let head = try decoder.blockHead()
            if head.count == 0 { return }
            for _ in 0..<(head.count * perItem) where !body(try decoder.bytes()) { return }
        }
    }

    /// Calls `body` with the details that a segment with records leaves to them, until it returns false.
    func forEachDetail(_ body: (FileDetails.Field) -> Bool) throws(DecodeError) {
        guard try Self.forEachBound(minValues, .hasMinValues, .minValue, body),
            try Self.forEachBound(maxValues, .hasMaxValues, .maxValue, body)
        else { return }
        if let stats, !body(.init(.stats, stats)) { return }
        if let source, !body(.init(.source, source)) { return }
        let numbers: [(FileDetails.Tag, Int64?)] = [
            (.footerStart, footerStartOffset), (.footerEnd, footerEndOffset),
            (.mergeOperationCount, mergeOperationCount.map { Int64($0) }),
            (.uncompressedSize, uncompressedSizeBytes), (.minSequence, minSequence),
            (.maxSequence, maxSequence), (.deletedRowCount, deletedRowCount == 0 ? nil : deletedRowCount),
        ]
        for case (let tag, let number?) in numbers where !body(.init(tag, number)) { return }
        guard let tags, body(.init(.hasTags)) else { return }
        try Self.forEachString(in: tags, perItem: 1) { body(.init(.tag, $0)) }
    }

    /// False where `body` was.
    private static func forEachBound(
        _ bounds: Borrowed?, _ present: FileDetails.Tag, _ tag: FileDetails.Tag,
        _ body: (FileDetails.Field) -> Bool
    ) throws(DecodeError) -> Bool {
        guard let bounds else { return true }
        var goesOn = body(.init(present))
        guard goesOn else { return false }
        var column: Borrowed?
        try forEachString(in: bounds, perItem: 2) { string in
            guard let name = column else {
                column = string
                return true
            }
            column = nil
            goesOn = body(.init(tag, column: name, text: string))
            return goesOn
        }
        return goesOn
    }

    /// Writes the details that every segment keeps.
    @inline(__always)
    func appendKept(to writer: inout FileDetails.Writer) {
        if !dataChange { writer.flag(.noDataChange) }
        if let minKey { writer.bytes(.minKey, minKey) }
        if let maxKey { writer.bytes(.maxKey, maxKey) }
        if let job { writer.integer(.job, job) }
    }
}
