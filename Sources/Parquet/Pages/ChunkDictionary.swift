/// The dictionary of a column chunk, decoded into the column's lane.
final class ChunkDictionary {
    private(set) var count = 0
    /// Numbers of the lane, back to back; or the bytes of strings, with slack behind them.
    private(set) var values = RawBuffer(capacity: 64)
    /// One more 32-bit offset than there are strings.
    private let offsets = RawBuffer(capacity: 64)

    init() {}

    var heldBytes: Int { values.capacity + offsets.capacity }

    /// Decodes the PLAIN values of a dictionary page.
    init<T: LaneValue>(
        _ type: T.Type, _ column: FileColumn, page: UnsafeRawBufferPointer, size: Int, count: Int
    ) throws(ParquetError) {
        // Each value takes at least one byte, so a page cannot make us allocate much more than it has.
        guard count <= size, let base = page.baseAddress else {
            if count == 0 { return }
            throw Self.tooShort
        }
        values.reserve(count * MemoryLayout<T>.stride)
        var offset = 0
        let target = values.base.assumingMemoryBound(to: T.self)
        let problem = PlainDecoder.numbers(
            type, column, from: base, &offset, end: size, count: count, into: target)
        if let problem { throw ParquetError(.malformed, "the dictionary: \(problem)") }
        self.count = count
    }

    /// Decodes the byte strings of a dictionary page.
    init(
        strings column: FileColumn, page: UnsafeRawBufferPointer, size: Int, count: Int
    ) throws(ParquetError) {
        guard count <= size, let base = page.baseAddress else {
            if count == 0 { return }
            throw Self.tooShort
        }
        offsets.reserve((count + 1) * 4)
        // Whoever looks strings up copies sixteen bytes of a short one.
        values.reserve(size + 16)
        let ends = offsets.base.assumingMemoryBound(to: UInt32.self)
        ends[0] = 0
        var offset = 0
        let problem: String?
        if case .fixedBytes(let width) = column.conversion {
            problem = PlainDecoder.fixedByteStrings(
                width: width, from: base, &offset, end: size, count: count, into: values, ends: ends + 1)
        } else {
            problem = PlainDecoder.byteStrings(
                from: base, &offset, end: size, count: count, into: values, ends: ends + 1)
        }
        if let problem { throw ParquetError(.malformed, "the dictionary: \(problem)") }
        self.count = count
    }

    private static let tooShort = ParquetError(.malformed, "the dictionary page is too short for its values")

    /// True where every index names an entry.
    private func contains(_ indices: UnsafePointer<UInt32>, _ count: Int) -> Bool {
        var largest: UInt32 = 0
        for index in 0..<count { largest = max(largest, indices[index]) }
        return count == 0 || Int(largest) < self.count
    }

    /// Looks numbers up; false where an index is outside the dictionary.
    func gather<T: LaneValue>(
        _ indices: UnsafePointer<UInt32>, _ count: Int, into target: UnsafeMutablePointer<T>
    ) -> Bool {
        guard contains(indices, count) else { return false }
        let entries = UnsafePointer(values.base.assumingMemoryBound(to: T.self))
        for index in 0..<count { target[index] = entries[Int(indices[index])] }
        return true
    }

    /// Appends strings to `out` and their ends to `ends`; nil where an index is outside the dictionary,
    /// false where `out` would pass `limit` bytes.
    func gather(
        _ indices: UnsafePointer<UInt32>, _ count: Int, into out: RawBuffer,
        ends: UnsafeMutablePointer<UInt32>, limit: Int
    ) -> Bool? {
        guard contains(indices, count) else { return nil }
        let entries = UnsafePointer(offsets.base.assumingMemoryBound(to: UInt32.self))
        var total = 0
        for index in 0..<count {
            let entry = Int(indices[index])
            total &+= Int(entries[entry + 1] &- entries[entry])
        }
        guard total <= limit - out.count else { return false }
        out.reserve(total + 16)
        let source = UnsafeRawPointer(values.base)
        let target = out.base
        var written = out.count
        for index in 0..<count {
            let entry = Int(indices[index])
            let start = Int(entries[entry])
            let length = Int(entries[entry + 1]) - start
            PlainDecoder.copyShort(target + written, source + start, length)
            written += length
            ends[index] = UInt32(truncatingIfNeeded: written)
        }
        out.count = written
        return true
    }
}
