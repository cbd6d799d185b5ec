import Records

extension ColumnChunkReader {
    /// Room for one level a row, valid until the next batch.
    private func levels(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        scratch.shared.levels.count = 0
        scratch.shared.levels.reserve(count)
        return scratch.shared.levels.base.assumingMemoryBound(to: UInt8.self)
    }

    private func indices(_ count: Int) -> UnsafeMutablePointer<UInt32> {
        scratch.shared.indices.count = 0
        scratch.shared.indices.reserve(count * 4)
        return scratch.shared.indices.base.assumingMemoryBound(to: UInt32.self)
    }

    private static func validity(
        _ levels: UnsafeMutablePointer<UInt8>, _ count: Int, hasNulls: Bool
    ) -> [UInt8]? {
        hasNulls ? Array(UnsafeBufferPointer(start: levels, count: count)) : nil
    }

    /// The next `count` rows as numbers, with zero where a row is null.
    func numbers<T: LaneValue>(
        _ type: T.Type, _ count: Int
    ) throws(ParquetError) -> (values: [T], validity: [UInt8]?) {
        let levels = levels(count)
        var hasNulls = false
        var failure: ParquetError?
        let values = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let target = buffer.baseAddress else { return }
            do throws(ParquetError) {
                try forEachPiece(count) { (page, base, rows) throws(ParquetError) in
                    let start = target + rows.lowerBound
                    let present = try page.decodeLevels(
                        rows.count, from: base, into: levels + rows.lowerBound)
                    try numbers(&page, base, present, into: start)
                    if present < rows.count {
                        hasNulls = true
                        Self.spread(start, present, rows.count, levels + rows.lowerBound)
                    }
                }
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return (values, Self.validity(levels, count, hasNulls: hasNulls))
    }

    /// Decodes `count` values that are there.
    private func numbers<T: LaneValue>(
        _ page: inout DataPage, _ base: UnsafeRawPointer, _ count: Int, into target: UnsafeMutablePointer<T>
    ) throws(ParquetError) {
        if count == 0 { return }
        switch page.values {
        case .plain(var position):
            if let booleans = target as? UnsafeMutablePointer<UInt8> {
                guard count <= page.end * 8 - position else { throw Self.ended }
                BitPacking.unpack(count, bitWidth: 1, from: base, bit: position, into: booleans)
                position += count
            } else if let problem = PlainDecoder.numbers(
                T.self, column, from: base, &position, end: page.end, count: count, into: target)
            {
                throw ParquetError(.malformed, problem)
            }
            page.values = .plain(position: position)
        case .dictionary(var decoder):
            let indices = try lookUp(&decoder, base, count)
            page.values = .dictionary(decoder)
            guard let dictionary, dictionary.gather(indices, count, into: target) else { throw Self.noEntry }
        case .runs(var decoder):
            guard let booleans = target as? UnsafeMutablePointer<UInt8>,
                decoder.decode(count, from: base, into: booleans)
            else { throw Self.ended }
            page.values = .runs(decoder)
        case .transcoded, .nothing: throw Self.ended
        }
    }

    private static var ended: ParquetError { ParquetError(.malformed, "a page ends before its values do") }
    private static var noEntry: ParquetError {
        ParquetError(.malformed, "a value names an entry that the dictionary does not have")
    }

    private func lookUp(
        _ decoder: inout HybridDecoder, _ base: UnsafeRawPointer, _ count: Int
    ) throws(ParquetError) -> UnsafePointer<UInt32> {
        let indices = indices(count)
        guard decoder.decode(count, from: base, into: indices) else { throw Self.ended }
        return UnsafePointer(indices)
    }

    /// Moves `present` dense values to the rows that have one, from the back, so that none is overwritten.
    private static func spread<T: LaneValue>(
        _ values: UnsafeMutablePointer<T>, _ present: Int, _ count: Int, _ levels: UnsafePointer<UInt8>
    ) {
        var source = present
        for row in stride(from: count - 1, through: 0, by: -1) {
            if levels[row] == 0 {
                values[row] = T.zero
            } else {
                source -= 1
                values[row] = values[source]
            }
        }
    }

    /// The next `count` rows as byte strings, empty where a row is null.
    func strings(_ count: Int) throws(ParquetError) -> (values: ByteColumn, validity: [UInt8]?) {
        let levels = levels(count)
        let out = scratch.shared.strings
        out.count = 0
        var hasNulls = false
        var failure: ParquetError?
        let offsets = [UInt32](unsafeUninitializedCapacity: count + 1) { buffer, initialized in
            buffer[0] = 0
            let ends = buffer.baseAddress! + 1
            do throws(ParquetError) {
                try forEachPiece(count) { (page, base, rows) throws(ParquetError) in
                    let start = ends + rows.lowerBound
                    let present = try page.decodeLevels(
                        rows.count, from: base, into: levels + rows.lowerBound)
                    let before = UInt32(truncatingIfNeeded: out.count)
                    try strings(&page, base, present, into: out, ends: start)
                    if present < rows.count {
                        hasNulls = true
                        Self.spreadEnds(start, present, rows.count, levels + rows.lowerBound, before)
                    }
                }
                initialized = count + 1
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        let column = ByteColumn(offsets: offsets, data: Array(out.bytes))
        return (column, Self.validity(levels, count, hasNulls: hasNulls))
    }

    private func strings(
        _ page: inout DataPage, _ base: UnsafeRawPointer, _ count: Int, into out: RawBuffer,
        ends: UnsafeMutablePointer<UInt32>
    ) throws(ParquetError) {
        if count == 0 { return }
        switch page.values {
        case .plain(var position):
            guard page.end - position <= Self.largestStrings - out.count else { throw Self.tooMuch }
            let problem =
                if case .fixedBytes(let width) = column.conversion {
                    PlainDecoder.fixedByteStrings(
                        width: width, from: base, &position, end: page.end, count: count, into: out,
                        ends: ends)
                } else {
                    PlainDecoder.byteStrings(
                        from: base, &position, end: page.end, count: count, into: out, ends: ends)
                }
            if let problem { throw ParquetError(.malformed, problem) }
            page.values = .plain(position: position)
        case .dictionary(var decoder):
            let indices = try lookUp(&decoder, base, count)
            page.values = .dictionary(decoder)
            let limit = Self.largestStrings
            guard let dictionary,
                let fits = dictionary.gather(indices, count, into: out, ends: ends, limit: limit)
            else { throw Self.noEntry }
            if !fits { throw Self.tooMuch }
        case .runs, .transcoded, .nothing: throw Self.ended
        }
    }

    private static var tooMuch: ParquetError {
        ParquetError(
            .limitExceeded, "\(largestStrings) bytes of strings are the most in a batch; ask for fewer rows")
    }

    /// Gives null rows the end of the row before them, from the back.
    private static func spreadEnds(
        _ ends: UnsafeMutablePointer<UInt32>, _ present: Int, _ count: Int, _ levels: UnsafePointer<UInt8>,
        _ before: UInt32
    ) {
        var source = present
        for row in stride(from: count - 1, through: 0, by: -1) {
            ends[row] = source == 0 ? before : ends[source - 1]
            if levels[row] != 0 { source -= 1 }
        }
    }
}
