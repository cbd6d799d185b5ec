import Bytes
import Records

extension ColumnChunkWriter {
    /// Stages the values of rows of which `present` are not null.
    func addValues(_ vector: ColumnVector, _ rows: Range<Int>, _ present: Int) throws(ParquetError) {
        switch vector.values {
        case .boolean(let values): withDense(values, rows, present) { addBooleans($0, present) }
        case .int32(let values): withDense(values, rows, present) { addIntegers($0, present) }
        case .int64(let values): withDense(values, rows, present) { addIntegers($0, present) }
        case .int128(let values): withDense(values, rows, present) { addWide($0, present) }
        case .float(let values): withDense(values, rows, present) { addFloats($0, present) }
        case .double(let values): withDense(values, rows, present) { addDoubles($0, present) }
        case .bytes(let strings): addStrings(strings, rows, present)
        case .none: break
        }
        stagedCount += present
    }

    /// Calls `body` with the values that are not null, back to back.
    @inline(__always)
    private func withDense<T: BitwiseCopyable>(
        _ values: [T], _ rows: Range<Int>, _ present: Int, _ body: (UnsafePointer<T>) -> Void
    ) {
        values.withUnsafeBufferPointer { all in
            let source = all.baseAddress! + rows.lowerBound
            if present == rows.count { return body(source) }
            scratch.dense.count = 0
            scratch.dense.reserve(rows.count * MemoryLayout<T>.stride)
            let target = scratch.dense.base.assumingMemoryBound(to: T.self)
            let levels = UnsafePointer(rowLevels(rows.count))
            var count = 0
            for index in 0..<rows.count {
                target[count] = source[index]
                count &+= Int(levels[index])
            }
            body(UnsafePointer(target))
        }
    }

    /// The levels of the last `count` rows.
    private func rowLevels(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        (levels.end - count).assumingMemoryBound(to: UInt8.self)
    }

    private func widen(_ minimum: StatisticValue, _ maximum: StatisticValue) {
        pageStatistics.merge(
            ColumnStatistics(nullCount: 0, minimum: minimum, maximum: maximum), as: column.column.type)
    }

    private func addBooleans(_ values: UnsafePointer<UInt8>, _ count: Int) {
        var trues = 0
        for index in 0..<count { trues &+= values[index] == 0 ? 0 : 1 }
        widen(.boolean(trues == count), .boolean(trues > 0))
        staged.append(values, count)
    }

    private func addIntegers(_ values: UnsafePointer<Int32>, _ count: Int) {
        if let (low, high) = ChunkBounds.integers(values, count, isUnsigned: column.column.type.isUnsigned) {
            widen(.integer(Int64(low)), .integer(Int64(high)))
        }
        stage(UnsafeRawPointer(values), count, UInt32.self)
    }

    private func addIntegers(_ values: UnsafePointer<Int64>, _ count: Int) {
        if let (low, high) = ChunkBounds.integers(values, count, isUnsigned: column.column.type.isUnsigned) {
            widen(.integer(low), .integer(high))
        }
        stage(UnsafeRawPointer(values), count, UInt64.self)
    }

    private func addFloats(_ values: UnsafePointer<Float>, _ count: Int) {
        if let (low, high) = ChunkBounds.numbers(values, count) { widen(.float(low), .float(high)) }
        stage(UnsafeRawPointer(values), count, UInt32.self)
    }

    private func addDoubles(_ values: UnsafePointer<Double>, _ count: Int) {
        if let (low, high) = ChunkBounds.numbers(values, count) { widen(.double(low), .double(high)) }
        stage(UnsafeRawPointer(values), count, UInt64.self)
    }

    private func addWide(_ values: UnsafePointer<Int128>, _ count: Int) {
        if let (low, high) = ChunkBounds.integers(values, count, isUnsigned: false) {
            widen(.wide(low), .wide(high))
        }
        let width = column.typeLength
        staged.reserve(count * width)
        for index in 0..<count {
            let value = values[index].bigEndian
            withUnsafeBytes(of: value) { bytes in
                staged.append(bytes.baseAddress! + (16 - width), width)
            }
        }
    }

    /// Stages numbers as they are or as indices, by their bits.
    @inline(__always)
    private func stage<Key: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafeRawPointer, _ count: Int, _ type: Key.Type
    ) {
        let keys = values.assumingMemoryBound(to: Key.self)
        switch mode {
        case .numbers32(let numbers): encode(keys, count, numbers)
        case .numbers64(let numbers): encode(keys, count, numbers)
        case .plain, .strings: staged.append(values, count * MemoryLayout<Key>.stride)
        }
    }

    @inline(__always)
    private func encode<Key, Other>(
        _ keys: UnsafePointer<Key>, _ count: Int, _ numbers: NumberDictionary<Other>
    ) {
        staged.reserve(count * 4)
        let indices = staged.end.assumingMemoryBound(to: UInt32.self)
        // The mode follows from the lane, so the two types are the same.
        numbers.encode(UnsafeRawPointer(keys).assumingMemoryBound(to: Other.self), count, into: indices)
        staged.count += count * 4
    }

    private func addStrings(_ strings: ByteColumn, _ rows: Range<Int>, _ present: Int) {
        let levels = UnsafePointer(rowLevels(rows.count))
        strings.offsets.withUnsafeBufferPointer { offsets in
            strings.data.withUnsafeBytes { data in
                // All strings may be empty, and then nothing is read through the address.
                let base = data.baseAddress ?? UnsafeRawPointer(levels)
                let first = offsets.baseAddress! + rows.lowerBound
                widenStrings(first, rows.count, present, levels, base)
                switch mode {
                case .strings(let dictionary):
                    encodeStrings(first, rows.count, levels, base, dictionary, present)
                case .plain, .numbers32, .numbers64:
                    stagePlain(first, rows.count, levels, base, data.count)
                }
            }
        }
    }

    private func widenStrings(
        _ offsets: UnsafePointer<UInt32>, _ count: Int, _ present: Int, _ levels: UnsafePointer<UInt8>,
        _ data: UnsafeRawPointer
    ) {
        var bounds: (low: Int, high: Int)?
        if present == count {
            bounds = ChunkBounds.strings(offsets, count, data)
        } else {
            for row in 0..<count where levels[row] != 0 {
                guard let (low, high) = bounds else {
                    bounds = (row, row)
                    continue
                }
                if compareBytes(slice(offsets, row, data), slice(offsets, low, data)) < 0 {
                    bounds?.low = row
                }
                if compareBytes(slice(offsets, row, data), slice(offsets, high, data)) > 0 {
                    bounds?.high = row
                }
            }
        }
        guard let bounds else { return }
        func value(_ row: Int) -> StatisticValue { .bytes(ByteString(Array(slice(offsets, row, data)))) }
        widen(value(bounds.low), value(bounds.high))
    }

    @inline(__always)
    private func slice(
        _ offsets: UnsafePointer<UInt32>, _ row: Int, _ data: UnsafeRawPointer
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: data + Int(offsets[row]), count: Int(offsets[row + 1] - offsets[row]))
    }

    private func encodeStrings(
        _ offsets: UnsafePointer<UInt32>, _ count: Int, _ levels: UnsafePointer<UInt8>,
        _ data: UnsafeRawPointer, _ dictionary: StringDictionary, _ present: Int
    ) {
        staged.reserve(present * 4)
        let indices = staged.end.assumingMemoryBound(to: UInt32.self)
        var written = 0
        for row in 0..<count where levels[row] != 0 {
            let start = Int(offsets[row])
            indices[written] = dictionary.index(of: data + start, Int(offsets[row + 1]) - start)
            written += 1
        }
        staged.count += written * 4
    }

    private func stagePlain(
        _ offsets: UnsafePointer<UInt32>, _ count: Int, _ levels: UnsafePointer<UInt8>,
        _ data: UnsafeRawPointer, _ dataSize: Int
    ) {
        let total = Int(offsets[count] - offsets[0])
        staged.reserve(total + count * 4 + 16)
        let target = staged.base
        var written = staged.count
        for row in 0..<count where levels[row] != 0 {
            let start = Int(offsets[row])
            let length = Int(offsets[row + 1]) - start
            target.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: written, as: UInt32.self)
            written += 4
            if start + 16 <= dataSize {
                PlainDecoder.copyShort(target + written, data + start, length)
            } else {
                (target + written).copyMemory(from: data + start, byteCount: length)
            }
            written += length
        }
        staged.count = written
    }

    /// Appends the PLAIN form of dictionary entries by their indices.
    func appendPlain(_ indices: UnsafePointer<UInt32>, _ count: Int, to out: RawBuffer) {
        switch mode {
        case .plain: break
        case .numbers32(let numbers): gather(indices, count, numbers.entries, to: out)
        case .numbers64(let numbers): gather(indices, count, numbers.entries, to: out)
        case .strings(let strings):
            let offsets = strings.offsets
            for index in 0..<count {
                let entry = Int(indices[index])
                let start = Int(offsets[entry])
                let length = offsets[entry + 1] - offsets[entry]
                withUnsafeBytes(of: length) { out.append($0.baseAddress!, 4) }
                out.append(strings.bytes.base + start, Int(length))
            }
        }
    }

    private func gather<Key: FixedWidthInteger>(
        _ indices: UnsafePointer<UInt32>, _ count: Int, _ entries: UnsafePointer<Key>, to out: RawBuffer
    ) {
        out.reserve(count * MemoryLayout<Key>.stride)
        let target = out.end.assumingMemoryBound(to: Key.self)
        for index in 0..<count { target[index] = entries[Int(indices[index])] }
        out.count += count * MemoryLayout<Key>.stride
    }
}
