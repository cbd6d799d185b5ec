/// Decimal numbers as text, `[-]digits[.digits][e[±]digits]`, read exactly rounded.
package enum DecimalText {
    @usableFromInline
    static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The nearest double; nil where the text is no such number or is beyond the finite doubles.
    ///
    /// Where the digits fit 53 bits and the power of ten is exact, one multiplication or division rounds
    /// correctly (Clinger 1990). Up to 19 digits and a power between -19 and 19 are one wide division or product of
    /// integers, rounded once. Everything else goes through the standard library's reader.
    package static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        var index = 0
        let count = text.count
        let negative = count > 0 && text[0] == UInt8(ascii: "-")
        if negative { index = 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        // Digits from the first that is no zero.
        var significant = 0
        var scale = 0
        var seenPoint = false
        while index < count {
            let byte = text[index]
            if byte &- UInt8(ascii: "0") < 10 {
                digits += 1
                if significant > 0 || byte != UInt8(ascii: "0") { significant += 1 }
                if significant <= 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0")) }
                if seenPoint { scale -= 1 }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        if index < count {
            guard let exponent = exponent(text, from: index) else { return nil }
            scale += exponent
        }
        if significant <= 19, mantissa <= 1 << 53, scale >= -22, scale <= 22 {
            let whole = Double(mantissa)
            let value = scale < 0 ? whole / powersOfTen[-scale] : whole * powersOfTen[scale]
            return negative ? -value : value
        }
        // Nineteen digits are less than 2^64.
        if significant <= 19, mantissa > 0, scale >= -19, scale <= 19 {
            let value = scale < 0 ? quotient(mantissa, -scale) : product(mantissa, scale)
            return negative ? -value : value
        }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    private static let wholePowersOfTen: [UInt64] = (0...19).map { exponent in
        (0..<exponent).reduce(1 as UInt64) { power, _ in power * 10 }
    }

    /// The double nearest to `mantissa / 10^exponent`.
    ///
    /// Both are shifted until their highest bits are set; the quotient then has 63 or 64 bits, more than a double,
    /// and whether there is a remainder decides what would be a tie.
    private static func quotient(_ mantissa: UInt64, _ exponent: Int) -> Double {
        let power = wholePowersOfTen[exponent]
        let powerShift = power.leadingZeroBitCount
        let mantissaShift = mantissa.leadingZeroBitCount
        let divisor = power << UInt64(powerShift)
        let aligned = mantissa << UInt64(mantissaShift)
        // Half of the dividend is below the divisor, as the division needs.
        let (high, low) = (aligned >> 1, aligned << 63)
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        return rounded(quotient | (remainder == 0 ? 0 : 1), powerShift - mantissaShift - 63)
    }

    /// The double nearest to `mantissa · 10^exponent`.
    private static func product(_ mantissa: UInt64, _ exponent: Int) -> Double {
        let (high, low) = mantissa.multipliedFullWidth(by: wholePowersOfTen[exponent])
        guard high > 0 else { return Double(low) }
        let shift = high.leadingZeroBitCount
        let top = shift == 0 ? high : (high << UInt64(shift)) | (low >> UInt64(64 - shift))
        let rest = low << UInt64(shift)
        return rounded(top | (rest == 0 ? 0 : 1), 64 - shift)
    }

    /// `bits · 2^exponent`, rounded once: the lowest of the 62 bits or more stands for everything below it.
    private static func rounded(_ bits: UInt64, _ exponent: Int) -> Double {
        // The exponents that come here are far from those of subnormal and infinite numbers.
        Double(bits) * Double(sign: .plus, exponent: exponent, significand: 1)
    }

    /// The exponent that begins at `start` and fills the rest; held to ±99,999, which is far past any double.
    package static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var index = start + 1
        var negative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = min(value * 10 + Int(digit), 99_999)
            index += 1
        }
        return negative ? -value : value
    }
}
