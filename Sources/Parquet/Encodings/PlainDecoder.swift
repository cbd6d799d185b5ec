/// Decodes PLAIN values from a page into a lane.
enum PlainDecoder {
    /// Decodes `count` values from `offset` on and moves it; nil on success, else what is wrong.
    static func numbers<T: LaneValue>(
        _ type: T.Type, _ column: FileColumn, from base: UnsafeRawPointer, _ offset: inout Int, end: Int,
        count: Int, into target: UnsafeMutablePointer<T>
    ) -> String? {
        if case .bigEndianVariable = column.conversion {
            return variableNumbers(from: base, &offset, end: end, count: count, into: target)
        }
        let width = storedWidth(column)
        guard width > 0, count <= (end - offset) / width else { return tooShort(count) }
        let source = base + offset
        offset += count * width
        switch column.conversion {
        case .same:
            UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * width)
            return nil
        case .bigEndian(let width):
            return fill(target, count) { T.bigEndian(source + $0 * width, width: width) }
        case .int96:
            return fill(target, count) { instant(source + $0 * 12).flatMap(T.integer) }
        case .narrow, .widen:
            if width == 4 {
                return fill(target, count) {
                    T.integer(Int64(source.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)))
                }
            }
            return fill(target, count) {
                T.integer(source.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
            }
        case .bigEndianVariable, .fixedBytes, .nothing: return "the column holds no numbers"
        }
    }

    static func storedWidth(_ column: FileColumn) -> Int {
        switch column.type {
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .fixedLengthByteArray: column.typeLength
        case .boolean, .byteArray: 0
        }
    }

    private static func tooShort(_ count: Int) -> String { "a page ends before its \(count) values do" }

    @inline(__always)
    private static func fill<T>(
        _ target: UnsafeMutablePointer<T>, _ count: Int, _ value: (Int) -> T?
    ) -> String? {
        for index in 0..<count {
            guard let number = value(index) else { return "a number does not fit the column's type" }
            target[index] = number
        }
        return nil
    }

    private static func variableNumbers<T: LaneValue>(
        from base: UnsafeRawPointer, _ offset: inout Int, end: Int, count: Int,
        into target: UnsafeMutablePointer<T>
    ) -> String? {
        for index in 0..<count {
            guard let length = length(base, &offset, end) else { return tooShort(count) }
            guard let number = T.bigEndian(base + offset, width: length) else {
                return "a number does not fit the column's type"
            }
            target[index] = number
            offset += length
        }
        return nil
    }

    @inline(__always)
    private static func length(_ base: UnsafeRawPointer, _ offset: inout Int, _ end: Int) -> Int? {
        guard end - offset >= 4 else { return nil }
        let length = Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        guard length <= end - offset - 4 else { return nil }
        offset += 4
        return length
    }

    /// Nanoseconds since 1970 of a Julian day and a time of day.
    private static func instant(_ bytes: UnsafeRawPointer) -> Int64? {
        let time = bytes.loadUnaligned(as: Int64.self)
        let day = Int64(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) - 2_440_588
        let (nanoseconds, overflow) = day.multipliedReportingOverflow(by: 86_400_000_000_000)
        let (result, overflow2) = nanoseconds.addingReportingOverflow(time)
        return overflow || overflow2 ? nil : result
    }

    /// Appends `count` byte strings to `out` and their ends, counted from `out`'s start, to `ends`.
    ///
    /// Short strings are copied as sixteen bytes: the page is padded and `out` has room for it.
    static func byteStrings(
        from base: UnsafeRawPointer, _ offset: inout Int, end: Int, count: Int, into out: RawBuffer,
        ends: UnsafeMutablePointer<UInt32>
    ) -> String? {
        guard count <= (end - offset) / 4 else { return tooShort(count) }
        out.reserve(end - offset + 16)
        let target = out.base
        var written = out.count
        var position = offset
        for index in 0..<count {
            guard end - position >= 4 else { return tooShort(count) }
            let length = Int(base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            position += 4
            guard length <= end - position else { return tooShort(count) }
            copyShort(target + written, base + position, length)
            position += length
            written += length
            ends[index] = UInt32(truncatingIfNeeded: written)
        }
        offset = position
        out.count = written
        return nil
    }

    /// The same for strings of one width that lie back to back.
    static func fixedByteStrings(
        width: Int, from base: UnsafeRawPointer, _ offset: inout Int, end: Int, count: Int,
        into out: RawBuffer, ends: UnsafeMutablePointer<UInt32>
    ) -> String? {
        guard width > 0, count <= (end - offset) / width else { return tooShort(count) }
        let start = out.count
        out.append(base + offset, count * width)
        offset += count * width
        for index in 0..<count { ends[index] = UInt32(truncatingIfNeeded: start + (index + 1) * width) }
        return nil
    }

    /// Copies `length` bytes; may copy up to sixteen where there are fewer.
    @inline(__always)
    static func copyShort(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ length: Int) {
        if length <= 16 {
            let low = source.loadUnaligned(as: UInt64.self)
            let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            target.storeBytes(of: low, as: UInt64.self)
            target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        } else {
            target.copyMemory(from: source, byteCount: length)
        }
    }
}
