package import Bytes

/// A table property: its name, what values it takes, its default, and what it is for.
package struct PropertyDeclaration: Sendable {
    package enum Kind: Hashable, Sendable {
        case integer(ClosedRange<Int64>)
        /// An integer, or `off`.
        case limit(ClosedRange<Int64>)
        /// Bytes, with an optional suffix KiB, MiB, GiB or TiB.
        case bytes(ClosedRange<Int64>)
        case ratio(ClosedRange<Double>)
        case boolean
        case choice([String])
        /// The name of a column, or nothing. Whether there is such a column is known where it is used.
        case column
        /// A choice of which this version serves one; the text says why.
        case only(String, reason: String)
    }

    package var name: String
    package var kind: Kind
    /// In canonical form.
    package var defaultText: String
    /// One sentence.
    package var summary: String

    init(_ name: String, _ kind: Kind, _ defaultText: String, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.summary = summary
    }
}

/// Why a value is not taken for a property.
package struct PropertyError: Error, Hashable, Sendable, CustomStringConvertible {
    package var name: ByteString
    package var message: String
    package var description: String { message }
}

/// A parsed value.
enum PropertyValue: Hashable, Sendable {
    case integer(Int64)
    case off
    case ratio(Double)
    case boolean(Bool)
    case text(String)
}

extension PropertyDeclaration {
    /// The values that it takes, in words.
    package var allowed: String {
        switch kind {
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .limit(let range): "off or an integer from \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "a size from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound)), such as 64MiB"
        case .ratio(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .choice(let choices): choices.joined(separator: ", ")
        case .column: "the name of a column, or nothing"
        case .only(let choice, let reason): "\(choice): \(reason)"
        }
    }

    /// The value that a text means and the one text it is kept as, or a sentence about what is expected.
    func parse(_ text: String) -> Result<(value: PropertyValue, canonical: String), Refusal> {
        switch kind {
        case .integer(let range):
            guard let value = Int64(text), range.contains(value) else { return refuse(text) }
            return .success((.integer(value), String(value)))
        case .limit(let range):
            if text == "off" { return .success((.off, text)) }
            guard let value = Int64(text), range.contains(value) else { return refuse(text) }
            return .success((.integer(value), String(value)))
        case .bytes(let range):
            guard let value = ByteSize.parse(text), range.contains(value) else { return refuse(text) }
            return .success((.integer(value), ByteSize.text(value)))
        case .ratio(let range):
            guard let value = Double(text), value.isFinite, range.contains(value) else { return refuse(text) }
            return .success((.ratio(value), "\(value)"))
        case .boolean:
            guard text == "true" || text == "false" else { return refuse(text) }
            return .success((.boolean(text == "true"), text))
        case .choice(let choices):
            guard choices.contains(text) else { return refuse(text) }
            return .success((.text(text), text))
        case .column:
            guard text.utf8.count <= 255, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                return refuse(text)
            }
            return .success((.text(text), text))
        case .only(let choice, _):
            guard text == choice else { return refuse(text) }
            return .success((.text(text), text))
        }
    }

    struct Refusal: Error { var message: String }

    private func refuse<T>(_ text: String) -> Result<T, Refusal> {
        .failure(Refusal(message: "\(name) is not set to \"\(text)\": expected \(allowed)"))
    }
}

/// Sizes as people write them: bytes with an optional binary suffix.
enum ByteSize {
    private static let units: [(suffix: String, shift: Int64)] = [
        ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10),
    ]

    static func parse(_ text: String) -> Int64? {
        for unit in units where text.hasSuffix(unit.suffix) {
            let number = text.dropLast(3)
            guard let value = Int64(number) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 1 << unit.shift)
            return overflow ? nil : product
        }
        return Int64(text)
    }

    /// The largest unit that divides the size.
    static func text(_ value: Int64) -> String {
        for unit in units where value != 0 && value % (1 << unit.shift) == 0 {
            return "\(value >> unit.shift)\(unit.suffix)"
        }
        return String(value)
    }
}
