/// Grows a byte array, little-endian unless the name says otherwise.
@frozen
@usableFromInline
package struct ByteWriter: Sendable {
    @usableFromInline package var bytes: [UInt8]

    @inlinable
    package init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    @inlinable package var count: Int { bytes.count }

    @inlinable
    package mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }

    @inlinable package mutating func uint8(_ value: UInt8) { bytes.append(value) }

    @inlinable
    package mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    @inlinable
    package mutating func bigEndian<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    @inlinable package mutating func float(_ value: Float) { integer(value.bitPattern) }
    @inlinable package mutating func double(_ value: Double) { integer(value.bitPattern) }

    @inlinable
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    package mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    @inlinable
    package mutating func append(_ other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    @inlinable
    package mutating func append<S: Sequence>(_ other: S) where S.Element == UInt8 {
        bytes.append(contentsOf: other)
    }

    @inlinable package mutating func append(_ string: ByteString) { bytes.append(contentsOf: string.bytes) }

    @inlinable
    package mutating func append(text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    @inlinable package mutating func append(text: String) { bytes.append(contentsOf: text.utf8) }
}
