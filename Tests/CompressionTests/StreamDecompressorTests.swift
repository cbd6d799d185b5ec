import Bytes
import Compression
import Testing

/// Feeds `packed` in pieces of `inputStep` into buffers of `outputStep` bytes.
private func drain(
    _ stream: StreamDecompressor, _ packed: [UInt8], inputStep: Int, outputStep: Int
) throws -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: outputStep)
    var start = 0
    while start < packed.count {
        var end = min(packed.count, start + inputStep)
        while true {
            let progress = try packed[start..<end].withUnsafeBytes { input in
                try buffer.withUnsafeMutableBytes { try stream.decompress(input, into: $0) }
            }
            result += buffer[..<progress.produced]
            start += progress.consumed
            if progress.produced < outputStep { break }
        }
        #expect(start == end, "input that fits is taken")
        end = start
    }
    try stream.finish()
    return result
}

@Suite struct StreamDecompressorTests {
    private static func packed(_ codec: Codec, _ pieces: [[UInt8]]) -> [UInt8] {
        var packed: [UInt8] = []
        let compressor = Compressor(codec)
        for piece in pieces { compressor.compress(piece, into: &packed) }
        return packed
    }

    private static func stream(_ codec: Codec) -> StreamDecompressor {
        if case .gzip = codec { return .gzip() }
        return .zstd()
    }

    @Test(
        "any cut of input and output gives the same bytes",
        arguments: [Codec.gzip(), .zstd()], [(1, 1), (1, 1000), (7, 3), (100_000, 64), (100_000, 100_000)])
    func pieces(codec: Codec, steps: (Int, Int)) throws {
        let parts = [sampleBytes(3000), [], sampleBytes(2000, seed: 3)]
        let output = try drain(
            Self.stream(codec), Self.packed(codec, parts), inputStep: steps.0, outputStep: steps.1)
        #expect(output == parts.flatMap { $0 })
    }

    @Test(
        "a file cut inside a member is truncated, at the offset of the end",
        arguments: [Codec.gzip(), .zstd()])
    func truncated(codec: Codec) {
        let first = Self.packed(codec, [sampleBytes(400)])
        let both = first + Self.packed(codec, [sampleBytes(300, seed: 2)])
        for length in 0..<both.count where length != first.count {
            let error = #expect(throws: DecodeError.self, "cut at \(length)") {
                try drain(Self.stream(codec), Array(both[..<length]), inputStep: 50, outputStep: 1000)
            }
            #expect(error?.kind == .truncated)
            #expect(error?.offset == length)
        }
    }

    @Test("zeros after the last gzip member are padding, anything else is an error")
    func padding() throws {
        let packed = Self.packed(.gzip(), [sampleBytes(100)])
        let zeros = [UInt8](repeating: 0, count: 700)
        #expect(try drain(.gzip(), packed + zeros, inputStep: 64, outputStep: 64) == sampleBytes(100))
        for tail in [zeros + [1], Array("junk".utf8)] {
            let error = #expect(throws: DecodeError.self) {
                try drain(.gzip(), packed + tail, inputStep: 64, outputStep: 64)
            }
            #expect((error?.offset ?? 0) >= packed.count)
        }
    }

    @Test("a damaged checksum is corrupt", arguments: [Codec.gzip(), .zstd()])
    func checksum(codec: Codec) {
        var packed = Self.packed(codec, [sampleBytes(5000)])
        packed[packed.count - (codec == .zstd() ? 1 : 5)] ^= 1
        let error = #expect(throws: DecodeError.self) {
            try drain(Self.stream(codec), packed, inputStep: 1000, outputStep: 1000)
        }
        #expect(error?.kind == .corrupt)
    }
}

@Suite struct CRC32Tests {
    @Test("the checksum of the customary nine digits is CBF43926")
    func known() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }

    @Test("pieces give the checksum of the whole", arguments: [0, 1, 17, 4000])
    func pieces(cut: Int) {
        let bytes = sampleBytes(4000)
        var crc = CRC32()
        crc.update(Array(bytes[..<cut]))
        crc.update(Array(bytes[cut...]))
        #expect(crc.value == CRC32.checksum(of: bytes))
    }
}
