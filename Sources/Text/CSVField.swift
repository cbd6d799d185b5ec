/// Where a field lies in the window: quotes left out.
struct CSVField: BitwiseCopyable {
    private var first: UInt32
    private var last: UInt32

    private static let flag: UInt32 = 1 << 31

    @inline(__always)
    init(_ start: Int, _ end: Int) {
        first = UInt32(truncatingIfNeeded: start)
        last = UInt32(truncatingIfNeeded: end)
    }

    /// - Parameter hasEscapes: whether a doubled quote stands inside.
    @inline(__always)
    init(quoted start: Int, _ end: Int, hasEscapes: Bool) {
        first = UInt32(truncatingIfNeeded: start) | (hasEscapes ? Self.flag : 0)
        last = UInt32(truncatingIfNeeded: end) | Self.flag
    }

    @inline(__always) var start: Int { Int(first & ~Self.flag) }
    @inline(__always) var end: Int { Int(last & ~Self.flag) }
    @inline(__always) var isQuoted: Bool { last & Self.flag != 0 }
    @inline(__always) var hasEscapes: Bool { first & Self.flag != 0 }
    @inline(__always) var isEmpty: Bool { start == end }

    @inline(__always)
    func text(_ base: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// The text with doubled quotes made one.
    func unescaped(_ base: UnsafeRawPointer) -> [UInt8] {
        let raw = text(base)
        guard hasEscapes else { return Array(raw) }
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            result.append(raw[index])
            index += raw[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        return result
    }
}
