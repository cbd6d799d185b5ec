import Metadata
import Records

/// Reads what the entries of many files tell of age.
struct AgeReader {
    private let pruning: Pruning
    private var cursor = FileRecordCursor()

    init(_ ageOff: AgeOff, in state: TableState) {
        pruning = Pruning(ageOff.filter, definition: state.definition, schemaRegistry: state.schemaRegistry)
    }

    /// Nothing is known in doubt, see ``Pruning``.
    mutating func bounds(of file: FileView) -> AgeBounds {
        let partition = pruning.facts(file.partitionValues)
        let facts = pruning.facts(file, partition: partition, &cursor)[0]
        guard case .within(let min, let max) = facts.values else {
            return AgeBounds(min: nil, max: nil, mayHoldNull: true)
        }
        return AgeBounds(min: min?.integer, max: max?.integer, mayHoldNull: facts.hasNull != false)
    }

    /// Between which sequences the file's rows lie.
    mutating func sequences(of file: FileView) -> ClosedRange<Int64> {
        let entry = file.entry(&cursor)
        let (low, high) = (entry.minSequence ?? entry.sequence, entry.maxSequence ?? entry.sequence)
        return low <= high ? low...high : Int64.min...Int64.max
    }
}

extension TypedValue {
    fileprivate var integer: Int128? {
        if case .integer(let value) = self { return value }
        return nil
    }
}
