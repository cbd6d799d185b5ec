/// What a condition may be over some rows of which only bounds are known: true, false, unknown, or several.
///
/// What is not in it happens in no row. What is in it may happen in some; it need not.
package struct FilterOutcomes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let isTrue = FilterOutcomes(rawValue: 1)
    package static let isFalse = FilterOutcomes(rawValue: 2)
    package static let isUnknown = FilterOutcomes(rawValue: 4)
    package static let anything: FilterOutcomes = [.isTrue, .isFalse, .isUnknown]

    init(_ value: Bool?) { self = value.map { $0 ? .isTrue : .isFalse } ?? .isUnknown }

    /// How many of the rows satisfy the condition.
    package var match: FilterMatch {
        contains(.isTrue) ? (self == .isTrue ? .always : .maybe) : .never
    }

    var negated: FilterOutcomes {
        var result = intersection(.isUnknown)
        if contains(.isTrue) { result.insert(.isFalse) }
        if contains(.isFalse) { result.insert(.isTrue) }
        return result
    }

    /// Both: false where one is, true where both are.
    func and(_ other: FilterOutcomes) -> FilterOutcomes {
        var result = intersection(.isFalse).union(other.intersection(.isFalse))
        if contains(.isTrue), other.contains(.isTrue) { result.insert(.isTrue) }
        let reachesUnknown =
            contains(.isUnknown) && !other.isDisjoint(with: [.isTrue, .isUnknown])
            || other.contains(.isUnknown) && !isDisjoint(with: [.isTrue, .isUnknown])
        if reachesUnknown { result.insert(.isUnknown) }
        return result
    }

    func or(_ other: FilterOutcomes) -> FilterOutcomes { negated.and(other.negated).negated }
}

/// How many of some rows satisfy a filter.
package enum FilterMatch: String, Hashable, Sendable {
    /// None.
    case never
    /// Some, all or none: the rows must be looked at.
    case maybe
    /// All.
    case always
}
