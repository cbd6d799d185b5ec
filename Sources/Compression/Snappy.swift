import Bytes
import CSnappy

/// Snappy's raw block format, through libsnappy's C interface.
enum Snappy {
    static func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        let bound = snappy_max_compressed_length(input.count)
        output.appendInitialized(capacity: bound) { target in
            var length = bound
            let status = snappy_compress(
                input.characters, input.count, target.assumingMemoryBound(to: CChar.self).baseAddress,
                &length)
            precondition(status == SNAPPY_OK, "snappy refused a buffer of the size that it asked for")
            return length
        }
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, bound: OutputBound, into output: inout [UInt8]
    ) throws(DecodeError) {
        var length = 0
        guard snappy_uncompressed_length(input.characters, input.count, &length) == SNAPPY_OK,
            length >= 0
        else { throw DecodeError(.malformed, at: 0, "a snappy block has no length") }
        guard length <= bound.most else { throw bound.tooMuch() }
        // The densest element is a copy: 64 bytes out of 3, so a longer claim cannot be true.
        guard length / 24 <= input.count else {
            throw DecodeError(.malformed, at: 0, "a snappy block claims \(length) bytes, too many")
        }
        let failed = output.appendInitialized(capacity: length) { target -> Int in
            var produced = length
            let status = snappy_uncompress(
                input.characters, input.count, target.assumingMemoryBound(to: CChar.self).baseAddress,
                &produced)
            return status == SNAPPY_OK ? produced : -1
        }
        if failed { throw DecodeError(.corrupt, at: 0, "a snappy block is damaged") }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as C's characters, and never null: C libraries may not take null for "nothing".
    fileprivate var characters: UnsafePointer<CChar> {
        guard let baseAddress else { return Self.somewhere }
        return baseAddress.assumingMemoryBound(to: CChar.self)
    }

    // Never written, never freed: the address of an empty input.
    nonisolated(unsafe) private static let somewhere: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}
