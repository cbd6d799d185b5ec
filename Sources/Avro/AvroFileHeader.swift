package import Bytes

/// The head of a container file as it stands there: nothing in it is interpreted.
package struct AvroFileHeader: Sendable {
    /// One entry of the metadata.
    package struct Entry: Sendable {
        package let key: ByteString
        package let value: ByteString
        /// Where the value's first byte stands in the file.
        package let valueOffset: Int
    }

    package let entries: [Entry]
    package let syncMarker: [UInt8]
    /// Where the first block begins.
    package let sizeBytes: Int

    static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]

    /// Reads the magic, the metadata and the sync marker.
    package init(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) {
        var decoder = AvroDecoder(bytes)
        guard bytes.count >= 4, Self.magic.elementsEqual(try decoder.fixed(4)) else {
            throw DecodeError(bytes.count < 4 ? .truncated : .malformed, at: 0, "this is no Avro file")
        }
        var entries: [Entry] = []
        var items = AvroItems(item: AvroPlan.NodeID(index: 0), emptyItems: false)
        while try items.next(&decoder) {
            let key = ByteString(try decoder.string())
            let value = try decoder.bytes()
            entries.append(
                Entry(key: key, value: ByteString(value), valueOffset: decoder.offset - value.count))
        }
        self.entries = entries
        syncMarker = Array(try decoder.fixed(16))
        sizeBytes = decoder.offset
    }

    /// The last entry of the key: where a header has two, the later one counts.
    package func entry(_ key: ByteString) -> Entry? { entries.last { $0.key == key } }
}
