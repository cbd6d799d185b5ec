import Bytes
import CZstd

/// The zstd side of ``StreamDecompressor``.
final class ZstdStream {
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("no memory for a zstd context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func step(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(DecodeError) -> StreamDecompressor.Progress {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var sink = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let code = ZSTD_decompressStream(context, &sink, &source)
        if ZSTD_isError(code) != 0 {
            throw ZstdDecompressor.error(code, at: offset + source.pos)
        }
        return .init(consumed: source.pos, produced: sink.pos, finished: code == 0)
    }
}
