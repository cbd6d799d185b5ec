import Bytes
import Merge
import Metadata
package import Platform
import TransactionLog

/// Takes complete files into one table.
///
/// A call with several files is one transaction. Small files that come one by one and wait at the same time share a
/// transaction, with one data file a partition; each has its own answer. Calls may come from any number of threads.
package final class IngestService: Sendable {
    package let context: TableContext
    let memory = MemoryBudget()
    let queue = IngestQueue()

    /// Another writer may win the race for a schema or a receipt this often.
    static let maxAttempts = 20

    package init(context: TableContext) { self.context = context }

    /// Commits all files together; returns once they are durable.
    ///
    /// After a refusal none of the files is in the table and no data file is left, but after `unknownOutcome` nothing
    /// is known and nothing was deleted. The staged files are not touched in any case.
    ///
    /// - Parameter onRead: told of the bytes that are read, by whichever thread reads. A file is read for its hash, for
    ///   its types where the table has none, and for its rows.
    package func commit(
        _ files: [StagedFile], cancellation: Cancellation = Cancellation(),
        onRead: (@Sendable (_ bytes: Int) -> Void)? = nil
    ) throws(IngestRefusal) -> IngestOutcome {
        guard files.count == 1 else { return try commitAlone(files, cancellation, onRead) }
        let answer = Monitor<Result<IngestOutcome, IngestRefusal>?>(nil)
        submit(files[0], cancellation: cancellation, onRead: onRead) { result in
            answer.update { $0 = result }
        }
        guard let result = answer.wait(until: { $0 }) else { preconditionFailure("it waits without a limit") }
        return try result.get()
    }

    /// Takes files in a transaction of their own.
    func commitAlone(
        _ files: [StagedFile], _ cancellation: Cancellation, _ onRead: StagedContent.OnRead?
    ) throws(IngestRefusal) -> IngestOutcome {
        try checkWritable()
        var prepared: [PreparedFile] = []
        // Empty files are nothing, whatever their names.
        for file in files where file.sizeBytes > 0 {
            prepared.append(try PreparedFile(file, cancellation, onRead: onRead))
        }
        return try commitAlone(prepared, cancellation)
    }

    func commitAlone(
        _ files: [PreparedFile], _ cancellation: Cancellation
    ) throws(IngestRefusal) -> IngestOutcome {
        do {
            let work = IngestWork(self, cancellation)
            for _ in 0..<Self.maxAttempts {
                try cancellation.check()
                let state = context.log.current
                let (fresh, duplicate) = try sift(files, state)
                if fresh.isEmpty { return duplicate.map { .duplicate(of: $0) } ?? .nothing }
                if let taken = try work.attempt(fresh, state) {
                    return .committed(
                        version: taken.version, rows: taken.rowCounts.reduce(0, +), files: taken.entries)
                }
                _ = try context.log.refresh()
            }
            throw IngestRefusal.contended
        } catch {
            let refusal = IngestRefusal(cause: error)
            throw files.count == 1 ? refusal.about(files[0].file) : refusal
        }
    }

    /// The files that were not taken before, and the receipt of the first that was.
    private func sift(
        _ files: [PreparedFile], _ state: TableState
    ) throws(IngestRefusal) -> (fresh: [PreparedFile], IngestReceipt?) {
        let now = context.clock.nowMilliseconds()
        var fresh: [PreparedFile] = []
        var duplicate: IngestReceipt?
        for file in files {
            if let receipt = try file.receipt(in: state, now: now) {
                duplicate = duplicate ?? receipt
            } else {
                fresh.append(file)
            }
        }
        return (fresh, duplicate)
    }

    /// Nothing is written into another program's table.
    func checkWritable() throws(IngestRefusal) {
        guard context.log.current.definition.provider == "firn" else {
            throw IngestRefusal(.erofs, .readOnly, CommitError.foreign.description)
        }
    }
}

extension IngestRefusal {
    static var contended: IngestRefusal {
        IngestRefusal(
            .ebusy, .storage, "the table changes too fast: other writers were first each time",
            remedy: "copy the file again")
    }
}
