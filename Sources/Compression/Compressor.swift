/// Compresses many blocks with one codec, keeping the library's working memory between them.
///
/// Not for use by two threads at once.
package final class Compressor {
    package let codec: Codec
    private let engine: Engine

    private enum Engine {
        case none
        case snappy
        case zstd(ZstdCompressor)
        case zlib(ZlibCompressor)
    }

    package init(_ codec: Codec) {
        self.codec = codec
        switch codec {
        case .none: engine = .none
        case .snappy: engine = .snappy
        case .zstd(let level, let checksum): engine = .zstd(ZstdCompressor(level: level, checksum: checksum))
        case .gzip(let level): engine = .zlib(ZlibCompressor(.gzip, level: level))
        case .zlib(let level): engine = .zlib(ZlibCompressor(.zlib, level: level))
        case .deflate(let level): engine = .zlib(ZlibCompressor(.raw, level: level))
        }
    }

    /// Appends the compressed form of `input` to `output`: one frame, member or block.
    package func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        switch engine {
        case .none: output.append(contentsOf: input)
        case .snappy: Snappy.compress(input, into: &output)
        case .zstd(let zstd): zstd.compress(input, into: &output)
        case .zlib(let zlib): zlib.compress(input, into: &output)
        }
    }

    /// Appends the compressed form of `input` to `output`.
    package func compress(_ input: [UInt8], into output: inout [UInt8]) {
        input.withUnsafeBytes { compress($0, into: &output) }
    }
}
