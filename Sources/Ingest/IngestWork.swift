import Bytes
import Merge
import Metadata
import Platform
import TransactionLog

/// Writes files into the table as one transaction.
struct IngestWork {
    let context: TableContext
    let memory: MemoryBudget
    let cancellation: Cancellation

    /// What stands in the table.
    struct Taken {
        var version: Version
        var entries: [FileEntry]
        /// Of each file.
        var rowCounts: [Int64]
    }

    init(_ service: IngestService, _ cancellation: Cancellation) {
        context = service.context
        memory = service.memory
        self.cancellation = cancellation
    }

    /// One try against a state; nil where another writer was first and the newest state must be looked at again.
    ///
    /// When it throws nothing was committed, and nothing that was written is left, but after `unknownOutcome`.
    func attempt(_ files: [PreparedFile], _ state: TableState) throws -> Taken? {
        let writing = context.openWrites.begin(context.clock)
        defer { withExtendedLifetime(writing) {} }
        let areRead = files.allSatisfy { $0.isRead(in: state.schemaID) }
        let plan = try SchemaPlan(state, files.map(\.content), areRead: areRead, cancellation)
        let (entries, rowCounts) = try write(files, plan, state)
        let transaction = transaction(of: files, plan, entries, rowCounts, state)
        do throws(CommitError) {
            let committed = try context.log.commit(transaction)
            let added = committed.actions.compactMap { action -> FileEntry? in
                if case .add(let entry) = action { entry } else { nil }
            }
            return Taken(version: committed.version, entries: added, rowCounts: rowCounts)
        } catch {
            try settle(error, entries)
            return nil
        }
    }

    private func transaction(
        of files: [PreparedFile], _ plan: SchemaPlan, _ entries: [FileEntry], _ rowCounts: [Int64],
        _ state: TableState
    ) -> Transaction {
        // Without rows there is nothing that a schema could hold for.
        var preconditions: [Precondition] = entries.isEmpty ? [] : [.schema(id: plan.basis)]
        var actions: [Action] = plan.isChanged && !entries.isEmpty ? [.definition(plan.definition)] : []
        preconditions += Self.preconditions(on: entries)
        actions += entries.map { .add($0) }
        let checksReceipts = state.properties.ingestDuplicates != .append
        for (file, rows) in zip(files, rowCounts) {
            let name = file.file.receiptName
            if checksReceipts { preconditions.append(.notReceived(name: name, contentHash: file.hash)) }
            let receipt = IngestReceipt(
                name: name, contentHash: file.hash, rowCount: rows,
                fileCount: rows > 0 ? Int64(entries.count) : 0)
            actions.append(.operation(.receipt(receipt)))
        }
        var notes: [(name: ByteString, value: ByteString)] = [("source", files[0].file.receiptName)]
        if files.count > 1 { notes.append(("sources", ByteString("\(files.count)"))) }
        let users = Set(files.map(\.file.requester.userID))
        if let user = users.first, users.count == 1 { notes.append(("user", ByteString("\(user)"))) }
        return Transaction(
            id: CommitID(high: context.entropy.uint64(), low: context.entropy.uint64()),
            operation: "INGEST", session: context.session, preconditions: preconditions, actions: actions,
            notes: notes)
    }

    /// The nodes that the files were written for must still be there. A leaf that was split meanwhile does no harm: the
    /// file stays at what is an inner node now.
    private static func preconditions(on entries: [FileEntry]) -> [Precondition] {
        Set(entries.compactMap(\.partition)).sorted().map { .partitionExists($0) }
    }

    /// Returns where another attempt may succeed. Deletes the files wherever it is known that nothing names them.
    private func settle(_ error: CommitError, _ entries: [FileEntry]) throws(IngestRefusal) {
        if case .unknownOutcome = error {
            throw IngestRefusal(
                .eio, .unknownOutcome, error.description,
                remedy: "copy the file again: if it was taken, the copy is recognised")
        }
        context.delete(entries)
        switch error {
        case .conflict(let conflict):
            switch conflict.precondition {
            case .schema, .notReceived, .partitionExists: return
            default: throw IngestRefusal(.ebusy, .storage, conflict.message)
            }
        case .failed(let cause): throw IngestRefusal(cause)
        case .foreign: throw IngestRefusal(.erofs, .readOnly, error.description)
        case .invalid, .unknownOutcome: throw IngestRefusal(.eio, .storage, error.description)
        }
    }
}
