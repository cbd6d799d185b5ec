/// A number as it lies in a lane, and how the wider and older stored forms become one.
protocol LaneValue: BitwiseCopyable {
    static var zero: Self { get }
    /// The two's complement number in `width` bytes, high byte first; nil where it does not fit.
    static func bigEndian(_ bytes: UnsafeRawPointer, width: Int) -> Self?
    /// The same number in this lane; nil where it does not fit.
    static func integer(_ value: Int64) -> Self?
}

extension LaneValue where Self: FixedWidthInteger {
    static func bigEndian(_ bytes: UnsafeRawPointer, width: Int) -> Self? {
        guard width > 0 else { return 0 }
        let isNegative = bytes.load(as: UInt8.self) >= 0x80
        var result: Self = isNegative ? ~0 : 0
        for index in 0..<width {
            let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
            if index < width - MemoryLayout<Self>.size, byte != (isNegative ? 0xFF : 0) { return nil }
            result = result &<< 8 | Self(truncatingIfNeeded: byte)
        }
        return (result < 0) == isNegative ? result : nil
    }

    static func integer(_ value: Int64) -> Self? { Self(exactly: value) }
}

extension Int32: LaneValue {}
extension Int64: LaneValue {}
extension Int128: LaneValue {}

// Booleans and floating-point numbers are stored in one form only.
extension UInt8: LaneValue {
    static func bigEndian(_ bytes: UnsafeRawPointer, width: Int) -> UInt8? { nil }
    static func integer(_ value: Int64) -> UInt8? { nil }
}
extension Float: LaneValue {
    static func bigEndian(_ bytes: UnsafeRawPointer, width: Int) -> Float? { nil }
    static func integer(_ value: Int64) -> Float? { nil }
}
extension Double: LaneValue {
    static func bigEndian(_ bytes: UnsafeRawPointer, width: Int) -> Double? { nil }
    static func integer(_ value: Int64) -> Double? { nil }
}
