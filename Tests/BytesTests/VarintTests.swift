import Bytes
import TestKit
import Testing

@Suite("Varints")
struct VarintTests {
    private static func read(_ bytes: [UInt8]) throws -> (value: UInt64, length: Int) {
        try bytes.withByteReader { (reader) throws(DecodeError) in
            let value = try reader.varint()
            return (value, reader.offset)
        }
    }

    @Test("a number of any width comes back, at the end of the bytes and before others")
    func roundTrip() throws {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        var numbers: [UInt64] = [0, .max, 1 << 63]
        for shift in 0..<64 {
            numbers += [1 << UInt64(shift), 1 << UInt64(shift) - 1, generator.next() >> UInt64(shift)]
        }
        for number in numbers {
            var writer = ByteWriter()
            writer.varint(number)
            let encoded = writer.bytes
            for spare in [0, 1, 7, 8, 16] {
                for filler: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
                    let found = try Self.read(encoded + Array(repeating: filler, count: spare))
                    #expect(found.value == number && found.length == encoded.count, "seed \(seed)")
                }
            }
        }
    }

    @Test("a number written longer than it needs is read, one wider than 64 bits or cut short is refused")
    func limits() throws {
        #expect(try Self.read([0x81, 0x80, 0x00, 9, 9, 9, 9, 9, 9]) == (1, 3))
        let nines = [UInt8](repeating: 0xFF, count: 9)
        #expect(try Self.read(nines + [0x01, 0xAA]) == (.max, 10))
        for bytes in [nines + [0x02], nines + [0x81, 0x00], nines + [0xFF]] {
            #expect { _ = try Self.read(bytes) } throws: { ($0 as? DecodeError)?.kind == .malformed }
        }
        for length in 0...9 {
            let cut = [UInt8](repeating: 0x80, count: length)
            #expect { _ = try Self.read(cut) } throws: { ($0 as? DecodeError)?.kind == .truncated }
        }
    }
}
