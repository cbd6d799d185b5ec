/// An immutable column of integers in the narrowest form that holds their range: nothing at all where they
/// are equal, else 1, 2, 4 or 8 bytes above the smallest.
enum IntegerColumn: Sendable {
    case uniform(Int64)
    case bytes(base: Int64, [UInt8])
    case shorts(base: Int64, [UInt16])
    case words(base: Int64, [UInt32])
    case longs([Int64])

    init(_ values: [Int64]) {
        guard var low = values.first else {
            self = .uniform(0)
            return
        }
        var high = low
        for value in values {
            if value < low { low = value }
            if value > high { high = value }
        }
        let (range, overflow) = high.subtractingReportingOverflow(low)
        if overflow {
            self = .longs(values)
        } else if range == 0 {
            self = .uniform(low)
        } else if range <= 0xFF {
            self = .bytes(base: low, values.map { UInt8(truncatingIfNeeded: $0 - low) })
        } else if range <= 0xFFFF {
            self = .shorts(base: low, values.map { UInt16(truncatingIfNeeded: $0 - low) })
        } else if range <= 0xFFFF_FFFF {
            self = .words(base: low, values.map { UInt32(truncatingIfNeeded: $0 - low) })
        } else {
            self = .longs(values)
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
