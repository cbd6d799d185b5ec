/// The fixed-width fields of rows that are being gathered, one column each, 64 bits a field.
///
/// One allocation for all, kept from one segment to the next: fresh memory costs more than what is written to it.
/// Unsafe, because an array an each field checks uniqueness, capacity and bounds a dozen times a row; the indices
/// here are a field's constant and a row below `count`, and `count` never passes the capacity.
final class RowColumns {
    /// The fields of a row, in the order of ``Field``.
    enum Field: Int, CaseIterable {
        case id, size, rowCount, modificationTime, version, timestamp, ordinal
        case directory, tuple, partition, schema
        /// End in the arena of tails, shifted left by one; the low bit says that the name ends in the id.
        case tailEnd
        case detailEnd
    }

    private(set) var count = 0
    private var capacity: Int
    private var base: UnsafeMutablePointer<Int64>

    init(capacity: Int) {
        self.capacity = max(16, capacity)
        base = .allocate(capacity: self.capacity * Field.allCases.count)
    }

    deinit { base.deallocate() }

    func reserve(_ rows: Int) {
        if rows > capacity { grow(to: rows) }
    }

    func removeAll() { count = 0 }

    /// Begins a row; every field of it is then to be set.
    @inline(__always)
    func addRow() {
        if count == capacity { grow(to: capacity * 2) }
        count += 1
    }

    /// Sets a field of the last row.
    @inline(__always)
    func set(_ field: Field, _ value: Int64) { base[field.rawValue * capacity + count - 1] = value }

    /// The column of a field.
    subscript(field: Field) -> UnsafeBufferPointer<Int64> {
        UnsafeBufferPointer(start: base + field.rawValue * capacity, count: count)
    }

    private func grow(to rows: Int) {
        let fields = Field.allCases.count
        let larger = UnsafeMutablePointer<Int64>.allocate(capacity: rows * fields)
        for field in 0..<fields {
            (larger + field * rows).update(from: base + field * capacity, count: count)
        }
        base.deallocate()
        base = larger
        capacity = rows
    }

    /// A column in a narrower form.
    func column<T: FixedWidthInteger>(_ field: Field, as type: T.Type) -> [T] {
        let values = self[field]
        return [T](unsafeUninitializedCapacity: values.count) { target, count in
            for row in 0..<values.count {
                target.initializeElement(at: row, to: T(truncatingIfNeeded: values[row]))
            }
            count = values.count
        }
    }
}
