import Bytes
import Metadata
import Records

/// The bounds of partition values in a manifest, for readers that compare values as numbers where they look
/// like numbers.
///
/// Such a comparison is no order where values of both kinds meet. So bounds are given where every reader finds
/// the same: for one value, for integers alone, and for texts of which none looks like a number.
struct ForeignBounds {
    private var columns: [ByteString]
    /// nil where a column has a null.
    private var values: [Set<ByteString>?]

    init(_ columns: [ByteString]) {
        self.columns = columns
        values = columns.map { _ in [] }
    }

    mutating func add(_ tuple: PartitionTuple) {
        for (index, value) in tuple.values.enumerated() {
            if let value { values[index]?.insert(value) } else { values[index] = nil }
        }
    }

    /// Of the columns of which something can be said.
    func finish() -> [ManifestInfo.PartitionBounds] {
        var result: [ManifestInfo.PartitionBounds] = []
        for (column, found) in zip(columns, values) {
            guard let found, let range = Self.range(found) else { continue }
            result.append(.init(column: column, min: range.min, max: range.max, hasNull: false))
        }
        return result
    }

    private static func range(_ values: Set<ByteString>) -> (min: ByteString, max: ByteString)? {
        guard let first = values.first else { return nil }
        if values.count == 1 { return first.isEmpty ? nil : (first, first) }
        let numbers = values.compactMap { value in integer(value).map { (number: $0, value: value) } }
        if numbers.count == values.count {
            guard let low = numbers.min(by: { $0.number < $1.number }),
                let high = numbers.max(by: { $0.number < $1.number })
            else { return nil }
            return (low.value, high.value)
        }
        guard values.allSatisfy(isPlainText), let low = values.min(), let high = values.max() else {
            return nil
        }
        return (low, high)
    }

    /// Digits, at most 18 of them, with a sign before or not: the same number to everyone.
    private static func integer(_ value: ByteString) -> Int64? {
        let digits = value.bytes.first == UInt8(ascii: "-") ? value.bytes.dropFirst() : value.bytes[...]
        guard (1...18).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        return Int64(value.display)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// ASCII, and no number to anyone: all order such texts alike.
    private static func isPlainText(_ value: ByteString) -> Bool {
        !value.isEmpty && !value.looksNumeric && value.bytes.allSatisfy { $0 < 0x80 }
    }
}
