import Bytes

extension Filter {
    /// True, false, or nil for unknown, in a row; `values` gives the value of a column by its place, nil for null.
    package func evaluate(_ values: (Int) -> TypedValue?) -> Bool? { condition.evaluate(values) }
}

extension Filter.Condition {
    func evaluate(_ values: (Int) -> TypedValue?) -> Bool? {
        switch self {
        case .constant(let value): return value
        case .comparison(let column, let comparison, let literal):
            return values(column).map { comparison.holds(literal.order(of: $0)) }
        case .isIn(let column, let literals, let orNull):
            guard let value = values(column) else { return nil }
            if literals.contains(where: { $0.order(of: value) == 0 }) { return true }
            return orNull ? nil : false
        case .hasPrefix(let column, let prefix):
            guard case .bytes(let value)? = values(column) else { return nil }
            return value.hasPrefix(prefix)
        case .isNull(let column): return values(column) == nil
        case .not(let inner): return inner.evaluate(values).map { !$0 }
        case .all(let parts):
            var result: Bool? = true
            for part in parts {
                switch part.evaluate(values) {
                case false?: return false
                case nil: result = nil
                case true?: break
                }
            }
            return result
        case .any(let parts):
            var result: Bool? = false
            for part in parts {
                switch part.evaluate(values) {
                case true?: return true
                case nil: result = nil
                case false?: break
                }
            }
            return result
        }
    }
}
