import CZlib

/// One deflating stream, reused for every block.
final class ZlibCompressor {
    private let stream: ZlibStream

    init(_ wrapper: ZlibWrapper, level: Int) {
        stream = ZlibStream(deflating: wrapper, level: level)
    }

    /// Appends one complete member.
    func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        deflateReset(stream.pointer)
        var rest = input
        var room = Int(deflateBound(stream.pointer, UInt(input.count)))
        while true {
            var status = Z_OK
            output.appendInitialized(capacity: room) { target in
                let isLast = rest.count <= 1 << 30
                let step = stream.step(rest, target) { deflate($0, isLast ? Z_FINISH : Z_NO_FLUSH) }
                rest = UnsafeRawBufferPointer(rebasing: rest[step.consumed...])
                status = step.status
                return step.produced
            }
            if status == Z_STREAM_END { return }
            precondition(status == Z_OK || status == Z_BUF_ERROR, "zlib: \(stream.message(status))")
            room = 1 << 16
        }
    }
}
