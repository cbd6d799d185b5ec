/// What is left to decode of the page in the scratch buffer.
struct DataPage {
    /// Where the definition levels come from.
    enum Levels {
        /// The column is required: every row has a value.
        case none
        case hybrid(HybridDecoder)
        /// The deprecated form: one bit a row, most significant first; the next bit's position.
        case bitPacked(bit: Int)
    }

    /// Where the values come from.
    enum Values {
        /// PLAIN values (or bits, for booleans); the next byte's (or bit's) position.
        case plain(position: Int)
        case dictionary(HybridDecoder)
        /// Booleans as run-length runs.
        case runs(HybridDecoder)
        /// Values that become PLAIN before they are read.
        case transcoded(PageEncoding, from: Int)
        /// Nothing was stored: every row of the page is null.
        case nothing
    }

    var rowsLeft: Int
    var levels: Levels
    var values: Values
    /// Where the values end in the page.
    var end: Int
}

extension DataPage {
    /// Decodes the levels of the next `count` rows, one byte a row; how many have a value.
    mutating func decodeLevels(
        _ count: Int, from base: UnsafeRawPointer, into target: UnsafeMutablePointer<UInt8>
    ) throws(ParquetError) -> Int {
        switch levels {
        case .none:
            target.update(repeating: 1, count: count)
            return count
        case .hybrid(var decoder):
            guard decoder.decode(count, from: base, into: target) else {
                throw ParquetError(.malformed, "the definition levels of a page end early")
            }
            levels = .hybrid(decoder)
        case .bitPacked(let bit):
            for index in 0..<count {
                let position = bit + index
                let byte = base.load(fromByteOffset: position >> 3, as: UInt8.self)
                target[index] = (byte >> UInt8(7 - position & 7)) & 1
            }
            levels = .bitPacked(bit: bit + count)
        }
        var present = 0
        for index in 0..<count { present &+= Int(target[index]) }
        return present
    }
}
