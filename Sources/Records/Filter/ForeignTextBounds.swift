package import Bytes

/// The least and the greatest of some texts in the order of IndexTables: as numbers where two of them are numbers,
/// else as texts, the empty text left out.
///
/// That is no order (9 < 10 < 1a < 9), so bounds of numbers mixed with words may leave values out. They are
/// believed where no number takes part, and where all are whole numbers and equality alone is asked for. Texts are
/// ordered by UTF-16 units or by bytes there, which differ beyond U+D7FF: such bounds are not believed either.
package struct ForeignTextBounds: Hashable, Sendable {
    package var min: ByteString
    package var max: ByteString
    /// The greatest may have been cut without being raised.
    package var mayBeCut: Bool

    package init(min: ByteString, max: ByteString, mayBeCut: Bool) {
        self.min = min
        self.max = max
        self.mayBeCut = mayBeCut
    }

    /// Whether some value between the bounds may be the literal, and whether one may be above it; below it there
    /// is room for the empty text always. nil where that cannot be told.
    func reach(_ literal: ByteString, forEquality: Bool) -> (at: Bool, above: Bool)? {
        if let low = min.wholeNumber, let high = max.wholeNumber, let place = literal.wholeNumber {
            // Equal numbers may be different texts, and texts are not in the order of the numbers.
            return forEquality && low <= high ? (at: low <= place && place <= high, above: true) : nil
        }
        guard isPlain, Self.isPlain(literal) else { return nil }
        let isBeforeEnd = literal <= max || (mayBeCut && literal.hasPrefix(max))
        let isBelowMax = literal < max || (mayBeCut && literal.hasPrefix(max))
        return (at: min <= literal && isBeforeEnd, above: isBelowMax)
    }

    /// Whether a value between the bounds may begin with the prefix.
    func mayHave(prefix: ByteString) -> Bool {
        guard isPlain, Self.isPlain(prefix) else { return true }
        let isBelow = max < prefix && !(mayBeCut && prefix.hasPrefix(max))
        let isAbove = min > prefix && !min.hasPrefix(prefix)
        return !isBelow && !isAbove
    }

    private var isPlain: Bool { Self.isPlain(min) && Self.isPlain(max) && min <= max }

    private static func isPlain(_ text: ByteString) -> Bool {
        !text.looksNumeric && !text.bytes.contains { $0 >= 0xEE }
    }
}

extension ByteString {
    fileprivate var wholeNumber: Int64? { withUnsafeBytes { ValueParser.int64($0) } }

    /// Whether some program may take the text for a number: Java, Rust and Swift do not agree on `1d`, `0x1p3`,
    /// `inf`, `+5` or spaces around.
    package var looksNumeric: Bool {
        guard let first = bytes.firstIndex(where: { $0 > 0x20 }),
            let last = bytes.lastIndex(where: { $0 > 0x20 })
        else { return true }
        var digits = Array(bytes[first...last])
        if digits[0] == UInt8(ascii: "+") || digits[0] == UInt8(ascii: "-") { digits.removeFirst() }
        let word = String(decoding: digits, as: UTF8.self).lowercased()
        if ["nan", "inf", "infinity"].contains(word) { return true }
        if word.hasPrefix("0x") { return true }
        if let suffix = digits.last, [0x64, 0x44, 0x66, 0x46].contains(suffix) { digits.removeLast() }
        return digits.withUnsafeBytes { DecimalText.double($0) != nil || ValueParser.integer128($0) != nil }
    }
}
