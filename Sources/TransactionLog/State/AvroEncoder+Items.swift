import Avro
import Bytes

extension AvroEncoder {
    mutating func optional(_ value: Bool?) {
        guard let value else { return null() }
        index(1)
        boolean(value)
    }

    /// An array or a map in one block: the count, the items, the end.
    mutating func items<C: Collection>(_ items: C, _ write: (inout AvroEncoder, C.Element) -> Void) {
        beginBlock(count: items.count)
        for item in items { write(&self, item) }
        endBlocks()
    }

    mutating func strings(_ values: [ByteString]) { items(values) { $0.string($1) } }
}
