import Bytes

// Rows taken, cut out and joined.
extension ColumnVector {
    /// The rows of those numbers, in that order.
    package func gather(_ rows: [UInt32]) -> ColumnVector {
        let taken: ColumnValues
        switch values {
        case .boolean(let values): taken = .boolean(Self.gather(values, rows))
        case .int32(let values): taken = .int32(Self.gather(values, rows))
        case .int64(let values): taken = .int64(Self.gather(values, rows))
        case .int128(let values): taken = .int128(Self.gather(values, rows))
        case .float(let values): taken = .float(Self.gather(values, rows))
        case .double(let values): taken = .double(Self.gather(values, rows))
        case .bytes(let values): taken = .bytes(values.gather(rows))
        case .none: return ColumnVector(values: .none(count: rows.count))
        }
        return ColumnVector(values: taken, validity: Self.normalized(validity.map { Self.gather($0, rows) }))
    }

    /// The rows of a range.
    package func slice(_ range: Range<Int>) -> ColumnVector {
        let cut: ColumnValues
        switch values {
        case .boolean(let values): cut = .boolean(Array(values[range]))
        case .int32(let values): cut = .int32(Array(values[range]))
        case .int64(let values): cut = .int64(Array(values[range]))
        case .int128(let values): cut = .int128(Array(values[range]))
        case .float(let values): cut = .float(Array(values[range]))
        case .double(let values): cut = .double(Array(values[range]))
        case .bytes(let values): cut = .bytes(values.slice(range))
        case .none: return ColumnVector(values: .none(count: range.count))
        }
        return ColumnVector(values: cut, validity: Self.normalized(validity.map { Array($0[range]) }))
    }

    /// The rows of `vectors` one after the other. A vector without values counts as nulls of the others' lane.
    package static func concat(_ vectors: [ColumnVector], type: ColumnType) -> ColumnVector {
        let count = vectors.reduce(0) { $0 + $1.count }
        if vectors.count == 1 { return vectors[0] }
        let dense = vectors.map { vector in
            if case .none(let count) = vector.values { return ColumnVector.nulls(type: type, count: count) }
            return vector
        }
        let joined: ColumnValues
        switch type.lane {
        case .boolean: joined = .boolean(join(dense) { if case .boolean(let v) = $0 { v } else { nil } })
        case .int32: joined = .int32(join(dense) { if case .int32(let v) = $0 { v } else { nil } })
        case .int64: joined = .int64(join(dense) { if case .int64(let v) = $0 { v } else { nil } })
        case .int128: joined = .int128(join(dense) { if case .int128(let v) = $0 { v } else { nil } })
        case .float: joined = .float(join(dense) { if case .float(let v) = $0 { v } else { nil } })
        case .double: joined = .double(join(dense) { if case .double(let v) = $0 { v } else { nil } })
        case .bytes:
            joined = .bytes(
                ByteColumn.concat(dense.compactMap { if case .bytes(let v) = $0.values { v } else { nil } }))
        case .none: return ColumnVector(values: .none(count: count))
        }
        precondition(joined.count == count, "columns of different lanes cannot be joined")
        var validity: [UInt8]?
        if dense.contains(where: { $0.validity != nil }) {
            var all: [UInt8] = []
            all.reserveCapacity(count)
            for vector in dense {
                if let rows = vector.validity {
                    all.append(contentsOf: rows)
                } else {
                    all.append(contentsOf: repeatElement(1, count: vector.count))
                }
            }
            validity = all
        }
        return ColumnVector(values: joined, validity: validity)
    }

    private static func join<T>(_ vectors: [ColumnVector], _ lane: (ColumnValues) -> [T]?) -> [T] {
        var all: [T] = []
        all.reserveCapacity(vectors.reduce(0) { $0 + $1.count })
        for vector in vectors { all.append(contentsOf: lane(vector.values) ?? []) }
        return all
    }

    /// Where rows of several vectors stand once these are joined.
    static func places(_ starts: [UInt32], _ sources: [UInt32], _ rows: [UInt32]) -> [UInt32] {
        precondition(sources.count == rows.count)
        return [UInt32](unsafeUninitializedCapacity: rows.count) { target, count in
            for index in 0..<rows.count { target[index] = starts[Int(sources[index])] + rows[index] }
            count = rows.count
        }
    }

    /// Validity is absent where no row is null.
    static func normalized(_ validity: [UInt8]?) -> [UInt8]? {
        guard let validity, validity.contains(0) else { return nil }
        return validity
    }

    private static func gather<T: BitwiseCopyable>(_ values: [T], _ rows: [UInt32]) -> [T] {
        let limit = values.count
        return [T](unsafeUninitializedCapacity: rows.count) { target, count in
            values.withUnsafeBufferPointer { source in
                rows.withUnsafeBufferPointer { rows in
                    for index in 0..<rows.count {
                        let row = Int(rows[index])
                        precondition(row < limit)
                        target[index] = source[row]
                    }
                }
            }
            count = rows.count
        }
    }

    /// Bytes that the column holds in memory.
    package var byteCount: Int {
        let own: Int
        switch values {
        case .boolean(let values): own = values.count
        case .int32(let values): own = values.count * 4
        case .int64(let values): own = values.count * 8
        case .int128(let values): own = values.count * 16
        case .float(let values): own = values.count * 4
        case .double(let values): own = values.count * 8
        case .bytes(let values): own = values.data.count + values.offsets.count * 4
        case .none: own = 0
        }
        return own + (validity?.count ?? 0)
    }
}

extension ByteColumn {
    func gather(_ rows: [UInt32]) -> ByteColumn {
        offsets.withUnsafeBufferPointer { offsets in
            var total = 0
            let newOffsets = [UInt32](unsafeUninitializedCapacity: rows.count + 1) { target, count in
                target[0] = 0
                for index in 0..<rows.count {
                    let row = Int(rows[index])
                    precondition(row + 1 < offsets.count)
                    total += Int(offsets[row + 1] - offsets[row])
                    target[index + 1] = UInt32(truncatingIfNeeded: total)
                }
                count = rows.count + 1
            }
            precondition(total <= Int(UInt32.max), "a batch holds less than 4 GiB of bytes")
            let newData = [UInt8](unsafeUninitializedCapacity: total) { target, count in
                count = total
                guard total > 0, let base = target.baseAddress else { return }
                data.withUnsafeBufferPointer { source in
                    // There are bytes to copy, so neither buffer is empty.
                    let from = source.baseAddress.unsafelyUnwrapped
                    for index in 0..<rows.count {
                        let row = Int(rows[index])
                        let start = Int(offsets[row])
                        let length = Int(offsets[row + 1]) - start
                        (base + Int(newOffsets[index])).update(from: from + start, count: length)
                    }
                }
            }
            return ByteColumn(offsets: newOffsets, data: newData)
        }
    }

    func slice(_ range: Range<Int>) -> ByteColumn {
        let start = offsets[range.lowerBound]
        let end = offsets[range.upperBound]
        return ByteColumn(
            offsets: offsets[range.lowerBound...range.upperBound].map { $0 - start },
            data: Array(data[Int(start)..<Int(end)]))
    }

    static func concat(_ columns: [ByteColumn]) -> ByteColumn {
        var result = ByteColumn()
        let total = columns.reduce(0) { $0 + $1.data.count }
        precondition(total <= Int(UInt32.max), "a batch holds less than 4 GiB of bytes")
        result.data.reserveCapacity(total)
        result.offsets.reserveCapacity(columns.reduce(1) { $0 + $1.count })
        for column in columns {
            let start = UInt32(result.data.count)
            result.data.append(contentsOf: column.data)
            result.offsets.append(contentsOf: column.offsets.dropFirst().lazy.map { $0 + start })
        }
        return result
    }
}
