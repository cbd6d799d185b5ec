import Bytes

extension Filter {
    /// What the filter may be over rows of which this is known; `facts` gives what is known of a column by its
    /// place.
    ///
    /// Nothing that happens in a row is missing from the answer. It may hold more, as columns are looked at one
    /// by one.
    package func outcomes(_ facts: (Int) -> ColumnFacts) -> FilterOutcomes { condition.outcomes(facts) }
}

extension Filter.Condition {
    func outcomes(_ facts: (Int) -> ColumnFacts) -> FilterOutcomes {
        switch self {
        case .constant(let value): FilterOutcomes(value)
        case .comparison(let column, let comparison, let literal):
            facts(column).outcomes(comparison, literal)
        case .isIn(let column, let literals, let orNull):
            facts(column).outcomes(of: literals, orNull: orNull)
        case .hasPrefix(let column, let prefix): facts(column).outcomes(ofPrefix: prefix)
        case .isNull(let column): facts(column).outcomesOfNull
        case .not(let inner): inner.outcomes(facts).negated
        case .all(let parts):
            parts.reduce(FilterOutcomes.isTrue) { $0.and($1.outcomes(facts)) }
        case .any(let parts):
            parts.reduce(FilterOutcomes.isFalse) { $0.or($1.outcomes(facts)) }
        }
    }
}

extension ColumnFacts {
    /// What any condition on the value is in rows where it is null: unknown.
    fileprivate var nulls: FilterOutcomes { hasNull == false ? [] : .isUnknown }

    fileprivate func outcomes(_ comparison: Filter.Comparison, _ literal: Filter.Literal) -> FilterOutcomes {
        let isEquality = comparison == .equal || comparison == .notEqual
        let orders = orders(to: literal, forEquality: isEquality)
        guard let orders else { return .isUnknown }
        var result = nulls
        for (order, isPossible) in [(-1, orders.below), (0, orders.at), (1, orders.above)] where isPossible {
            result.insert(FilterOutcomes(comparison.holds(order)))
        }
        return result
    }

    fileprivate func outcomes(of literals: [Filter.Literal], orNull: Bool) -> FilterOutcomes {
        if case .none = values { return .isUnknown }
        var result = nulls
        var isAlways = false
        var mayBeTrue = false
        for literal in literals {
            guard let orders = orders(to: literal, forEquality: true) else { continue }
            if orders.at { mayBeTrue = true }
            if orders.at, !orders.below, !orders.above { isAlways = true }
        }
        if mayBeTrue { result.insert(.isTrue) }
        if !isAlways { result.insert(orNull ? .isUnknown : .isFalse) }
        return result
    }

    fileprivate func outcomes(ofPrefix prefix: ByteString) -> FilterOutcomes {
        var result = nulls
        switch values {
        case .none: return .isUnknown
        case .within(let min, let max):
            var hasPrefix: (min: Bool, max: Bool) = (prefix.isEmpty, prefix.isEmpty)
            var mayHave = true
            if case .bytes(let text)? = max {
                hasPrefix.max = text.hasPrefix(prefix)
                if text < prefix { mayHave = false }
            }
            if case .bytes(let text)? = min {
                hasPrefix.min = text.hasPrefix(prefix)
                if text > prefix, !hasPrefix.min { mayHave = false }
            }
            if mayHave { result.insert(.isTrue) }
            // Whatever stands between two texts that begin so begins so.
            if !(hasPrefix.min && hasPrefix.max) { result.insert(.isFalse) }
        case .foreignTexts(let bounds):
            if bounds.mayHave(prefix: prefix) { result.insert(.isTrue) }
            result.insert(.isFalse)
        }
        return result
    }

    fileprivate var outcomesOfNull: FilterOutcomes {
        if case .none = values { return .isTrue }
        return hasNull == false ? .isFalse : [.isTrue, .isFalse]
    }

    private typealias Orders = (below: Bool, at: Bool, above: Bool)

    /// How values that are not null may stand to the literal; nil where there are none.
    private func orders(to literal: Filter.Literal, forEquality: Bool) -> Orders? {
        switch values {
        case .none: return nil
        case .within(let min, let max):
            let isOneValue = min.flatMap { min in max.map { min.compare($0) == 0 } } ?? false
            if literal.isNaN, !isOneValue { return (true, true, true) }
            let low = min.map { literal.order(of: $0) } ?? -1
            let high = max.map { literal.order(of: $0) } ?? 1
            // Nothing is just between two neighbours.
            if case .justAbove = literal { return (low < 0, false, high > 0) }
            return (low < 0, low <= 0 && high >= 0, high > 0)
        case .foreignTexts(let bounds):
            guard case .at(.bytes(let text)) = literal,
                let reach = bounds.reach(text, forEquality: forEquality)
            else { return (true, true, true) }
            return (true, reach.at, reach.above)
        }
    }
}
