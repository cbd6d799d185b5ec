/// Floating-point numbers as unsigned integers that order the same: -0 is +0, NaN (one of them) comes last.
enum KeyBits {
    @inline(__always)
    static func encode(_ value: Double) -> UInt64 {
        if value == 0 { return 1 << 63 }
        if value.isNaN { return Double.nan.bitPattern ^ (1 << 63) }
        let bits = value.bitPattern
        return bits >> 63 == 0 ? bits ^ (1 << 63) : ~bits
    }

    @inline(__always)
    static func encode(_ value: Float) -> UInt32 {
        if value == 0 { return 1 << 31 }
        if value.isNaN { return Float.nan.bitPattern ^ (1 << 31) }
        let bits = value.bitPattern
        return bits >> 31 == 0 ? bits ^ (1 << 31) : ~bits
    }

    static func double(_ bits: UInt64) -> Double {
        Double(bitPattern: bits >> 63 == 1 ? bits ^ (1 << 63) : ~bits)
    }

    static func float(_ bits: UInt32) -> Float {
        Float(bitPattern: bits >> 31 == 1 ? bits ^ (1 << 31) : ~bits)
    }
}
