import Bytes
import Compression
import Testing

/// Bytes with some structure: compressible, and not trivially so.
func sampleBytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 60) + 65)
        if bytes.count % 64 == 32 { bytes += bytes[(bytes.count - min(32, count - bytes.count))...] }
    }
    return bytes
}

let everyCodec: [Codec] = [
    .none, .zstd(), .zstd(level: 19, checksum: false), .snappy, .gzip(), .zlib(level: 9), .deflate(level: 1),
]

/// Codecs whose format carries a checksum that sees any small damage (zlib's Adler-32 does not).
let checkedCodecs: [Codec] = [.zstd(), .gzip()]

@Suite struct BlockCodecTests {
    @Test("what goes in comes out", arguments: everyCodec, [0, 1, 100, 70_000, 1_300_000])
    func roundTrip(codec: Codec, size: Int) throws {
        let input = sampleBytes(size)
        let compressor = Compressor(codec)
        let decompressor = Decompressor(codec)
        for _ in 0..<2 {
            var packed: [UInt8] = [1, 2, 3]
            compressor.compress(input, into: &packed)
            if size > 1000, codec != .none { #expect(packed.count < size) }
            let block = Array(packed[3...])
            var unknown: [UInt8] = [9]
            try decompressor.decompress(block, limit: size, into: &unknown)
            #expect(unknown == [9] + input)
            var known: [UInt8] = []
            try decompressor.decompress(block, expectedSize: size, limit: .max, into: &known)
            #expect(known == input)
        }
    }

    @Test("output beyond the limit is refused and leaves the array as it was", arguments: everyCodec)
    func limit(codec: Codec) {
        var packed: [UInt8] = []
        Compressor(codec).compress(sampleBytes(5000), into: &packed)
        for limit in [0, 1, 4999] {
            var output: [UInt8] = [7]
            let error = #expect(throws: DecodeError.self) {
                try Decompressor(codec).decompress(packed, limit: limit, into: &output)
            }
            #expect(error?.kind == .limitExceeded)
            #expect(output == [7])
        }
    }

    @Test("a size other than the stated one is corrupt", arguments: everyCodec, [0, 4999, 5001])
    func stated(codec: Codec, size: Int) {
        var packed: [UInt8] = []
        Compressor(codec).compress(sampleBytes(5000), into: &packed)
        var output: [UInt8] = []
        let error = #expect(throws: DecodeError.self) {
            try Decompressor(codec).decompress(packed, expectedSize: size, limit: 1 << 20, into: &output)
        }
        #expect(error?.kind == .corrupt)
        #expect(output.isEmpty)
    }

    @Test("a block cut anywhere is an error", arguments: everyCodec.dropFirst())
    func truncation(codec: Codec) {
        var packed: [UInt8] = []
        Compressor(codec).compress(sampleBytes(600), into: &packed)
        let decompressor = Decompressor(codec)
        for length in 0..<packed.count {
            var output: [UInt8] = []
            #expect(throws: DecodeError.self, "cut at \(length)") {
                try decompressor.decompress(Array(packed[..<length]), limit: 1 << 20, into: &output)
            }
        }
    }

    @Test(
        "every flipped byte of a checksummed block is an error or gives the same bytes",
        arguments: checkedCodecs)
    func damage(codec: Codec) {
        let input = sampleBytes(600)
        var packed: [UInt8] = []
        Compressor(codec).compress(input, into: &packed)
        let decompressor = Decompressor(codec)
        var refused = 0
        for index in packed.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = packed
                damaged[index] ^= mask
                var output: [UInt8] = []
                do {
                    try decompressor.decompress(damaged, limit: 1 << 20, into: &output)
                    #expect(output == input)
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > packed.count * 2)
    }

    @Test("damage to a codec without checksum never traps", arguments: everyCodec)
    func unchecked(codec: Codec) {
        var packed: [UInt8] = []
        Compressor(codec).compress(sampleBytes(300), into: &packed)
        for index in packed.indices {
            var damaged = packed
            damaged[index] ^= 0xFF
            var output: [UInt8] = []
            try? Decompressor(codec).decompress(damaged, limit: 1 << 16, into: &output)
            #expect(output.count <= 1 << 16)
        }
    }

    @Test("several gzip members are one block")
    func members() throws {
        var packed: [UInt8] = []
        let compressor = Compressor(.gzip())
        compressor.compress(Array("one,".utf8), into: &packed)
        compressor.compress([], into: &packed)
        compressor.compress(Array("two".utf8), into: &packed)
        var output: [UInt8] = []
        try Decompressor(.gzip()).decompress(packed, limit: 100, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == "one,two")
    }

    @Test("several zstd frames are one block")
    func frames() throws {
        var packed: [UInt8] = []
        let compressor = Compressor(.zstd())
        compressor.compress(Array("one,".utf8), into: &packed)
        compressor.compress(Array("two".utf8), into: &packed)
        var output: [UInt8] = []
        try Decompressor(.zstd()).decompress(packed, limit: 7, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == "one,two")
        #expect(throws: DecodeError.self) {
            try Decompressor(.zstd()).decompress(packed, limit: 6, into: &output)
        }
    }

    @Test("bytes after the end are malformed, but for a checksum left behind raw deflated data")
    func tails() throws {
        for (codec, allowed) in [(Codec.zlib(), 0), (.deflate(), 4)] {
            var packed: [UInt8] = []
            Compressor(codec).compress(sampleBytes(500), into: &packed)
            for tail in 0...6 {
                let input = packed + [UInt8](repeating: 0xAA, count: tail)
                var output: [UInt8] = []
                if tail <= allowed {
                    try Decompressor(codec).decompress(input, limit: 500, into: &output)
                    #expect(output == sampleBytes(500))
                } else {
                    let error = #expect(throws: DecodeError.self) {
                        try Decompressor(codec).decompress(input, limit: 500, into: &output)
                    }
                    #expect(error?.kind == .malformed)
                    #expect(error?.offset == packed.count)
                }
            }
        }
    }

    private static let greeting = Array("hello hello hello".utf8)
    private static let greetingZstd: [UInt8] = [
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x65, 0x00, 0x00, 0x30, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 0x20, 0x01,
        0x00,
        0x31, 0x4A, 0x11, 0xA2, 0xED, 0x1E, 0x0C,
    ]
    private static let greetingGzip: [UInt8] = [
        0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x90, 0x00,
        0x80,
        0x88, 0xF9, 0xE5, 0x11, 0, 0, 0,
    ]

    // Made by the zstd and gzip programs from a pipe: the zstd frame does not state its size.
    @Test(
        "what the command-line programs write is read",
        arguments: [(Codec.zstd(), greetingZstd), (.gzip(), greetingGzip)])
    func foreign(codec: Codec, packed: [UInt8]) throws {
        var output: [UInt8] = []
        try Decompressor(codec).decompress(packed, limit: 17, into: &output)
        #expect(output == Self.greeting)
        let error = #expect(throws: DecodeError.self) {
            try Decompressor(codec).decompress(packed, limit: 16, into: &output)
        }
        #expect(error?.kind == .limitExceeded)
    }

    // 3,000,000 zeros as the zstd program writes them from a pipe: 23 repeated blocks without a stated size.
    @Test("a small frame that gives megabytes stops at the limit", arguments: [3_000_000, 2_999_999, 0])
    func expansion(limit: Int) throws {
        var packed: [UInt8] = [
            0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x54, 0, 0, 0x10, 0, 0, 0x01, 0, 0xFB, 0xFF, 0x39, 0xC0, 0x02,
        ]
        for _ in 0..<21 { packed += [0x02, 0x00, 0x10, 0x00] }
        packed += [0x03, 0x36, 0x0E, 0x00, 0x03, 0xC9, 0xAF, 0xD6]
        var output: [UInt8] = []
        let result = Result { try Decompressor(.zstd()).decompress(packed, limit: limit, into: &output) }
        switch result {
        case .success: #expect(output == [UInt8](repeating: 0, count: 3_000_000) && limit == 3_000_000)
        case .failure(let error):
            #expect((error as? DecodeError)?.kind == .limitExceeded && limit < 3_000_000, "\(error)")
        }
    }

    @Test("zstd's checksum is four bytes and can be left out")
    func zstdChecksum() {
        var with: [UInt8] = []
        var without: [UInt8] = []
        Compressor(.zstd(level: 1, checksum: true)).compress(sampleBytes(500), into: &with)
        Compressor(.zstd(level: 1, checksum: false)).compress(sampleBytes(500), into: &without)
        #expect(with.count == without.count + 4)
    }

    @Test("a few bytes that claim a terabyte get no memory")
    func claims() {
        // A zstd frame header: magic, an 8-byte content size of 1 TiB, a raw last block of one byte.
        let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x58, 0, 0, 0, 0, 0, 1, 0, 0, 0x09, 0, 0, 65]
        // A snappy length of 2^32 - 1.
        let snappy: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 65]
        for (codec, block) in [(Codec.zstd(), zstd), (.snappy, snappy)] {
            var output: [UInt8] = []
            #expect(throws: DecodeError.self) {
                try Decompressor(codec).decompress(block, limit: 1 << 50, into: &output)
            }
            #expect(output.capacity < 64 << 20)
        }
    }
}
