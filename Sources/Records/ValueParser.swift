import Bytes

/// Reads one value from its text, without allocation where the text is plain.
///
/// The whole text must be the value: no white space, nothing behind it. nil is "not a value of that type".
package enum ValueParser {
    /// `true` and `false` in lower, upper or title case, `t` and `f`.
    package static func boolean(_ text: UnsafeRawBufferPointer) -> Bool? {
        guard let first = text.first else { return nil }
        let word: StaticString
        switch first | 0x20 {
        case UInt8(ascii: "t"): word = "true"
        case UInt8(ascii: "f"): word = "false"
        default: return nil
        }
        let value = first | 0x20 == UInt8(ascii: "t")
        if text.count == 1 { return value }
        guard text.count == word.utf8CodeUnitCount else { return nil }
        let isUpper = text[1] < UInt8(ascii: "a")
        guard !isUpper || first < UInt8(ascii: "a") else { return nil }
        for index in 1..<text.count {
            let expected = word.utf8Start[index]
            if text[index] != (isUpper ? expected & 0xDF : expected) { return nil }
        }
        return value
    }

    /// `-?[0-9]+` within 64 signed bits.
    package static func int64(_ text: UnsafeRawBufferPointer) -> Int64? {
        var index = 0
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        let digits = text.count - index
        guard digits > 0 else { return nil }
        guard digits <= 18 else { return integer128(text).flatMap { Int64(exactly: $0) } }
        var value: Int64 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// `-?[0-9]+` within 128 signed bits.
    package static func integer128(_ text: UnsafeRawBufferPointer) -> Int128? {
        decimal(text, scale: 0, allowingPoint: false)
    }

    /// A decimal number, or `NaN`, `inf`, `infinity` in any case, signed.
    package static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        if let value = DecimalText.double(text) { return value }
        return special(text).map { $0 }
    }

    /// The nearest float.
    package static func float(_ text: UnsafeRawBufferPointer) -> Float? {
        guard let wide = double(text) else { return nil }
        let value = Float(wide)
        if value.isInfinite, !wide.isInfinite { return nil }
        // Halfway between two floats the double has been rounded already, and may be on the wrong side.
        let isHalfway = wide.bitPattern & 0x1FFF_FFFF == 0x1000_0000
        guard isHalfway || value.isSubnormal || value.isZero, value.isFinite else { return value }
        return Float(String(decoding: text, as: UTF8.self)) ?? value
    }

    private static func special(_ text: UnsafeRawBufferPointer) -> Double? {
        guard text.count >= 3, text.count <= 9 else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        let word = String(decoding: isNegative ? text[1...] : text[...], as: UTF8.self).lowercased()
        switch word {
        case "nan": return isNegative ? nil : Double.nan
        case "inf", "infinity": return isNegative ? -Double.infinity : Double.infinity
        default: return nil
        }
    }

    /// The unscaled value of a decimal: `-?digits[.digits][e±digits]`, exact or nil.
    package static func decimal(_ text: UnsafeRawBufferPointer, precision: Int, scale: Int) -> Int128? {
        guard let value = decimal(text, scale: scale, allowingPoint: true),
            value.magnitude < powerOfTen(precision)
        else { return nil }
        return value
    }

    private static func decimal(
        _ text: UnsafeRawBufferPointer, scale: Int, allowingPoint: Bool
    ) -> Int128? {
        var index = 0
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        var value: UInt128 = 0
        var digits = 0
        var fraction = 0
        var seenPoint = false
        // Zeros that may turn out to stand behind the last digit that counts.
        var zeros = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit < 10 {
                digits += 1
                if seenPoint { fraction += 1 }
                if digit == 0, seenPoint {
                    zeros += 1
                } else {
                    for _ in 0..<zeros { guard multiply(&value, adding: 0) else { return nil } }
                    zeros = 0
                    guard multiply(&value, adding: digit) else { return nil }
                }
            } else if allowingPoint, text[index] == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        fraction -= zeros
        if index < text.count {
            guard allowingPoint, let exponent = exponent(text, from: index) else { return nil }
            fraction -= exponent
        }
        if value == 0 { return 0 }
        while fraction < scale {
            guard multiply(&value, adding: 0) else { return nil }
            fraction += 1
        }
        while fraction > scale {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            value = quotient
            fraction -= 1
        }
        guard let signed = Int128(exactly: value) else { return nil }
        return isNegative ? -signed : signed
    }

    private static func multiply(_ value: inout UInt128, adding digit: UInt8) -> Bool {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt128(digit))
        value = sum
        return !overflow && !carry
    }

    /// Held to ±1,000, beyond which no decimal of 38 digits is anything but zero or too large.
    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        DecimalText.exponent(text, from: start).map { max(-1_000, min(1_000, $0)) }
    }

    /// 10 to the power of `exponent`, which is at most 38.
    package static func powerOfTen(_ exponent: Int) -> UInt128 {
        var value: UInt128 = 1
        for _ in 0..<exponent { value *= 10 }
        return value
    }
}
