import CZlib

/// The checksum of gzip, PNG and Avro's snappy blocks (polynomial 0xEDB88320), in one go or in pieces.
package struct CRC32: Sendable {
    /// The checksum of everything given so far; 0 for nothing.
    package private(set) var value: UInt32 = 0

    package init() {}

    /// Continues with more bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // For zlib a null address means "give me the initial value".
        guard let address = bytes.baseAddress else { return }
        value = UInt32(
            truncatingIfNeeded: crc32_z(
                UInt(value), address.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// Continues with more bytes.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The checksum of `bytes`.
    package static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes)
        return crc.value
    }

    /// The checksum of `bytes`.
    package static func checksum(of bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum(of: $0) }
    }
}
