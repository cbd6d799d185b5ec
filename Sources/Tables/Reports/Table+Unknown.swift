import Bytes
import Metadata
import Records
import TransactionLog

/// What nobody can know of a table that another program wrote: said, never guessed.
extension TableState {
    /// Names of facts that the table's files leave open, each with the reason.
    package var unknownFacts: [(name: String, reason: String)] {
        guard definition.provider != "firn" else { return [] }
        var facts: [(name: String, reason: String)] = []
        if fileCount > 0 {
            var isKnown = false
            files.forEach { isKnown = isKnown || $0.addedAtVersion.rawValue > 0 }
            if !isKnown {
                facts.append(("addedAtVersion", "every file says 0: its writer did not record it"))
            }
        }
        let undecided = definition.schema?.columns.filter { $0.type == .undecided } ?? []
        if !undecided.isEmpty {
            let names = undecided.map(\.name.display).joined(separator: ", ")
            facts.append(("types of columns", "nested or not known here: \(names)"))
        }
        return facts
    }
}

extension Table {
    /// Adds what a person should know before believing the rest.
    func addUnknown(_ state: TableState, to report: inout StatusReport) {
        guard isForeign else { return }
        let facts = state.unknownFacts.map { "\($0.name) (\($0.reason))" }
        if !facts.isEmpty { report.add("unknown", list: facts) }
        let late = (try? log.lateStates()) ?? []
        if !late.isEmpty {
            let names = late.map { "state \($0), written after one of a higher version" }
            report.add("statesNotBuiltOn", list: names)
        }
    }
}
