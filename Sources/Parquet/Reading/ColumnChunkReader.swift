import Bytes
package import Records

/// Reads one column of one row group, any number of rows at a time.
///
/// Holds one page; pages that are skipped as a whole are not decompressed.
package final class ColumnChunkReader {
    /// No batch of strings may hold more than this.
    static let largestStrings = 1 << 30

    let column: FileColumn
    let scratch: PageScratch
    private var stream: PageStream
    private var page: DataPage?
    private(set) var dictionary: ChunkDictionary?
    private let rowCount: Int
    /// The rows of the chunk that were not read yet.
    package private(set) var rowsLeft: Int

    /// A reader of column `column` in row group `rowGroup` of `file`.
    package convenience init(
        _ file: ParquetFile, rowGroup: Int, column: Int, readAhead: Int = 256 << 10
    ) throws(ParquetError) {
        try self.init(
            file, rowGroup: rowGroup, column: column, readAhead: readAhead, scratch: PageScratch())
    }

    init(
        _ file: ParquetFile, rowGroup: Int, column: Int, readAhead: Int, scratch: PageScratch
    ) throws(ParquetError) {
        let group = file.rowGroups[rowGroup]
        let chunk = group.chunks[column]
        self.column = file.fileColumns[column]
        self.scratch = scratch
        rowCount = group.rows.count
        rowsLeft = rowCount
        do throws(ParquetError) {
            stream = try PageStream(
                file.source, chunk.span, codec: chunk.codec, scratch: scratch, readAhead: readAhead)
        } catch {
            throw error.inColumn(file.fileColumns[column].name)
        }
    }

    /// What is held between two calls: what was read ahead, the open page and the dictionary.
    var heldBytes: Int { scratch.heldBytes + (dictionary?.heldBytes ?? 0) }

    /// The next `count` rows, or fewer where the chunk ends.
    package func read(_ count: Int) throws(ParquetError) -> ColumnVector {
        let count = max(0, min(count, rowsLeft))
        do throws(ParquetError) {
            switch column.column.type.lane {
            case .boolean:
                let (values, validity) = try numbers(UInt8.self, count)
                return ColumnVector(values: .boolean(values), validity: validity)
            case .int32:
                let (values, validity) = try numbers(Int32.self, count)
                return ColumnVector(values: .int32(values), validity: validity)
            case .int64:
                let (values, validity) = try numbers(Int64.self, count)
                return ColumnVector(values: .int64(values), validity: validity)
            case .int128:
                let (values, validity) = try numbers(Int128.self, count)
                return ColumnVector(values: .int128(values), validity: validity)
            case .float:
                let (values, validity) = try numbers(Float.self, count)
                return ColumnVector(values: .float(values), validity: validity)
            case .double:
                let (values, validity) = try numbers(Double.self, count)
                return ColumnVector(values: .double(values), validity: validity)
            case .bytes:
                let (values, validity) = try strings(count)
                return ColumnVector(values: .bytes(values), validity: validity)
            case .none:
                rowsLeft -= count
                return ColumnVector(values: .none(count: count))
            }
        } catch {
            throw error.inColumn(column.name)
        }
    }

    /// Passes over the next `count` rows, or to the end where there are fewer.
    package func skip(_ count: Int) throws(ParquetError) {
        var left = max(0, min(count, rowsLeft))
        if column.column.type.lane == .none {
            rowsLeft -= left
            return
        }
        do throws(ParquetError) {
            while left > 0 {
                if page == nil { try nextPage(skipping: &left) }
                guard left > 0, let page else { continue }
                // Part of a page: decoding is the only way forward.
                let step = min(left, page.rowsLeft, 8192)
                _ = try read(step)
                left -= step
            }
        } catch {
            throw error.inColumn(column.name)
        }
    }

    /// Moves to a row of the chunk, forward or back, reading no page but its own and the dictionary.
    ///
    /// - Parameter pages: those of this very chunk.
    package func seek(to row: Int, in pages: PageLocations) throws(ParquetError) {
        precondition((0..<rowCount).contains(row), "a row of the chunk")
        rowsLeft = rowCount - row
        if column.column.type.lane == .none { return }
        page = nil
        do throws(ParquetError) {
            try loadLeadingDictionary(pages)
            let target = pages.page(ofRow: row)
            let place = pages.pages[target]
            try stream.seek(to: place.offset, size: place.size)
            let header = try stream.nextHeader()
            guard header.kind == .dataV1 || header.kind == .dataV2,
                header.valueCount == pages.rows(ofPage: target).count
            else { throw ParquetError(.malformed, "the page index names a page that is not there") }
            rowsLeft = rowCount - place.firstRow
            try load(header)
            try skip(row - place.firstRow)
        } catch {
            throw error.inColumn(column.name)
        }
    }

    /// Moves to a row as ``seek(to:in:)`` does; forward within the page that is open without reading it again.
    package func move(to row: Int, in pages: PageLocations) throws(ParquetError) {
        let position = rowCount - rowsLeft
        if let page, row >= position, row - position < page.rowsLeft {
            try skip(row - position)
        } else {
            try seek(to: row, in: pages)
        }
    }

    /// The dictionary lies before the first data page, where there is one.
    private func loadLeadingDictionary(_ pages: PageLocations) throws(ParquetError) {
        guard dictionary == nil, stream.isAtStart, pages.pages[0].offset > stream.offset else { return }
        try stream.seek(to: stream.offset, size: min(pages.pages[0].offset - stream.offset, 1 << 20))
        let header = try stream.nextHeader()
        if header.kind == .dictionary { try loadDictionary(header) }
    }

    /// Loads the next page with rows, passing over data pages of at most `skippable` rows by their headers.
    private func nextPage(skipping skippable: inout Int) throws(ParquetError) {
        while true {
            let header = try stream.nextHeader()
            switch header.kind {
            case .other: stream.skipBody(header)
            case .dictionary: try loadDictionary(header)
            case .dataV1, .dataV2:
                guard header.valueCount <= rowsLeft else {
                    throw ParquetError(.malformed, "the pages hold more rows than the row group")
                }
                if header.valueCount <= skippable {
                    skippable -= header.valueCount
                    rowsLeft -= header.valueCount
                    stream.skipBody(header)
                    if skippable == 0 { return }
                } else {
                    return try load(header)
                }
            }
        }
    }

    private func load(_ header: PageHeader) throws(ParquetError) {
        try stream.loadBody(header)
        let size = scratch.page.count - HybridDecoder.padding
        let column = column
        let newPage = try withPage { (bytes) throws(ParquetError) in
            try DataPage(header, column, page: bytes, size: size)
        }
        page = newPage.rowsLeft > 0 ? try transcoded(newPage) : nil
    }

    /// Puts the PLAIN form of a page's values behind its body where they are in another.
    private func transcoded(_ page: DataPage) throws(ParquetError) -> DataPage {
        guard case .transcoded(let encoding, let offset) = page.values else { return page }
        let column = column
        let plain = try withPage { (bytes) throws(ParquetError) in
            try decoding { () throws(DecodeError) in
                try PlainTranscoder.plain(
                    encoding, column, bytes, from: offset, to: page.end, rows: page.rowsLeft)
            }
        }
        var result = page
        result.values = .plain(position: scratch.page.count)
        scratch.page.reserveCapacity(scratch.page.count + plain.count + HybridDecoder.padding)
        scratch.page.append(contentsOf: plain)
        result.end = scratch.page.count
        scratch.page.append(contentsOf: repeatElement(0, count: HybridDecoder.padding))
        return result
    }

    private func loadDictionary(_ header: PageHeader) throws(ParquetError) {
        guard dictionary == nil else { throw ParquetError(.malformed, "a second dictionary") }
        guard header.encoding == .plain || header.encoding == .plainDictionary else {
            throw ParquetError(.unsupported, "a dictionary is encoded as \(header.encoding)")
        }
        // It is of no use once it is decoded, and often larger than the pages that follow.
        swap(&scratch.page, &scratch.shared.dictionary)
        defer { swap(&scratch.page, &scratch.shared.dictionary) }
        try stream.loadBody(header)
        let size = scratch.page.count - HybridDecoder.padding
        let column = column
        dictionary = try withPage { (bytes) throws(ParquetError) in
            switch column.column.type.lane {
            case .int32:
                try ChunkDictionary(Int32.self, column, page: bytes, size: size, count: header.valueCount)
            case .int64:
                try ChunkDictionary(Int64.self, column, page: bytes, size: size, count: header.valueCount)
            case .int128:
                try ChunkDictionary(Int128.self, column, page: bytes, size: size, count: header.valueCount)
            case .float:
                try ChunkDictionary(Float.self, column, page: bytes, size: size, count: header.valueCount)
            case .double:
                try ChunkDictionary(Double.self, column, page: bytes, size: size, count: header.valueCount)
            case .bytes:
                try ChunkDictionary(strings: column, page: bytes, size: size, count: header.valueCount)
            case .boolean, .none:
                throw ParquetError(.unsupported, "a dictionary of \(column.column.type) values")
            }
        }
    }

    func withPage<R>(_ body: (UnsafeRawBufferPointer) throws(ParquetError) -> R) throws(ParquetError) -> R {
        try scratch.page.withUnsafeBufferPointer { (buffer) throws(ParquetError) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Calls `body` with pieces of the next `count` rows that lie in one page each.
    func forEachPiece(
        _ count: Int,
        _ body: (inout DataPage, _ base: UnsafeRawPointer, _ rows: Range<Int>) throws(ParquetError) -> Void
    ) throws(ParquetError) {
        var done = 0
        while done < count {
            guard var current = page else {
                var nothing = 0
                try nextPage(skipping: &nothing)
                continue
            }
            page = nil
            let step = min(count - done, current.rowsLeft)
            try withPage { (bytes) throws(ParquetError) in
                guard let base = bytes.baseAddress else { return }
                try body(&current, base, done..<done + step)
            }
            current.rowsLeft -= step
            rowsLeft -= step
            done += step
            if current.rowsLeft > 0 { page = current }
        }
    }
}
