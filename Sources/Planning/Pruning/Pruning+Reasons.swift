import Bytes
package import Metadata
import Records

extension Pruning {
    /// Why no row of files with these bounds satisfies the filter, such as `date is 2024-01-16 to 2024-01-31`; nil
    /// where one may.
    package func reason(_ bounds: [PartitionBounds]?) -> String? {
        let facts = facts(bounds)
        guard filter.outcomes({ facts[$0] }).match == .never else { return nil }
        // The first part that no row satisfies tells it; where none does alone, all together do.
        let parts = filter.conjuncts
        let decisive = parts.first { part in part.outcomes { facts[$0] }.match == .never } ?? filter
        let columns = decisive.usedColumns
        if columns.isEmpty { return "the filter is true of no row" }
        return columns.map { "\(filter.columns[$0].name.display) is \(text(facts[$0], $0))" }
            .joined(separator: ", ")
    }

    private func text(_ facts: ColumnFacts, _ column: Int) -> String {
        let type = filter.columns[column].type
        func text(_ value: TypedValue?, _ none: String) -> String {
            value.map { ValueText.text($0, type).display } ?? none
        }
        let orNull = facts.hasNull == true ? " or null" : ""
        switch facts.values {
        case .none: return "null"
        case .within(let min, let max) where min == max && min != nil: return text(min, "") + orNull
        case .within(nil, nil): return "anything"
        case .within(let min, let max): return "\(text(min, "-∞")) to \(text(max, "∞"))" + orNull
        case .foreignTexts(let bounds): return "\(bounds.min.display) to \(bounds.max.display)"
        }
    }
}
