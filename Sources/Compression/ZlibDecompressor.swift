import Bytes
import CZlib

/// One inflating stream, reused for every block.
final class ZlibDecompressor {
    private let stream: ZlibStream
    private let wrapper: ZlibWrapper

    init(_ wrapper: ZlibWrapper) {
        self.wrapper = wrapper
        stream = ZlibStream(inflating: wrapper)
    }

    /// Appends the contents of `input`; gzip may have several members, the others are one stream.
    func decompress(
        _ input: UnsafeRawBufferPointer, bound: OutputBound, into output: inout [UInt8]
    ) throws(DecodeError) {
        inflateReset(stream.pointer)
        var rest = input
        var total = 0
        var room = max(1, bound.firstCapacity(claimed: bound.expectedSize, inputSize: input.count))
        while true {
            var step = ZlibStream.Step(consumed: 0, produced: 0, status: Z_OK)
            output.appendInitialized(capacity: room) { target in
                step = stream.step(rest, target) { inflate($0, Z_NO_FLUSH) }
                return step.produced
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[step.consumed...])
            total += step.produced
            let offset = input.count - rest.count
            if total > bound.most { throw bound.tooMuch() }
            switch step.status {
            case Z_STREAM_END:
                // Writers that make raw data by cutting the header off zlib's leave its checksum, or a part.
                if rest.isEmpty || wrapper == .raw && rest.count <= 4 { return }
                guard wrapper == .gzip else {
                    throw DecodeError(.malformed, at: offset, "bytes follow the end of the deflated data")
                }
                inflateReset(stream.pointer)
            case Z_OK, Z_BUF_ERROR:
                if rest.isEmpty, step.produced < room {
                    throw DecodeError(.truncated, at: offset, "deflated data is cut short")
                }
            default:
                throw DecodeError(.corrupt, at: offset, "zlib: \(stream.message(step.status))")
            }
            room = max(1, min(max(total, 4096), bound.most - total + 1))
        }
    }
}
