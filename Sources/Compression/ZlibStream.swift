import CZlib

/// The three wrappers that zlib puts around deflated data, as its `windowBits`.
enum ZlibWrapper: Int32 {
    case gzip = 31
    case zlib = 15
    case raw = -15
}

/// A `z_stream` at a fixed address: the library keeps a pointer back to it.
final class ZlibStream {
    let pointer: UnsafeMutablePointer<z_stream>
    private let end: (UnsafeMutablePointer<z_stream>?) -> Int32

    /// A stream that deflates.
    init(deflating wrapper: ZlibWrapper, level: Int) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        end = { deflateEnd($0) }
        let memoryLevel: Int32 = 8
        let status = deflateInit2_(
            pointer, Int32(min(9, max(0, level))), Z_DEFLATED, wrapper.rawValue, memoryLevel,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot deflate: status \(status)")
    }

    /// A stream that inflates.
    init(inflating wrapper: ZlibWrapper) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        end = { inflateEnd($0) }
        let status = inflateInit2_(
            pointer, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot inflate: status \(status)")
    }

    deinit {
        _ = end(pointer)
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }

    /// What one call took, gave and returned.
    struct Step {
        var consumed: Int
        var produced: Int
        var status: Int32
    }

    /// Calls `work` (`deflate` or `inflate`) once over both buffers, which may be larger than zlib's 32-bit
    /// counts: what is beyond 1 GiB is left for the next call.
    func step(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer,
        _ work: (UnsafeMutablePointer<z_stream>?) -> Int32
    ) -> Step {
        let most = 1 << 30
        let available = min(most, input.count)
        let room = min(most, output.count)
        // zlib's interface takes the input as mutable and never writes to it.
        pointer.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        pointer.pointee.avail_in = UInt32(available)
        pointer.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        pointer.pointee.avail_out = UInt32(room)
        let status = work(pointer)
        return Step(
            consumed: available - Int(pointer.pointee.avail_in),
            produced: room - Int(pointer.pointee.avail_out), status: status)
    }

    /// zlib's own words for a failure.
    func message(_ status: Int32) -> String {
        guard let text = pointer.pointee.msg else { return "status \(status)" }
        return String(cString: text)
    }
}
