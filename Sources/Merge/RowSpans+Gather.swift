import Bytes
import Records

extension RowSpans {
    /// The rows as one batch, gathered column by column.
    ///
    /// - Precondition: all batches have the same columns; a batch's column may hold no values at all.
    func gather() -> ColumnBatch {
        guard let schema = batches.first?.schema else {
            return ColumnBatch(schema: [], columns: [], rowCount: 0)
        }
        if let whole = wholeBlock { return whole }
        let columns = schema.indices.map { column in
            let vectors = batches.map { $0.columns[column] }
            return ColumnVector(values: gatherValues(vectors), validity: gatherValidity(vectors))
        }
        return ColumnBatch(schema: schema, columns: columns, rowCount: rowCount)
    }

    /// The batch itself where the spans are one whole block: sorted input costs no copy.
    private var wholeBlock: ColumnBatch? {
        guard spans.count == 1 else { return nil }
        let batch = batches[Int(spans[0].block)]
        return spans[0].count == batch.rowCount ? batch : nil
    }

    private func gatherValidity(_ vectors: [ColumnVector]) -> [UInt8]? {
        guard vectors.contains(where: { $0.validity != nil || $0.values.isNone }) else { return nil }
        let longest = batches.reduce(0) { max($0, $1.rowCount) }
        let all = vectors.contains { $0.validity == nil && !$0.values.isNone } ? filled(longest, 1) : []
        let none = vectors.contains { $0.values.isNone } ? filled(longest, 0) : []
        let validity = gatherFixed(vectors) { vector in
            if vector.values.isNone { return none }
            return vector.validity ?? all
        }
        return validity.contains(0) ? validity : nil
    }

    private func filled(_ count: Int, _ value: UInt8) -> [UInt8] { Array(repeating: value, count: count) }

    private func gatherValues(_ vectors: [ColumnVector]) -> ColumnValues {
        guard let shape = vectors.first(where: { !$0.values.isNone })?.values else {
            return .none(count: rowCount)
        }
        switch shape {
        case .boolean:
            return .boolean(gatherLane(vectors) { if case .boolean(let lane) = $0 { lane } else { nil } })
        case .int32:
            return .int32(gatherLane(vectors) { if case .int32(let lane) = $0 { lane } else { nil } })
        case .int64:
            return .int64(gatherLane(vectors) { if case .int64(let lane) = $0 { lane } else { nil } })
        case .int128:
            return .int128(gatherLane(vectors) { if case .int128(let lane) = $0 { lane } else { nil } })
        case .float:
            return .float(gatherLane(vectors) { if case .float(let lane) = $0 { lane } else { nil } })
        case .double:
            return .double(gatherLane(vectors) { if case .double(let lane) = $0 { lane } else { nil } })
        case .bytes:
            return .bytes(gatherBytes(vectors))
        case .none:
            return .none(count: rowCount)
        }
    }

    private func gatherLane<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ vectors: [ColumnVector], _ lane: (ColumnValues) -> [T]?
    ) -> [T] {
        gatherFixed(vectors) { vector in
            lane(vector.values) ?? Array(repeating: 0, count: vector.count)
        }
    }

    /// Copies the spans of arrays of values of a fixed width.
    @inline(__always)
    private func gatherFixed<T: BitwiseCopyable>(
        _ vectors: [ColumnVector], _ lane: (ColumnVector) -> [T]
    ) -> [T] {
        let lanes = vectors.map(lane)
        return withBases(lanes) { bases in
            [T](unsafeUninitializedCapacity: rowCount) { buffer, initialized in
                guard var out = buffer.baseAddress else { return }
                for span in spans {
                    guard let base = bases[Int(span.block)] else { continue }
                    let from = base + Int(span.start)
                    if span.count == 1 {
                        out.initialize(to: from.pointee)
                        out += 1
                    } else {
                        out.initialize(from: from, count: Int(span.count))
                        out += Int(span.count)
                    }
                }
                initialized = rowCount
            }
        }
    }

    private func gatherBytes(_ vectors: [ColumnVector]) -> ByteColumn {
        let lanes = vectors.map { vector -> ByteColumn in
            if case .bytes(let lane) = vector.values { return lane }
            return ByteColumn(offsets: Array(repeating: 0, count: vector.count + 1), data: [])
        }
        return withBases(lanes.map(\.offsets)) { offsetBases in
            withBases(lanes.map(\.data)) { dataBases in
                gatherBytes(offsetBases, dataBases)
            }
        }
    }

    private func gatherBytes(
        _ offsetBases: [UnsafePointer<UInt32>?], _ dataBases: [UnsafePointer<UInt8>?]
    ) -> ByteColumn {
        var total = 0
        for span in spans {
            guard let offsets = offsetBases[Int(span.block)] else { continue }
            total += Int(offsets[Int(span.start + span.count)] - offsets[Int(span.start)])
        }
        precondition(total <= Int(UInt32.max), "a batch holds less than 4 GiB of bytes")
        var offsets = [UInt32](repeating: 0, count: rowCount + 1)
        let data = [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
            var position = 0
            var row = 0
            for span in spans {
                guard let from = offsetBases[Int(span.block)] else { continue }
                let start = Int(from[Int(span.start)])
                let length = Int(from[Int(span.start + span.count)]) - start
                if length > 0, let source = dataBases[Int(span.block)], let target = buffer.baseAddress {
                    (target + position).initialize(from: source + start, count: length)
                }
                for index in 1...Int(span.count) {
                    row += 1
                    offsets[row] = UInt32(
                        truncatingIfNeeded: Int(from[Int(span.start) + index]) - start + position)
                }
                position += length
            }
            initialized = total
        }
        return ByteColumn(offsets: offsets, data: data)
    }
}

/// Calls `body` with the addresses of all arrays, nil for one without elements.
///
/// There may be as many arrays as a merge has inputs, too many to nest a closure for each. An array of plain
/// values keeps its elements at one address as long as it is alive and nobody changes it: the arrays are held
/// here, by value, until `body` has returned.
private func withBases<T: BitwiseCopyable, R>(_ arrays: [[T]], _ body: ([UnsafePointer<T>?]) -> R) -> R {
    withExtendedLifetime(arrays) {
        body(arrays.map { array in array.withUnsafeBufferPointer { $0.baseAddress } })
    }
}

extension ColumnValues {
    var isNone: Bool {
        if case .none = self { true } else { false }
    }
}
