import Bytes

/// A number as it is written, of any size: `[+-]digits[.digits][e[±]digits]`.
struct ExactNumber {
    private let isNegative: Bool
    /// Without zeros at the beginning; empty for zero.
    private let digits: [UInt8]
    /// The power of ten that the digits count.
    private let exponent: Int

    /// nil where the text is no number.
    init?(_ text: ByteString) {
        var rest = text.bytes[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var digits: [UInt8] = []
        var count = 0
        var fraction = 0
        var seenPoint = false
        while let byte = rest.first {
            if byte &- UInt8(ascii: "0") < 10 {
                count += 1
                if seenPoint { fraction += 1 }
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        var exponent = -fraction
        if !rest.isEmpty {
            let tail = Array(rest)
            guard let power = tail.withUnsafeBytes({ DecimalText.exponent($0, from: 0) }) else { return nil }
            exponent += power
        }
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent
    }

    /// The place among the integers that count units of 10 to the power of -`scale`; beyond 128 bits it is above
    /// or below all of them.
    func literal(scale: Int) -> Filter.Literal {
        let shift = exponent + scale
        var magnitude: UInt128 = 0
        var isExact = true
        // So many digits stand before the point, once zeros are appended or digits cut.
        for index in 0..<max(0, digits.count + shift) where !digits.isEmpty {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(
                index < digits.count ? UInt128(digits[index]) : 0)
            if overflow || carry || sum >= UInt128(1) << 127 {
                return .justAbove(.integer(isNegative ? .min : .max))
            }
            magnitude = sum
        }
        if shift < 0 { isExact = digits.suffix(min(digits.count, -shift)).allSatisfy { $0 == 0 } }
        let whole = isNegative ? -Int128(magnitude) : Int128(magnitude)
        if isExact { return .at(.integer(whole)) }
        return .justAbove(.integer(isNegative ? whole - 1 : whole))
    }
}
