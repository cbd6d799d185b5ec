import Bytes

/// The part of a file that is in memory: what is left of the last piece and what came after it.
///
/// The memory is its own, so that its address holds between calls of ``refill()``; nobody else frees or moves it.
final class TextWindow {
    private let source: ChunkSource
    private let options: TextOptions
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var chunk: [UInt8] = []
    private var chunkOffset = 0
    /// Whether the window reaches the end of the file.
    private(set) var isAtEnd = false
    /// Lines that lie before the window.
    private(set) var lineCount = 0

    init(source: @escaping ChunkSource, options: TextOptions) {
        self.source = source
        self.options = options
        storage = .allocate(byteCount: options.refillBytes * 2, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// What has not been consumed; valid until the next refill.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[start..<end]) }

    /// Drops bytes at the front, in which that many lines end.
    func consume(_ count: Int, lines: Int) {
        start += count
        lineCount += lines
        assert(start <= end)
    }

    /// Brings more bytes, unless the file has no more.
    func refill() throws(TextError) {
        if isAtEnd { return }
        guard end - start <= options.maximumRecordBytes else {
            throw error(at: 0, "a record has more than \(options.maximumRecordBytes) bytes")
        }
        if start > 0 {
            // The regions may overlap; copyMemory allows that.
            storage.copyMemory(from: bytes)
            end -= start
            start = 0
        }
        // As much again as there is, so that a long record is looked at a few times and not once a piece.
        let wanted = max(options.refillBytes, end)
        let goal = end + wanted
        while end < goal {
            if chunkOffset == chunk.count {
                do {
                    guard let next = try source() else {
                        isAtEnd = true
                        return
                    }
                    chunk = next
                    chunkOffset = 0
                } catch {
                    throw TextError(
                        line: lineCount + 1, column: 1, message: "the file cannot be read: \(error)",
                        cause: error)
                }
            }
            let count = min(goal - end, chunk.count - chunkOffset)
            reserve(end + count)
            let target = UnsafeMutableRawBufferPointer(rebasing: storage[end..<(end + count)])
            chunk.withUnsafeBytes {
                target.copyMemory(from: .init(rebasing: $0[chunkOffset..<(chunkOffset + count)]))
            }
            chunkOffset += count
            end += count
        }
    }

    private func reserve(_ capacity: Int) {
        guard capacity > storage.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(capacity, storage.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<end]))
        storage.deallocate()
        storage = larger
    }

    /// The line and column of an offset in the window.
    func position(_ offset: Int) -> (line: Int, column: Int) {
        let before = bytes[..<offset]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return (lineCount + before.count { $0 == 0x0A } + 1, offset - lineStart + 1)
    }

    func error(at offset: Int, _ message: String, columnName: ByteString? = nil) -> TextError {
        let (line, column) = position(offset)
        return TextError(line: line, column: column, columnName: columnName, message: message)
    }

    /// The offset of the first byte below `count` that is not UTF-8.
    func firstInvalid(_ count: Int) -> Int? {
        let checked = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if isValidUTF8(checked) { return nil }
        var offset = 0
        while offset < count {
            let length = utf8SequenceLength(checked, at: offset)
            if length == 0 { return offset }
            offset += length
        }
        return nil
    }
}
