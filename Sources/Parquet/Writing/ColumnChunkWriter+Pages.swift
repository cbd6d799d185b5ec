import Bytes
import Compression
import Records

extension ColumnChunkWriter {
    /// Writes what is staged as a page; `isLast` where no further rows of the chunk follow.
    func closePage(isLast: Bool) {
        let rows = pageRows
        guard rows > 0 else { return }
        if stagedCount > 0, dictionarySize.entries > 0 {
            if pages.isEmpty, !dictionaryPays(isLast: isLast) { abandonDictionary() }
        }
        var header = PageHeader()
        header.kind = .dataV1
        header.valueCount = rows
        startBody()
        if stagedCount > 0, case let entries = dictionarySize.entries, entries > 0 {
            appendIndices(entries: entries)
            header.encoding = .rleDictionary
            dictionaryPageCount += 1
            dictionaryCount = entries
        } else {
            appendPlainValues()
            plainPageCount += 1
        }
        let start = bytes.count
        appendPage(&header, scratch.body.bytes)
        pages.append(
            Page(
                offset: start, size: bytes.count - start, firstRow: rowCount - rows,
                statistics: pageStatistics))
        statistics.merge(pageStatistics, as: column.column.type)
        pageStatistics = ColumnStatistics(nullCount: 0)
        levels.count = 0
        staged.count = 0
        stagedCount = 0
        entriesAfterFirstSlice = 0
    }

    /// The definition levels, where the column has any.
    private func startBody() {
        scratch.body.removeAll()
        guard column.isOptional else { return }
        scratch.body.integer(UInt32(0))
        HybridEncoder.encode(
            UnsafePointer(levels.base.assumingMemoryBound(to: UInt8.self)), count: levels.count, bitWidth: 1,
            into: &scratch.body)
        let length = UInt32(scratch.body.count - 4)
        for index in 0..<4 {
            scratch.body.bytes[index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index))
        }
    }

    private func appendIndices(entries: Int) {
        // Zero bits are allowed for a single entry, but not every reader has met them.
        let width = max(1, BitPacking.width(for: entries - 1))
        scratch.body.uint8(UInt8(width))
        HybridEncoder.encode(
            UnsafePointer(staged.base.assumingMemoryBound(to: UInt32.self)), count: staged.count / 4,
            bitWidth: width, into: &scratch.body)
    }

    private func appendPlainValues() {
        if column.type == .boolean {
            HybridEncoder.pack(
                UnsafePointer(staged.base.assumingMemoryBound(to: UInt8.self)), staged.count, 1,
                size: (staged.count + 7) / 8, into: &scratch.body)
        } else {
            scratch.body.append(staged.bytes)
        }
    }

    /// Appends header and compressed body to the chunk.
    private func appendPage(_ header: inout PageHeader, _ content: [UInt8]) {
        let stored = content.withUnsafeBytes { compress($0) }
        header.uncompressedSize = content.count
        header.compressedSize = stored.count
        if options.writesChecksums { header.crc = CRC32.checksum(of: stored) }
        let head = header.encoded()
        bytes.append(contentsOf: head)
        bytes.append(contentsOf: stored)
        uncompressedSize += head.count + content.count
    }

    private func compress(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        guard let compressor else { return Array(content) }
        scratch.compressed.removeAll(keepingCapacity: true)
        compressor.compress(content, into: &scratch.compressed)
        return scratch.compressed
    }

    /// Compresses the first page both ways and compares, with the dictionary's cost spread over the pages
    /// that will share it: the share of entries that came in the second half of the page goes on coming.
    private func dictionaryPays(isLast: Bool) -> Bool {
        let (entries, _) = dictionarySize
        scratch.body.removeAll()
        appendIndices(entries: entries)
        let indexed = scratch.body.bytes.withUnsafeBytes { compress($0).count }
        scratch.dense.count = 0
        appendPlain(
            UnsafePointer(staged.base.assumingMemoryBound(to: UInt32.self)), staged.count / 4,
            to: scratch.dense)
        let plain = compress(scratch.dense.bytes).count
        let shared = Double(compress(dictionaryContent(entries).bytes).count)
        let late = Double(entries - entriesAfterFirstSlice) * 2 / Double(entries)
        let share = isLast || pageRows <= Self.rowAlignment ? 1 : min(1, late)
        return Double(indexed) + shared * share <= Double(plain)
    }

    /// The PLAIN form of the first `count` entries; uses the scratch.
    private func dictionaryContent(_ count: Int) -> RawBuffer {
        let order = (0..<UInt32(count)).map { $0 }
        scratch.dense.count = 0
        order.withUnsafeBufferPointer { appendPlain($0.baseAddress!, count, to: scratch.dense) }
        return scratch.dense
    }

    /// The page of the dictionary that finished pages use; empty where none does.
    func dictionaryPage() -> (bytes: [UInt8], uncompressedSize: Int) {
        guard dictionaryPageCount > 0 else { return ([], 0) }
        mode = usedDictionary
        let content = dictionaryContent(dictionaryCount)
        let stored = compress(content.bytes)
        var header = PageHeader()
        header.kind = .dictionary
        header.valueCount = dictionaryCount
        header.uncompressedSize = content.count
        header.compressedSize = stored.count
        if options.writesChecksums { header.crc = CRC32.checksum(of: stored) }
        let head = header.encoded()
        return (head + stored, head.count + content.count)
    }
}
