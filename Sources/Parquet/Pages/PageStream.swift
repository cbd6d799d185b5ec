import Bytes
import Compression

/// The pages of one column chunk, one after another: headers, checksums, decompression.
struct PageStream {
    /// No page may hold more than this, whatever its header says.
    static let largestPage = 512 << 20
    private static let largestHeader = 1 << 20

    private let source: any ParquetSource
    private let codec: PageCodec
    private let scratch: PageScratch
    private let readAhead: Int
    /// A page that is larger in the file does not pass through the window.
    private let largestWindow: Int
    private let start: Int
    private let end: Int
    /// Where the next header or body begins.
    private(set) var offset: Int
    /// The part of the file that the window holds.
    private var windowStart = 0

    init(
        _ source: any ParquetSource, _ span: FileSpan, codec: PageCodec, scratch: PageScratch, readAhead: Int
    ) throws(ParquetError) {
        guard span.offset >= 4, span.size >= 0, span.size <= source.sizeBytes,
            span.offset <= source.sizeBytes - span.size
        else {
            throw ParquetError(
                .malformed, "\(span.size) bytes of pages at \(span.offset) are outside the file")
        }
        self.source = source
        self.codec = codec
        self.scratch = scratch
        self.readAhead = max(4096, readAhead)
        // Who reads nothing ahead wants each page at once, and holds few.
        largestWindow = readAhead > 0 ? self.readAhead : .max
        start = span.offset
        offset = span.offset
        end = span.offset + span.size
        scratch.window.count = 0
        windowStart = offset
    }

    var isAtEnd: Bool { offset >= end }
    var isAtStart: Bool { offset == start }

    /// Moves to a page at `offset` of the chunk, forward or back, whose `size` bytes are then fetched at once unless it
    /// is larger than the window.
    mutating func seek(to newOffset: Int, size: Int) throws(ParquetError) {
        if newOffset < windowStart {
            scratch.window.count = 0
            windowStart = newOffset
        }
        offset = newOffset
        try fill(min(size, largestWindow))
    }

    /// Makes `count` bytes from `offset` on available, and more where that saves a read.
    private mutating func fill(_ count: Int) throws(ParquetError) {
        let window = scratch.window
        let have = windowStart + window.count - offset
        if have >= count { return }
        let wanted = min(max(count, readAhead), end - offset)
        if have > 0 {
            // The regions may overlap; copyMemory allows that.
            window.base.copyMemory(from: window.base + (offset - windowStart), byteCount: have)
            window.count = have
        } else {
            window.count = 0
        }
        windowStart = offset
        window.reserve(wanted - window.count)
        let fresh = wanted - window.count
        try source.checkedRead(
            at: offset + window.count,
            into: UnsafeMutableRawBufferPointer(start: window.end, count: fresh))
        window.count += fresh
    }

    /// Reads the next header and moves behind it.
    mutating func nextHeader() throws(ParquetError) -> PageHeader {
        var wanted = min(256, end - offset)
        while true {
            guard wanted > 0 else { throw ParquetError(.malformed, "the pages end before the rows do") }
            try fill(wanted)
            let start = offset - windowStart
            let available = min(scratch.window.count - start, Self.largestHeader)
            let bytes = UnsafeRawBufferPointer(start: scratch.window.base + start, count: available)
            var reader = CompactReader(ByteReader(bytes))
            do throws(DecodeError) {
                let header = try PageHeader(&reader)
                offset += reader.bytes.offset
                guard header.compressedSize <= end - offset else {
                    throw DecodeError(.malformed, at: 0, "a page is larger than what is left of its chunk")
                }
                guard header.uncompressedSize <= Self.largestPage else {
                    throw DecodeError(
                        .limitExceeded, at: 0,
                        "a page of \(header.uncompressedSize) bytes, \(Self.largestPage) are the most")
                }
                return header
            } catch {
                let more = min(available * 4, end - offset, Self.largestHeader)
                guard error.kind == .truncated, more > available else { throw ParquetError(error) }
                wanted = more
            }
        }
    }

    /// Moves behind the body of the page whose header was just read.
    mutating func skipBody(_ header: PageHeader) { offset += header.compressedSize }

    /// Checks the page's checksum and puts its decompressed bytes into the scratch page.
    mutating func loadBody(_ header: PageHeader) throws(ParquetError) {
        let body = try fetchBody(header)
        try Self.check(body, header)
        scratch.page.removeAll(keepingCapacity: true)
        // With the padding at once: an array that grows takes twice what it holds. A few bytes that claim to be many
        // are not believed.
        let believable = max(1 << 20, header.compressedSize * 256)
        scratch.page.reserveCapacity(min(header.uncompressedSize, believable) + HybridDecoder.padding)
        if header.kind == .dataV2 {
            try loadV2(body, header)
        } else {
            try decompress(body, header.uncompressedSize, isCompressed: true)
        }
        scratch.page.append(contentsOf: repeatElement(0, count: HybridDecoder.padding))
        offset += header.compressedSize
    }

    /// The page as it lies in the file, valid until the next one is fetched. A large one is fetched into memory that
    /// all readers of a thread share: once decompressed it is of no use.
    private mutating func fetchBody(_ header: PageHeader) throws(ParquetError) -> UnsafeRawBufferPointer {
        let size = header.compressedSize
        if size <= largestWindow {
            try fill(size)
            return UnsafeRawBufferPointer(start: scratch.window.base + (offset - windowStart), count: size)
        }
        let body = scratch.shared.body
        body.count = 0
        body.reserve(size)
        let have = max(0, min(windowStart + scratch.window.count - offset, size))
        if have > 0 { body.append(scratch.window.base + (offset - windowStart), have) }
        try source.checkedRead(
            at: offset + have, into: UnsafeMutableRawBufferPointer(start: body.end, count: size - have))
        body.count = size
        return body.bytes
    }

    /// The stored checksum covers the page as it lies in the file, without its header.
    static func check(_ body: UnsafeRawBufferPointer, _ header: PageHeader) throws(ParquetError) {
        if let crc = header.crc, CRC32.checksum(of: body) != crc {
            throw ParquetError(.corrupt, "the checksum of a page does not match")
        }
    }

    private func loadV2(_ body: UnsafeRawBufferPointer, _ header: PageHeader) throws(ParquetError) {
        // Each is at most 32 bits wide in the file's format, so the sum cannot overflow.
        let levels = min(header.definitionLevelBytes, 1 << 31) + min(header.repetitionLevelBytes, 1 << 31)
        guard levels <= body.count, levels <= header.uncompressedSize else {
            throw ParquetError(.malformed, "the levels of a page are longer than the page")
        }
        scratch.page.append(contentsOf: body[..<levels])
        try decompress(
            UnsafeRawBufferPointer(rebasing: body[levels...]), header.uncompressedSize - levels,
            isCompressed: header.isCompressed)
    }

    private func decompress(
        _ body: UnsafeRawBufferPointer, _ size: Int, isCompressed: Bool
    ) throws(ParquetError) {
        if body.isEmpty, size == 0 { return }
        let decompressor = try scratch.shared.decompressor(for: isCompressed ? codec : .uncompressed)
        try decoding { () throws(DecodeError) in
            try decompressor.decompress(
                body, expectedSize: size, limit: Self.largestPage, into: &scratch.page)
        }
    }
}
