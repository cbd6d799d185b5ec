import Bytes
import Glibc

/// Turns the row-key columns of batches into ``NormalizedKeys``.
///
/// Columns are found by name, so a batch may hold more columns, in any order. Encoding goes column by column
/// over the whole batch, with three allocations a batch and none a row.
package struct KeyEncoder: Sendable {
    /// The key columns in key order.
    package let columns: [TableSchema.Column]

    /// - Precondition: the schema has the columns that its row key names.
    package init(schema: TableSchema) {
        columns = schema.rowKey.map { name in
            guard let column = schema.column(name) else {
                preconditionFailure("no column \(name.display) for the row key")
            }
            return column
        }
    }

    package init(columns: [TableSchema.Column]) { self.columns = columns }

    /// The keys of all rows.
    ///
    /// - Precondition: the batch has the key columns, and its keys take less than 4 GiB.
    package func encode(_ batch: ColumnBatch) -> NormalizedKeys {
        let vectors = columns.map { column in
            guard let vector = batch.column(column.name) else {
                preconditionFailure("no column \(column.name.display) in the batch")
            }
            return vector
        }
        let rowCount = batch.rowCount
        var offsets = [UInt32](repeating: 0, count: rowCount + 1)
        let total = measure(vectors, rowCount, &offsets)
        var cursors = offsets
        let bytes = [UInt8](unsafeUninitializedCapacity: total) { target, count in
            count = total
            guard let base = target.baseAddress, total > 0 else { return }
            cursors.withUnsafeMutableBufferPointer { cursors in
                for (column, vector) in zip(columns, vectors) {
                    let writer = KeyColumnWriter(
                        base: UnsafeMutableRawPointer(base), cursors: cursors, rowCount: rowCount)
                    writer.write(vector, column.type)
                }
            }
        }
        return NormalizedKeys(offsets: offsets, bytes: bytes)
    }

    /// Sets the offsets of all rows and returns the bytes that they take.
    private func measure(_ vectors: [ColumnVector], _ rowCount: Int, _ offsets: inout [UInt32]) -> Int {
        var everyRow = 0
        offsets.withUnsafeMutableBufferPointer { sizes in
            for (column, vector) in zip(columns, vectors) {
                everyRow += 1
                if case .bytes(let values) = vector.values {
                    Self.addLengths(values, vector.validity, sizes, rowCount)
                } else if case .none = vector.values {
                    continue
                } else {
                    let width = column.type.lane.keyWidth
                    guard let validity = vector.validity else {
                        everyRow += width
                        continue
                    }
                    for row in 0..<rowCount where validity[row] != 0 { sizes[row + 1] += UInt32(width) }
                }
            }
        }
        var total = 0
        offsets.withUnsafeMutableBufferPointer { sizes in
            for row in 0..<rowCount {
                total += everyRow + Int(sizes[row + 1])
                sizes[row + 1] = UInt32(truncatingIfNeeded: total)
            }
        }
        precondition(total <= Int(UInt32.max), "the keys of a batch take less than 4 GiB")
        return total
    }

    private static func addLengths(
        _ values: ByteColumn, _ validity: [UInt8]?, _ sizes: UnsafeMutableBufferPointer<UInt32>,
        _ rowCount: Int
    ) {
        let hasZeros = values.data.contains(0)
        values.offsets.withUnsafeBufferPointer { offsets in
            for row in 0..<rowCount {
                if let validity, validity[row] == 0 { continue }
                sizes[row + 1] += offsets[row + 1] - offsets[row] + 1
                if hasZeros {
                    let range = Int(offsets[row])..<Int(offsets[row + 1])
                    var zeros: UInt32 = 0
                    for byte in values.data[range] where byte == 0 { zeros += 1 }
                    sizes[row + 1] += zeros
                }
            }
        }
    }
}

extension Lane {
    /// Bytes of a value in a key, without the tag.
    var keyWidth: Int {
        switch self {
        case .boolean: 1
        case .int32, .float: 4
        case .int64, .double: 8
        case .int128: 16
        case .bytes, .none: 0
        }
    }
}

/// Writes one column into the keys of all rows, each at its row's cursor.
///
/// The room was measured before: the cursors never leave the buffer.
private struct KeyColumnWriter {
    let base: UnsafeMutableRawPointer
    let cursors: UnsafeMutableBufferPointer<UInt32>
    let rowCount: Int

    func write(_ vector: ColumnVector, _ type: ColumnType) {
        let validity = vector.validity
        switch vector.values {
        case .boolean(let values): fixed(values, validity) { $0 }
        case .int32(let values):
            let flip: UInt32 = type.isUnsigned ? 0 : 1 << 31
            fixed(values, validity) { UInt32(bitPattern: $0) ^ flip }
        case .int64(let values):
            let flip: UInt64 = type.isUnsigned ? 0 : 1 << 63
            fixed(values, validity) { UInt64(bitPattern: $0) ^ flip }
        case .int128(let values): fixed(values, validity) { UInt128(bitPattern: $0) ^ (1 << 127) }
        case .float(let values): fixed(values, validity) { KeyBits.encode($0) }
        case .double(let values): fixed(values, validity) { KeyBits.encode($0) }
        case .bytes(let values): strings(values, validity)
        case .none:
            for row in 0..<rowCount { tag(row, 0) }
        }
    }

    @inline(__always)
    private func tag(_ row: Int, _ tag: UInt8) {
        base.storeBytes(of: tag, toByteOffset: Int(cursors[row]), as: UInt8.self)
        cursors[row] &+= 1
    }

    @inline(__always)
    private func fixed<T: BitwiseCopyable, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ values: [T], _ validity: [UInt8]?, _ bits: (T) -> Bits
    ) {
        values.withUnsafeBufferPointer { values in
            for row in 0..<rowCount {
                if let validity, validity[row] == 0 {
                    tag(row, 0)
                    continue
                }
                let place = Int(cursors[row])
                base.storeBytes(of: 1, toByteOffset: place, as: UInt8.self)
                base.storeBytes(of: bits(values[row]).bigEndian, toByteOffset: place + 1, as: Bits.self)
                cursors[row] &+= UInt32(1 + MemoryLayout<Bits>.size)
            }
        }
    }

    private func strings(_ values: ByteColumn, _ validity: [UInt8]?) {
        let hasZeros = values.data.contains(0)
        values.data.withUnsafeBytes { data in
            values.offsets.withUnsafeBufferPointer { offsets in
                for row in 0..<rowCount {
                    if let validity, validity[row] == 0 {
                        tag(row, 0)
                        continue
                    }
                    let start = Int(offsets[row])
                    let length = Int(offsets[row + 1]) - start
                    var place = base + Int(cursors[row])
                    place.storeBytes(of: 1, as: UInt8.self)
                    place += 1
                    if hasZeros {
                        place = escape(
                            UnsafeRawBufferPointer(rebasing: data[start..<(start + length)]), place)
                    } else if length > 0, let from = data.baseAddress {
                        memcpy(place, from + start, length)
                        place += length
                    }
                    place.storeBytes(of: 0, as: UInt8.self)
                    cursors[row] = UInt32(place + 1 - base)
                }
            }
        }
    }

    private func escape(_ value: UnsafeRawBufferPointer, _ start: UnsafeMutableRawPointer)
        -> UnsafeMutableRawPointer
    {
        var place = start
        for byte in value {
            place.storeBytes(of: byte, as: UInt8.self)
            place += 1
            if byte == 0 {
                place.storeBytes(of: 0xFF, as: UInt8.self)
                place += 1
            }
        }
        return place
    }
}
