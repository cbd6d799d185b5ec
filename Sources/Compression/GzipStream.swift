import Bytes
import CZlib

/// The gzip side of ``StreamDecompressor``.
final class GzipStream {
    private let stream = ZlibStream(inflating: .gzip)
    private var isInMember = false
    private var isPadding = false

    func step(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isFirst: Bool,
        at offset: Int
    ) throws(DecodeError) -> StreamDecompressor.Progress {
        if !isInMember {
            if !isFirst, input.first == 0 { isPadding = true }
            if isPadding { return try skipPadding(input, at: offset) }
            if input.isEmpty { return .init(consumed: 0, produced: 0, finished: true) }
            inflateReset(stream.pointer)
            isInMember = true
        }
        let step = stream.step(input, output) { inflate($0, Z_NO_FLUSH) }
        switch step.status {
        case Z_STREAM_END:
            isInMember = false
            return .init(consumed: step.consumed, produced: step.produced, finished: true)
        case Z_OK, Z_BUF_ERROR:
            return .init(consumed: step.consumed, produced: step.produced, finished: false)
        default:
            throw DecodeError(
                .corrupt, at: offset + step.consumed, "gzip: \(stream.message(step.status))")
        }
    }

    /// Tapes and block devices pad with zeros; after the first only zeros may follow.
    private func skipPadding(
        _ input: UnsafeRawBufferPointer, at offset: Int
    ) throws(DecodeError) -> StreamDecompressor.Progress {
        if let index = input.firstIndex(where: { $0 != 0 }) {
            throw DecodeError(.malformed, at: offset + index, "gzip: bytes follow the padding")
        }
        return .init(consumed: input.count, produced: 0, finished: true)
    }
}
