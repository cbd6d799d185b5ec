/// Finds a row by its id: open addressing over the segment's rows, row + 1 a slot, 0 for empty.
final class FileLookup: Sendable {
    private let slots: [UInt32]

    init(_ ids: [UInt64]) {
        var capacity = 4
        // At most four fifths full.
        while capacity * 4 < ids.count * 5 { capacity *= 2 }
        var slots = [UInt32](repeating: 0, count: capacity)
        let mask = capacity - 1
        slots.withUnsafeMutableBufferPointer { slots in
            for (row, id) in ids.enumerated() {
                var slot = Self.start(id) & mask
                while slots[slot] != 0 { slot = (slot + 1) & mask }
                slots[slot] = UInt32(row + 1)
            }
        }
        self.slots = slots
    }

    func row(of id: UInt64, in ids: [UInt64]) -> Int? {
        let mask = slots.count - 1
        var slot = Self.start(id) & mask
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if ids[row] == id { return row }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private static func start(_ id: UInt64) -> Int {
        Int(truncatingIfNeeded: (id &* 0x9E37_79B9_7F4A_7C15) >> 24)
    }
}
