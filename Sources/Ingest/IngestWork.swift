import Bytes
import Merge
import Metadata
import Platform
import Records
import TransactionLog

/// One commit of files on its way.
struct IngestWork {
    let context: TableContext
    let memory: MemoryBudget
    let cancellation: Cancellation
    private let contents: [(content: StagedContent, hash: ByteString)]

    /// Opens and hashes the files. Empty ones are nothing, whatever their names.
    init(
        _ context: TableContext, _ memory: MemoryBudget, _ files: [StagedFile], _ cancellation: Cancellation
    ) throws {
        self.context = context
        self.memory = memory
        self.cancellation = cancellation
        contents = try files.filter { $0.sizeBytes > 0 }.map { file in
            do {
                let content = try StagedContent(file)
                return (content, try content.hash(cancellation))
            } catch {
                throw IngestRefusal(cause: error).about(file)
            }
        }
    }

    /// One try against the current state; nil where another writer was first and it must be read again.
    func attempt() throws -> IngestOutcome? {
        let state = context.log.current
        guard state.definition.provider == "firn" else {
            throw IngestRefusal(.erofs, .readOnly, CommitError.foreign.description)
        }
        let (fresh, duplicate) = try sift(state)
        if fresh.isEmpty { return duplicate.map { .duplicate(of: $0) } ?? .nothing }
        let plan = try SchemaPlan(state, fresh.map(\.content), cancellation)
        let (entries, rowCounts) = try write(fresh.map(\.content), plan, state)
        let rows = rowCounts.reduce(0, +)
        if rows == 0 { return .nothing }
        return try commit(fresh, plan, entries, rowCounts, state)
    }

    /// The files that were not taken before, and the receipt of the first that was.
    private func sift(
        _ state: TableState
    ) throws(IngestRefusal) -> (fresh: [(content: StagedContent, hash: ByteString)], IngestReceipt?) {
        let rule = state.properties.ingestDuplicates
        if rule == .append { return (contents, nil) }
        let now = context.clock.nowMilliseconds()
        var fresh: [(content: StagedContent, hash: ByteString)] = []
        var duplicate: IngestReceipt?
        for (content, hash) in contents {
            guard let receipt = state.receipt(content.file.receiptName, hash, now: now) else {
                fresh.append((content, hash))
                continue
            }
            if rule == .refuse {
                throw IngestRefusal(
                    .eexist, .duplicate,
                    "the same content was taken under this name in version \(receipt.version)",
                    path: content.file.relativePath,
                    remedy: "copy it under another name, or set ingest.duplicates to append")
            }
            duplicate = duplicate ?? receipt
        }
        return (fresh, duplicate)
    }

    private func commit(
        _ fresh: [(content: StagedContent, hash: ByteString)], _ plan: SchemaPlan, _ entries: [FileEntry],
        _ rowCounts: [Int64], _ state: TableState
    ) throws -> IngestOutcome? {
        let checksReceipts = state.properties.ingestDuplicates != .append
        var preconditions: [Precondition] = [.schema(id: plan.basis)]
        var actions: [Action] = plan.isChanged ? [.definition(plan.definition)] : []
        actions += entries.map { .add($0) }
        for ((content, hash), rows) in zip(fresh, rowCounts) {
            let name = content.file.receiptName
            if checksReceipts { preconditions.append(.notReceived(name: name, contentHash: hash)) }
            let fileCount = fresh.count == 1 || rows > 0 ? Int64(entries.count) : 0
            actions.append(
                .operation(
                    .receipt(
                        IngestReceipt(name: name, contentHash: hash, rowCount: rows, fileCount: fileCount))))
        }
        let requester = fresh[0].content.file.requester
        let id = CommitID(high: context.entropy.uint64(), low: context.entropy.uint64())
        let transaction = Transaction(
            id: id, operation: "INGEST", session: context.session, preconditions: preconditions,
            actions: actions,
            notes: [
                ("source", fresh[0].content.file.receiptName), ("user", ByteString("\(requester.userID)")),
            ])
        do throws(CommitError) {
            let committed = try context.log.commit(transaction)
            let added = committed.actions.compactMap { action -> FileEntry? in
                if case .add(let entry) = action { entry } else { nil }
            }
            return .committed(version: committed.version, rows: rowCounts.reduce(0, +), files: added)
        } catch {
            return try settle(error, entries)
        }
    }

    /// Nil where another attempt may succeed. Deletes the files wherever it is known that nothing names them.
    private func settle(_ error: CommitError, _ entries: [FileEntry]) throws -> IngestOutcome? {
        if case .unknownOutcome = error {
            throw IngestRefusal(
                .eio, .unknownOutcome, error.description,
                remedy: "copy the file again: if it was taken, the copy is recognised")
        }
        context.delete(entries)
        switch error {
        case .conflict(let conflict):
            switch conflict.precondition {
            case .schema, .notReceived: return nil
            default: throw IngestRefusal(.ebusy, .storage, conflict.message)
            }
        case .failed(let cause): throw IngestRefusal(cause)
        case .foreign: throw IngestRefusal(.erofs, .readOnly, error.description)
        case .invalid, .unknownOutcome: throw IngestRefusal(.eio, .storage, error.description)
        }
    }
}
