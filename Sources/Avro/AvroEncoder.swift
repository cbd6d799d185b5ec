public import Bytes

/// Avro's primitives, appended to a ``ByteWriter``.
@frozen
@usableFromInline
package struct AvroEncoder: Sendable {
    @usableFromInline package var writer: ByteWriter

    @inlinable
    package init(capacity: Int = 0) { writer = ByteWriter(capacity: capacity) }

    /// What has been encoded so far.
    @inlinable package var bytes: [UInt8] { writer.bytes }
    @inlinable package var count: Int { writer.count }

    @inlinable package mutating func boolean(_ value: Bool) { writer.uint8(value ? 1 : 0) }
    @inlinable package mutating func int(_ value: Int32) { writer.zigzag(Int64(value)) }
    @inlinable package mutating func long(_ value: Int64) { writer.zigzag(value) }
    @inlinable package mutating func float(_ value: Float) { writer.float(value) }
    @inlinable package mutating func double(_ value: Double) { writer.double(value) }

    /// A `bytes` or `string`: its length, then its content.
    @inlinable
    package mutating func bytes(_ value: UnsafeRawBufferPointer) {
        writer.zigzag(Int64(value.count))
        writer.append(value)
    }

    /// A `bytes` or `string`: its length, then its content.
    @inlinable
    package mutating func bytes(_ value: [UInt8]) {
        writer.zigzag(Int64(value.count))
        writer.append(value)
    }

    @inlinable package mutating func string(_ value: ByteString) { bytes(value.bytes) }

    @inlinable
    package mutating func string(_ value: String) {
        writer.zigzag(Int64(value.utf8.count))
        writer.append(text: value)
    }

    /// A `fixed`: its bytes alone.
    @inlinable package mutating func fixed(_ value: [UInt8]) { writer.append(value) }

    /// The branch of a union or the symbol of an enum.
    @inlinable package mutating func index(_ value: Int) { writer.zigzag(Int64(value)) }

    /// The head of a block of `count` items; nothing for a block of none.
    @inlinable
    package mutating func beginBlock(count: Int) {
        if count > 0 { writer.zigzag(Int64(count)) }
    }

    /// Ends an array or map.
    @inlinable package mutating func endBlocks() { writer.uint8(0) }
}

// Unions of null and one other type, null first, as nearly every schema has them.
extension AvroEncoder {
    @inlinable package mutating func null() { writer.uint8(0) }

    @inlinable
    package mutating func optional(_ value: Int64?) {
        guard let value else { return null() }
        index(1)
        long(value)
    }

    @inlinable
    package mutating func optional(_ value: Int32?) {
        guard let value else { return null() }
        index(1)
        int(value)
    }

    @inlinable
    package mutating func optional(_ value: ByteString?) {
        guard let value else { return null() }
        index(1)
        string(value)
    }

    /// A map of strings, in the order given.
    package mutating func map(_ entries: [(key: ByteString, value: ByteString)]) {
        beginBlock(count: entries.count)
        for entry in entries {
            string(entry.key)
            string(entry.value)
        }
        endBlocks()
    }
}
