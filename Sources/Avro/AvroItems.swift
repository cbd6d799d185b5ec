public import Bytes

/// Goes through the items of an array or the entries of a map, over all their blocks.
///
/// ```swift
/// while try items.next(&decoder) { … decode one item … }
/// ```
@frozen
@usableFromInline
package struct AvroItems {
    /// How an item, or the value of an entry, is read.
    @usableFromInline package let item: AvroPlan.NodeID
    @usableFromInline let emptyItems: Bool
    @usableFromInline var left = 0
    @usableFromInline var isDone = false
    // Items without bytes cost the sender nothing, so their number has a limit of its own.
    @usableFromInline var emptyBudget = 1 << 20

    @inlinable
    init(item: AvroPlan.NodeID, emptyItems: Bool) {
        self.item = item
        self.emptyItems = emptyItems
    }

    /// Whether another item follows; the decoder then stands before it.
    @inlinable
    package mutating func next(_ decoder: inout AvroDecoder) throws(DecodeError) -> Bool {
        if left > 0 {
            left -= 1
            return true
        }
        return try nextBlock(&decoder)
    }

    @usableFromInline
    mutating func nextBlock(_ decoder: inout AvroDecoder) throws(DecodeError) -> Bool {
        if isDone { return false }
        let start = decoder.offset
        let head = try decoder.blockHead(emptyItems: emptyItems)
        if head.count == 0 {
            // A sized block of no items would be an end with bytes behind it.
            if let size = head.sizeBytes, size != 0 {
                throw DecodeError(.malformed, at: start, "a block of no items has \(size) bytes")
            }
            isDone = true
            return false
        }
        if emptyItems {
            guard head.count <= emptyBudget else {
                throw DecodeError(.limitExceeded, at: start, "\(head.count) items without content")
            }
            emptyBudget -= head.count
        }
        left = head.count - 1
        return true
    }
}
