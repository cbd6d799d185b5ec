/// An immutable column of integers in the narrowest form that holds their range: nothing at all where they
/// are equal, else 1, 2, 4 or 8 bytes above the smallest.
enum IntegerColumn: Sendable {
    case uniform(Int64)
    case bytes(base: Int64, [UInt8])
    case shorts(base: Int64, [UInt16])
    case words(base: Int64, [UInt32])
    case longs([Int64])

    init(_ values: UnsafeBufferPointer<Int64>) {
        guard var low = values.first else {
            self = .uniform(0)
            return
        }
        var high = low
        for value in values {
            low = min(low, value)
            high = max(high, value)
        }
        let (range, overflow) = high.subtractingReportingOverflow(low)
        if !overflow, range == 0 {
            self = .uniform(low)
        } else if !overflow, range <= 0xFF {
            self = .bytes(base: low, Self.narrowed(values, base: low))
        } else if !overflow, range <= 0xFFFF {
            self = .shorts(base: low, Self.narrowed(values, base: low))
        } else if !overflow, range <= 0xFFFF_FFFF {
            self = .words(base: low, Self.narrowed(values, base: low))
        } else {
            self = .longs(Array(values))
        }
    }

    /// What the values are above the base, which none is below and none further above than the type holds.
    private static func narrowed<T: FixedWidthInteger>(
        _ values: UnsafeBufferPointer<Int64>, base: Int64
    ) -> [T] {
        [T](unsafeUninitializedCapacity: values.count) { target, count in
            for row in 0..<values.count {
                target.initializeElement(at: row, to: T(truncatingIfNeeded: values[row] &- base))
            }
            count = values.count
        }
    }

    subscript(row: Int) -> Int64 {
        switch self {
        case .uniform(let value): value
        case .bytes(let base, let values): base + Int64(values[row])
        case .shorts(let base, let values): base + Int64(values[row])
        case .words(let base, let values): base + Int64(values[row])
        case .longs(let values): values[row]
        }
    }

    /// Memory of the values.
    var byteCount: Int {
        switch self {
        case .uniform: 0
        case .bytes(_, let values): values.capacity
        case .shorts(_, let values): values.capacity * 2
        case .words(_, let values): values.capacity * 4
        case .longs(let values): values.capacity * 8
        }
    }
}
