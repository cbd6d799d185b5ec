import Bytes
import Records

/// What a reader of a file holds of it between two batches, beside what it reads ahead.
package struct ReadFootprint: Equatable, Sendable {
    /// The largest page and dictionary of each column, decompressed.
    package var openBytes = 0
    /// What ``ReadScratch`` needs: the largest page as it lies in the file, and the largest dictionary's page.
    package var sharedBytes = 0
}

extension ParquetFile {
    /// Chunks of a column that are looked at, the largest first.
    private static let visitedChunks = 4
    /// Pages that are looked at where no index says where the largest lies.
    private static let visitedPages = 4
    /// No writer known makes larger pages unless told to.
    private static let usualPageBytes = 1 << 20
    /// Smaller chunks are not worth a read.
    private static let smallChunkBytes = 64 << 10

    /// What reading some columns holds in memory, from the footer, offset indexes and a few page headers of each
    /// column. An estimate where pages vary much in how well they compress, or where there is no index.
    package func footprint(columns: [Int]) throws(ParquetError) -> ReadFootprint {
        var result = ReadFootprint()
        for column in columns where self.columns[column].type.lane != .none {
            var most = ReadFootprint()
            let chunks = rowGroups.indices.map { (group: $0, chunk: rowGroups[$0].chunks[column]) }
                .sorted { $0.chunk.uncompressedSize > $1.chunk.uncompressedSize }
            for (group, chunk) in chunks.prefix(Self.visitedChunks) {
                // A page is not larger than its chunk.
                if chunk.uncompressedSize <= most.openBytes { break }
                let here = try footprint(of: chunk, column, rows: rowGroups[group].rows.count, group)
                most.openBytes = max(most.openBytes, here.openBytes)
                most.sharedBytes = max(most.sharedBytes, here.sharedBytes)
            }
            result.openBytes += most.openBytes
            result.sharedBytes = max(result.sharedBytes, most.sharedBytes)
        }
        return result
    }

    private func footprint(
        of chunk: ColumnChunk, _ column: Int, rows: Int, _ group: Int
    ) throws(ParquetError) -> ReadFootprint {
        let all = ReadFootprint(openBytes: chunk.uncompressedSize, sharedBytes: chunk.compressedSize)
        if chunk.uncompressedSize <= Self.smallChunkBytes { return all }
        var stream = try PageStream(
            source, chunk.span, codec: chunk.codec, scratch: PageScratch(), readAhead: 4096)
        var sizes = PageSizes()
        if let pages = try pageLocations(rowGroup: group, column: column) {
            if pages.pages[0].offset > chunk.span.offset { sizes.add(try stream.nextHeader()) }
            // The largest in the file, and the one of the most rows.
            let bySize = pages.pages.indices.max { pages.pages[$0].size < pages.pages[$1].size } ?? 0
            let byRows = pages.pages.indices.max {
                pages.rows(ofPage: $0).count < pages.rows(ofPage: $1).count
            }
            for page in Set([bySize, byRows ?? bySize]).sorted() {
                try stream.seek(to: pages.pages[page].offset, size: 0)
                sizes.add(try stream.nextHeader())
            }
        } else {
            for _ in 0...Self.visitedPages where !stream.isAtEnd && sizes.rowCount < rows {
                let header = try stream.nextHeader()
                sizes.add(header)
                stream.skipBody(header)
            }
            if sizes.rowCount < rows {
                sizes.page = max(sizes.page, min(Self.usualPageBytes, chunk.uncompressedSize))
                sizes.stored = max(sizes.stored, min(Self.usualPageBytes, chunk.compressedSize))
            }
        }
        var open = sizes.page
        // In another encoding than PLAIN the values stand behind the page once more.
        if sizes.isTranscoded { open += max(sizes.page, sizes.pageRows * fileColumns[column].plainWidth) }
        return ReadFootprint(
            openBytes: open + sizes.dictionary(fileColumns[column]),
            sharedBytes: sizes.stored + sizes.dictionaryPage)
    }

    /// The largest of the pages that were looked at.
    private struct PageSizes {
        var page = 0
        var pageRows = 0
        var stored = 0
        var rowCount = 0
        var dictionaryPage = 0
        var dictionaryCount = 0
        var isTranscoded = false

        mutating func add(_ header: PageHeader) {
            stored = max(stored, header.compressedSize)
            switch header.kind {
            case .dictionary:
                dictionaryPage = header.uncompressedSize
                dictionaryCount = header.valueCount
            case .dataV1, .dataV2:
                page = max(page, header.uncompressedSize)
                pageRows = max(pageRows, header.valueCount)
                rowCount += header.valueCount
                switch header.encoding {
                case .deltaBinaryPacked, .deltaLengthByteArray, .deltaByteArray, .byteStreamSplit:
                    isTranscoded = true
                default: break
                }
            case .other: break
            }
        }

        /// The dictionary once it is decoded into the column's lane.
        func dictionary(_ column: FileColumn) -> Int {
            switch column.column.type.lane {
            case .bytes: dictionaryPage + 4 * dictionaryCount
            default: max(dictionaryPage, dictionaryCount * column.laneWidth)
            }
        }
    }
}

extension FileColumn {
    /// Bytes of a PLAIN value; of a string, what stands before it.
    fileprivate var plainWidth: Int { type == .byteArray ? 4 : PlainDecoder.storedWidth(self) }

    fileprivate var laneWidth: Int {
        switch column.type.lane {
        case .boolean: 1
        case .int32, .float: 4
        case .int64, .double: 8
        case .int128: 16
        case .bytes, .none: 0
        }
    }
}
