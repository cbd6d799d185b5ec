extension TableState {
    /// The state that version 0 makes: its protocol and definition, then its other actions.
    package static func initial(from transaction: CommittedTransaction) throws(StateError) -> TableState {
        var definition: TableDefinition?
        var tableProtocol: TableProtocol?
        for action in transaction.actions {
            if case .definition(let found) = action { definition = definition ?? found }
            if case .tableProtocol(let found) = action { tableProtocol = tableProtocol ?? found }
        }
        guard let definition, let tableProtocol else {
            throw StateError("the first version has no protocol or no metaData", at: transaction.version)
        }
        let facts = Facts(
            version: transaction.version, timestamp: transaction.timestamp, tableProtocol: tableProtocol,
            definition: definition)
        var change = StateChange(TableState(facts), transaction)
        try change.applyAll()
        return change.finish()
    }

    /// The state after the transaction: of the next version, or a later one of this version.
    ///
    /// Shares what the transaction does not change; this state stays as it is.
    package func applying(_ transaction: CommittedTransaction) throws(StateError) -> TableState {
        let sameVersion = transaction.version == version && transaction.ordinal > facts.ordinal
        guard sameVersion || transaction.version == version.next else {
            throw StateError(
                "transaction \(transaction.ordinal) does not follow transaction \(facts.ordinal) of version "
                    + "\(version)", at: transaction.version)
        }
        var change = StateChange(self, transaction)
        try change.applyAll()
        return change.finish()
    }

    /// The state after all transactions, in order.
    package func applying(_ transactions: [CommittedTransaction]) throws(StateError) -> TableState {
        var state = self
        for transaction in transactions { state = try state.applying(transaction) }
        return state
    }
}
