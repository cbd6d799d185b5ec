import Bytes
import Records
import TestKit
import Testing

struct KeyTests {
    @Test("keys of every type order like their values", arguments: RandomRecords.types)
    func orderOfOneColumn(type: ColumnType) {
        checkOrder([type], count: 60, seed: 11)
    }

    @Test("composite keys order column by column, nulls first", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func orderOfComposite(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let types = (0..<3).map { _ in RandomRecords.types.randomElement(using: &random)! }
        checkOrder(types, count: 60, seed: seed)
        checkOrder([.string, .boolean, .binary], count: 60, seed: seed)
    }

    private func checkOrder(_ types: [ColumnType], count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rows = RandomRecords.rows(types, count, &random)
        let batch = RandomRecords.batch(types, rows)
        let keys = KeyEncoder(columns: batch.schema).encode(batch)
        for left in 0..<count {
            for right in 0..<count {
                let expected = RandomRecords.compare(rows[left], rows[right])
                #expect(
                    keys.compare(left, right).signum() == expected,
                    "seed \(seed) \(rows[left]) \(rows[right])")
                let (a, b) = (keys.prefix(left), keys.prefix(right))
                if a != b { #expect((a < b ? -1 : 1) == expected, "seed \(seed): prefix") }
            }
        }
    }

    @Test("a key is read back as the values it was made of", arguments: RandomRecords.types)
    func decoding(type: ColumnType) throws {
        var random = SeededGenerator(seed: 5)
        let types = [type, .string, type]
        let rows = RandomRecords.rows(types, 50, &random)
        let batch = RandomRecords.batch(types, rows)
        let encoder = KeyEncoder(columns: batch.schema)
        let keys = encoder.encode(batch)
        for (index, row) in rows.enumerated() {
            let decoded = try encoder.decode(values: keys[index])
            #expect(RandomRecords.compare(decoded, row) == 0)
            #expect(encoder.encode(values: decoded) == keys[index])
            #expect(encoder.encode(texts: try encoder.decode(keys[index])) == keys[index])
            let prefix = encoder.encode(values: Array(row[..<2]))
            #expect(keys[index].hasPrefix(prefix))
            #expect(try encoder.decode(values: prefix).count == 2)
        }
    }

    @Test("the bytes of keys are as documented")
    func goldenBytes() {
        let types: [ColumnType] = [.int64, .string, .int32, .boolean, .double]
        let encoder = KeyEncoder(columns: RandomRecords.columns(types))
        let key = encoder.encode(values: [.integer(1), .bytes("a\u{0}b"), nil, .boolean(true), .floating(-1)])
        #expect(
            Hex.string(key.bytes) == "018000000000000001" + "016100ff6200" + "00" + "0101"
                + "01400fffffffffffff")
    }

    @Test(
        "bytes that are no key are refused",
        arguments: [
            "02", "0180000000", "0180000000000000010161",
            "018000000000000001016100 00".filter { $0 != " " } + "00",
        ])
    func malformed(hex: String) {
        let bytes = stride(from: 0, to: hex.count, by: 2).map { offset -> UInt8 in
            UInt8(Hex.parse(Array(hex.utf8)[offset..<(offset + 2)])!)
        }
        let encoder = KeyEncoder(columns: RandomRecords.columns([.int64, .string]))
        #expect(throws: DecodeError.self) { try encoder.decode(values: ByteString(bytes)) }
    }

    @Test("a batch without nulls and one without values have keys too")
    func lanesWithoutValidity() {
        let columns = RandomRecords.columns([.int64, .string])
        let batch = ColumnBatch(
            schema: columns,
            columns: [ColumnVector(values: .int64([3, 1])), ColumnVector(values: .none(count: 2))],
            rowCount: 2)
        let keys = KeyEncoder(columns: columns).encode(batch)
        #expect(keys[0] == KeyEncoder(columns: columns).encode(values: [.integer(3), nil]))
        #expect(KeyOrder.sortedPermutation(of: keys) == [1, 0])
        let none = KeyEncoder(columns: []).encode(batch)
        #expect(none.count == 2 && none.bytes.isEmpty)
        #expect(KeyOrder.sortedPermutation(of: none) == [0, 1])
    }

    @Test("the permutation is the stable sort of the keys", arguments: 1...40)
    func permutation(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let types: [ColumnType] =
            [[.int64], [.string], [.binary], [.int32, .string], [.string, .int64], [.boolean]][seed % 6]
        let count = [0, 1, 2, 30, 400, 1_500][Int.random(in: 0..<6, using: &random)]
        var rows = RandomRecords.rows(types, count, &random)
        if seed % 5 == 0 { rows.sort { RandomRecords.compare($0, $1) < 0 } }
        let batch = RandomRecords.batch(types, rows)
        let keys = KeyEncoder(columns: batch.schema).encode(batch)
        let expected = (0..<UInt32(count)).sorted { a, b in
            let order = keys.compare(Int(a), Int(b))
            return order != 0 ? order < 0 : a < b
        }
        #expect(KeyOrder.sortedPermutation(of: keys) == expected, "seed \(seed)")
        let sorted = keys.gather(expected)
        #expect(KeyOrder.isSorted(sorted))
        if count > 0 {
            let probe = keys[Int.random(in: 0..<count, using: &random)]
            let bound = sorted.lowerBound(probe)
            #expect(sorted[bound] == probe && (bound == 0 || sorted.compare(bound - 1, to: probe) < 0))
        }
    }

    @Test("raw keys that differ only in trailing zeros and length are sorted", arguments: 1...20)
    func zeros(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var keys = NormalizedKeys()
        for _ in 0..<200 {
            let zeros = [UInt8](repeating: 0, count: Int.random(in: 0...20, using: &random))
            let tail: [UInt8] = random.next() % 4 == 0 ? [UInt8.random(in: 0...2, using: &random)] : []
            keys.bytes += zeros + tail
            keys.offsets.append(UInt32(keys.bytes.count))
        }
        let expected = (0..<UInt32(200)).sorted { a, b in
            let order = keys.compare(Int(a), Int(b))
            return order != 0 ? order < 0 : a < b
        }
        #expect(KeyOrder.sortedPermutation(of: keys) == expected, "seed \(seed)")
    }
}
