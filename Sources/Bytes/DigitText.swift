/// Writes numbers of fixed width.
struct DigitWriter {
    private var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func byte(_ scalar: Unicode.Scalar) { bytes.append(UInt8(ascii: scalar)) }

    mutating func digits(_ value: Int, width: Int) {
        let digits = Array(String(value).utf8)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
        bytes.append(contentsOf: digits)
    }

    mutating func year(_ value: Int) {
        if value < 0 { byte("-") } else if value > 9_999 { byte("+") }
        digits(abs(value), width: 4)
    }
}

/// Reads numbers of fixed width; nil where something else stands.
struct DigitReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    mutating func digits(_ width: Int) -> Int? {
        guard offset + width <= bytes.count else { return nil }
        var value = 0
        for index in offset..<(offset + width) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        offset += width
        return value
    }

    /// As many digits as there are, which must be 1 to `limit`, and how many they were.
    mutating func digits(upTo limit: Int) -> (value: Int, count: Int)? {
        var count = 0
        while count < limit, offset + count < bytes.count, bytes[offset + count] &- UInt8(ascii: "0") < 10 {
            count += 1
        }
        guard count > 0, let value = digits(count) else { return nil }
        return (value, count)
    }

    mutating func date() -> CivilDate? {
        let negative = take("-")
        let signed = negative || take("+")
        guard let year = signed ? digits(upTo: 6)?.value : digits(4), take("-"), let month = digits(2),
            take("-"),
            let day = digits(2)
        else { return nil }
        return CivilDate(year: negative ? -year : year, month: month, day: day)
    }
}
