package import Bytes
package import JSON
package import Metadata

/// What a request comes to in a state: one transaction, or nothing where all is as it is asked for.
package struct VerbPlan: Sendable {
    /// One file, for whoever wants to see what happens to it.
    package struct File: Hashable, Sendable {
        package var path: ByteString
        package var sizeBytes: Int64
        package var rowCount: Int64?

        init(_ file: FileView) {
            path = file.path
            sizeBytes = file.sizeBytes
            rowCount = file.rowCount
        }
    }

    /// `TAG`, `RESTORE`, `DROP PARTITION`, `SPLIT PARTITION`, …: as the commit is named.
    package var operation: ByteString
    /// What is asked for, as a sentence without its end: `version 3 is tagged "good"`.
    package var summary: String
    /// Coming to the live files and leaving them, by path. Files that stay are in neither.
    package var added: [File] = []
    package var removed: [File] = []
    /// Empty where there is nothing to do.
    var actions: [Action] = []
    var preconditions: [Precondition]
    /// Facts for the commit beside the user.
    var notes: [(name: ByteString, value: ByteString)] = []
    /// What else the report says, for programs.
    package var facts: JSONObject = [:]
    /// The compactor carries it out, in commits of its own.
    var isOfCompactor = false
    /// Inner nodes that the commit makes, parents first: what is referenced in them is moved down after it.
    var grownNodes: [PartitionID]?
    /// Written before the commit, where the version has no state yet.
    package var stateToWrite: Version?

    /// - Parameter state: the plan holds as long as this is the newest version.
    init(_ operation: ByteString, _ summary: String, in state: TableState) {
        self.operation = operation
        self.summary = summary
        preconditions = [.isAt(state.version)]
    }

    /// - Parameter body: the plan holds as long as its preconditions do.
    init(_ body: TransactionBody, _ summary: String) {
        operation = body.operation
        self.summary = summary
        preconditions = body.preconditions
        actions = body.actions
        notes = body.notes
    }
}

/// A plan, and what became of it.
package struct VerbOutcome: Sendable {
    package var plan: VerbPlan
    /// The version that was committed; nil where nothing was.
    package var version: Version?
    package var isDryRun: Bool

    package var hasNothingToDo: Bool { plan.actions.isEmpty && !plan.isOfCompactor }
}
