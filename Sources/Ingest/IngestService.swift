import Bytes
import Merge
package import Platform
import Records
import TransactionLog

/// Takes complete files into one table: each call is one transaction, or nothing.
///
/// Calls block; several may run at once and share the table's memory for sorting.
package final class IngestService: Sendable {
    package let context: TableContext
    let memory = MemoryBudget()

    /// Another writer may win the race for a schema or a receipt this often.
    private static let maxAttempts = 20

    package init(context: TableContext) { self.context = context }

    /// Commits all files together; returns once they are durable.
    ///
    /// After a refusal the table is as it was and no data file is left, but after `unknownOutcome` nothing is
    /// known and nothing was deleted. The staged files are not touched in any case.
    package func commit(
        _ files: [StagedFile], cancellation: Cancellation = Cancellation()
    ) throws(IngestRefusal) -> IngestOutcome {
        do {
            let writing = context.openWrites.begin(context.clock)
            defer { withExtendedLifetime(writing) {} }
            let work = try IngestWork(context, memory, files, cancellation)
            for _ in 0..<Self.maxAttempts {
                try cancellation.check()
                if let outcome = try work.attempt() { return outcome }
                _ = try context.log.refresh()
            }
            throw IngestRefusal(
                .ebusy, .storage, "the table changes too fast: other writers were first each time",
                remedy: "copy the file again")
        } catch {
            var refusal = IngestRefusal(cause: error)
            if files.count == 1 { refusal = refusal.about(files[0]) }
            throw refusal
        }
    }
}
