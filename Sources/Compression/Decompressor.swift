package import Bytes

/// Decompresses many blocks of one codec, keeping the library's working memory between them.
///
/// Levels and the checksum switch of the codec do not matter here: zstd's checksum is verified wherever
/// a frame has one. Not for use by two threads at once.
package final class Decompressor {
    package let codec: Codec
    private let engine: Engine

    private enum Engine {
        case none
        case snappy
        case zstd(ZstdDecompressor)
        case zlib(ZlibDecompressor)
    }

    package init(_ codec: Codec) {
        self.codec = codec
        switch codec {
        case .none: engine = .none
        case .snappy: engine = .snappy
        case .zstd: engine = .zstd(ZstdDecompressor())
        case .gzip: engine = .zlib(ZlibDecompressor(.gzip))
        case .zlib: engine = .zlib(ZlibDecompressor(.zlib))
        case .deflate: engine = .zlib(ZlibDecompressor(.raw))
        }
    }

    /// Appends what `input` holds to `output`, which is left as it was where this throws.
    ///
    /// - Parameters:
    ///   - expectedSize: the exact size where the format states it; anything else is `corrupt`.
    ///   - limit: the most bytes that may come out; more is `limitExceeded`.
    package func decompress(
        _ input: UnsafeRawBufferPointer,
        expectedSize: Int? = nil,
        limit: Int,
        into output: inout [UInt8]
    ) throws(DecodeError) {
        if let expectedSize, expectedSize < 0 || expectedSize > limit {
            throw exceeds(limit, expectedSize)
        }
        let bound = OutputBound(expectedSize: expectedSize, limit: limit)
        let start = output.count
        do throws(DecodeError) {
            switch engine {
            case .none: try bound.copy(input, into: &output)
            case .snappy: try Snappy.decompress(input, bound: bound, into: &output)
            case .zstd(let zstd): try zstd.decompress(input, bound: bound, into: &output)
            case .zlib(let zlib): try zlib.decompress(input, bound: bound, into: &output)
            }
            try bound.checkFinal(output.count - start)
        } catch {
            output.removeLast(output.count - start)
            throw error
        }
    }

    /// Appends what `input` holds to `output`, which is left as it was where this throws.
    package func decompress(
        _ input: [UInt8], expectedSize: Int? = nil, limit: Int, into output: inout [UInt8]
    ) throws(DecodeError) {
        try input.withByteReader { (reader) throws(DecodeError) in
            let all = try reader.slice(reader.count)
            try decompress(all, expectedSize: expectedSize, limit: limit, into: &output)
        }
    }
}

/// How much may come out of one block.
struct OutputBound {
    let expectedSize: Int?
    let limit: Int

    /// The most bytes that the block may give.
    var most: Int { expectedSize ?? limit }

    func copy(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(DecodeError) {
        guard input.count <= most else { throw tooMuch() }
        output.append(contentsOf: input)
    }

    /// The block gave more than ``most``.
    func tooMuch() -> DecodeError {
        if let expectedSize {
            return DecodeError(.corrupt, at: 0, "the block holds more than the \(expectedSize) bytes stated")
        }
        return exceeds(limit, nil)
    }

    func checkFinal(_ size: Int) throws(DecodeError) {
        if let expectedSize, expectedSize != size {
            throw DecodeError(
                .corrupt, at: 0, "the block holds \(size) bytes where \(expectedSize) are stated")
        }
    }

    /// A first allocation for a block of `inputSize` bytes that claims `claimed` bytes.
    ///
    /// A claim is believed up to a ratio of 256 or 1 MiB; a few bytes that claim gigabytes get no memory
    /// before they have delivered.
    func firstCapacity(claimed: Int?, inputSize: Int) -> Int {
        let believable = max(1 << 20, inputSize.multipliedReportingOverflow(by: 256).partialValue)
        if let claimed { return min(claimed, most, believable) }
        return min(most, believable, max(4096, inputSize &* 4))
    }
}

private func exceeds(_ limit: Int, _ size: Int?) -> DecodeError {
    let what = size.map { "\($0) bytes are stated" } ?? "the block holds more"
    return DecodeError(.limitExceeded, at: 0, "\(what), the limit is \(limit)")
}
