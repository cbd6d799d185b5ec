import Bytes
import CZstd

/// One zstd decompression context, reused for every block.
final class ZstdDecompressor {
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("no memory for a zstd context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Appends the contents of all frames of `input`.
    func decompress(
        _ input: UnsafeRawBufferPointer, bound: OutputBound, into output: inout [UInt8]
    ) throws(DecodeError) {
        let stated = ZSTD_getFrameContentSize(input.baseAddress, input.count)
        // The two highest values stand for "not stated" and "not a frame".
        let claimed = stated < UInt64.max - 1 ? Int(clamping: stated) : nil
        if let claimed, claimed > bound.most { throw bound.tooMuch() }
        let capacity = bound.firstCapacity(claimed: claimed, inputSize: input.count)
        if let claimed, claimed == capacity,
            ZSTD_findFrameCompressedSize(input.baseAddress, input.count) == input.count
        {
            try decompressFrame(input, size: claimed, into: &output)
        } else {
            try decompressStream(input, capacity: capacity, bound: bound, into: &output)
        }
    }

    /// A single frame of known size goes straight into the output, without a window in between.
    private func decompressFrame(
        _ input: UnsafeRawBufferPointer, size: Int, into output: inout [UInt8]
    ) throws(DecodeError) {
        var code = 0
        output.appendInitialized(capacity: size) { target in
            code = ZSTD_decompressDCtx(context, target.baseAddress, size, input.baseAddress, input.count)
            return ZSTD_isError(code) == 0 ? code : -1
        }
        if ZSTD_isError(code) != 0 { throw Self.error(code, at: 0) }
    }

    private func decompressStream(
        _ input: UnsafeRawBufferPointer, capacity: Int, bound: OutputBound, into output: inout [UInt8]
    ) throws(DecodeError) {
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var room = max(1, capacity)
        var total = 0
        while true {
            var code = 0
            var produced = 0
            output.appendInitialized(capacity: room) { target in
                var sink = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                code = ZSTD_decompressStream(context, &sink, &source)
                produced = sink.pos
                return produced
            }
            if ZSTD_isError(code) != 0 { throw Self.error(code, at: source.pos) }
            total += produced
            if total > bound.most { throw bound.tooMuch() }
            if code == 0, source.pos == source.size { return }
            if produced < room, source.pos == source.size {
                throw DecodeError(.truncated, at: source.pos, "a zstd frame is cut short")
            }
            // One byte above the bound shows that there is more than it allows.
            room = max(1, min(max(total, 4096), bound.most - total + 1))
        }
    }

    static func error(_ code: Int, at offset: Int) -> DecodeError {
        let name = String(cString: ZSTD_getErrorName(code))
        return DecodeError(.corrupt, at: offset, "zstd: \(name)")
    }
}
