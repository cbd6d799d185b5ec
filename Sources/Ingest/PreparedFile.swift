import Bytes
import Metadata
import Platform
import Records

/// A complete file, open and known by its hash; where it is small, with its rows.
struct PreparedFile: Sendable {
    let content: StagedContent
    let hash: ByteString
    /// The rows, where they were read ahead of the transaction.
    private(set) var rows: Rows?

    /// Rows in memory, in the schema that the table had when they were read.
    struct Rows: Sendable {
        var schemaID: ByteString
        var batches: [ColumnBatch] = []
        var rowCount: Int64 = 0
        var sizeBytes = 0
    }

    /// How a file can go into the table.
    enum Fitness: Sendable {
        /// Its rows are in memory: it may share a transaction.
        case together
        /// It makes or changes the table's schema.
        case alone
        /// It is read while it is written: its rows are many, or much more than its bytes.
        case streamed
    }

    /// Files up to this size are read ahead.
    static let smallFileBytes: Int64 = 1 << 20
    /// What a small file's rows may take in memory; compressed text may become much more than it is.
    static let rowBytesLimit = 8 << 20

    init(
        _ file: StagedFile, _ cancellation: Cancellation, onRead: StagedContent.OnRead? = nil
    ) throws(IngestRefusal) {
        do {
            content = try StagedContent(file, onRead: onRead)
            hash = try content.hash(cancellation)
        } catch {
            throw IngestRefusal(cause: error).about(file)
        }
    }

    var file: StagedFile { content.file }

    /// What the file takes in memory while it waits.
    var heldBytes: Int { max(rows?.sizeBytes ?? 0, content.sizeBytes) }

    /// True where the rows are in memory in that schema.
    func isRead(in schemaID: ByteString?) -> Bool { rows != nil && rows?.schemaID == schemaID }

    /// Reads the rows in the table's schema, where they are not in memory in that schema already.
    mutating func readRows(
        _ state: TableState, _ cancellation: Cancellation
    ) throws(IngestRefusal) -> Fitness {
        if file.sizeBytes > Self.smallFileBytes { return .streamed }
        if isRead(in: state.schemaID) { return .together }
        rows = nil
        if state.definition.schema == nil { return .alone }
        do {
            let plan = try SchemaPlan(state, [content], cancellation)
            if plan.isChanged { return .alone }
            let reader = try RowReader(
                content, schema: plan.schema, kind: plan.definition.kind, cancellation: cancellation)
            var read = Rows(schemaID: plan.schemaID)
            while let batch = try reader.next() {
                read.batches.append(batch)
                read.rowCount += Int64(batch.rowCount)
                read.sizeBytes += batch.byteCount
                if read.sizeBytes > Self.rowBytesLimit { return .streamed }
            }
            rows = read
            return .together
        } catch {
            throw IngestRefusal(cause: error).about(file)
        }
    }

    /// The receipt by which the file was taken before; nil where it was not, or where the table takes it again.
    /// Throws where the table refuses such files.
    func receipt(in state: TableState, now: Int64) throws(IngestRefusal) -> IngestReceipt? {
        let rule = state.properties.ingestDuplicates
        guard rule != .append, let receipt = state.receipt(file.receiptName, hash, now: now) else {
            return nil
        }
        guard rule == .refuse else { return receipt }
        throw IngestRefusal(
            .eexist, .duplicate,
            "the same content was taken under this name in version \(receipt.version)",
            path: file.relativePath,
            remedy: "copy it under another name, or set ingest.duplicates to append")
    }
}
