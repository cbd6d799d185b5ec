/// What is known of a column's values in some rows, without looking at them.
package struct ColumnFacts: Hashable, Sendable {
    package var values: Values
    /// Whether one of them is null; nil where that is not known.
    package var hasNull: Bool?

    /// What the values that are not null may be.
    package enum Values: Hashable, Sendable {
        /// There is none: every value is null.
        case none
        /// Neither below `min` nor above `max` in the order of the column's type; nil is no bound.
        case within(min: TypedValue?, max: TypedValue?)
        /// Bounds of texts by a program whose order of texts is not that of bytes.
        case foreignTexts(ForeignTextBounds)
    }

    package init(_ values: Values, hasNull: Bool?) {
        self.values = values
        self.hasNull = hasNull
    }

    /// Nothing.
    package static let unknown = ColumnFacts(.within(min: nil, max: nil), hasNull: nil)

    /// Every value is this one.
    package init(exactly value: TypedValue?) {
        if let value {
            self.init(.within(min: value, max: value), hasNull: false)
        } else {
            self.init(.none, hasNull: true)
        }
    }

    /// Bounds by the column's type. Where one is NaN, where they contradict each other or are of different kinds,
    /// they say nothing.
    package init(min: TypedValue?, max: TypedValue?, hasNull: Bool?) {
        self.init(.within(min: nil, max: nil), hasNull: hasNull)
        if let min, min.isNaN { return }
        // A greatest value of NaN is no bound: NaN stands above all numbers.
        let max = max.flatMap { $0.isNaN ? nil : $0 }
        if let min, let max, !min.isComparable(to: max) || min.compare(max) > 0 { return }
        values = .within(min: min, max: max)
    }
}

extension TypedValue {
    var isNaN: Bool {
        if case .floating(let value) = self { return value.isNaN }
        return false
    }

    /// Whether both are of one kind.
    func isComparable(to other: TypedValue) -> Bool {
        switch (self, other) {
        case (.boolean, .boolean), (.integer, .integer), (.floating, .floating), (.bytes, .bytes): true
        default: false
        }
    }
}
