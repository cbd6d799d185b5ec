import CZstd

/// One zstd compression context, reused for every block.
final class ZstdCompressor {
    private let context: OpaquePointer

    init(level: Int, checksum: Bool) {
        guard let context = ZSTD_createCCtx() else { fatalError("no memory for a zstd context") }
        self.context = context
        // The library clamps levels to those it has.
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(clamping: level))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends one frame, which states its content size.
    func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        let bound = ZSTD_compressBound(input.count)
        output.appendInitialized(capacity: bound) { target in
            let size = ZSTD_compress2(context, target.baseAddress, bound, input.baseAddress, input.count)
            // With room for the bound the only failure left is memory.
            precondition(ZSTD_isError(size) == 0, "zstd: \(String(cString: ZSTD_getErrorName(size)))")
            return size
        }
    }
}
