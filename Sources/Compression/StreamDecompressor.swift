package import Bytes

/// Decompresses a file of any length piece by piece.
///
/// Call ``decompress(_:into:)`` with what has been read and not yet consumed; while `produced` fills the
/// output, call again before reading on. At the end of the input call ``finish()``: only there can a file
/// that was cut short be told from one that is complete. Offsets in errors count compressed bytes from the
/// start of the file. Not for use by two threads at once.
package final class StreamDecompressor {
    private let engine: Engine
    /// Compressed bytes taken so far.
    package private(set) var consumedBytes = 0
    private var isBetweenMembers = true
    private var memberCount = 0

    private enum Engine {
        case gzip(GzipStream)
        case zstd(ZstdStream)
    }

    private init(_ engine: Engine) { self.engine = engine }

    /// A decompressor for `.gz` files, also of several members and with zeros after the last.
    package static func gzip() -> StreamDecompressor { StreamDecompressor(.gzip(GzipStream())) }

    /// A decompressor for `.zst` files, also of several frames and with skippable frames.
    package static func zstd() -> StreamDecompressor { StreamDecompressor(.zstd(ZstdStream())) }

    /// What one call did.
    package struct Progress: Equatable, Sendable {
        /// Bytes taken from the input.
        package var consumed: Int
        /// Bytes written to the output.
        package var produced: Int
        /// Whether a member or frame has just ended; another may follow.
        package var finished: Bool
    }

    /// Takes bytes from `input` and writes what they hold into `output`, as far as both reach.
    package func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecodeError) -> Progress {
        var total = Progress(consumed: 0, produced: 0, finished: isBetweenMembers)
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: input[total.consumed...])
            let room = UnsafeMutableRawBufferPointer(rebasing: output[total.produced...])
            if isBetweenMembers, rest.isEmpty { break }
            let step: Progress
            switch engine {
            case .gzip(let stream):
                step = try stream.step(rest, into: room, isFirst: memberCount == 0, at: consumedBytes)
            case .zstd(let stream):
                step = try stream.step(rest, into: room, at: consumedBytes)
            }
            total.consumed += step.consumed
            total.produced += step.produced
            consumedBytes += step.consumed
            if step.finished { memberCount += 1 }
            if step.consumed > 0 || step.produced > 0 { isBetweenMembers = step.finished }
            if step.consumed == 0, step.produced == 0 { break }
        }
        total.finished = isBetweenMembers
        return total
    }

    /// Says that the input has ended.
    ///
    /// - Throws: `truncated` inside a member or frame, and for a file without any.
    package func finish() throws(DecodeError) {
        guard isBetweenMembers, memberCount > 0 else {
            throw DecodeError(.truncated, at: consumedBytes, "the compressed file is cut short")
        }
    }
}
