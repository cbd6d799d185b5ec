import Avro
import Bytes
import Metadata

/// A manifest of ours as it lies in memory: its compressed bytes, and which rows stand in which block.
///
/// A tenth of what the records decompressed would take. The file may be deleted meanwhile.
final class ManifestRecords: FileRecords {
    /// One block of the file.
    struct Place: Sendable {
        /// The number of the block's first row.
        var firstRow: Int
        var rowCount: Int
        /// Where its content stands in the file.
        var stored: Range<Int>
    }

    private let bytes: [UInt8]
    private let codec: AvroCodec
    private let places: [Place]
    private let cache: RecordBlockCache
    private let largestRowCount: Int

    /// `places` are of blocks that have been read whole, by ``FileRecord``.
    init(_ bytes: [UInt8], _ codec: AvroCodec, _ places: [Place], cache: RecordBlockCache) {
        self.bytes = bytes
        self.codec = codec
        self.places = places
        self.cache = cache
        largestRowCount = places.lazy.map(\.rowCount).max() ?? 0
    }

    var byteCount: Int { bytes.count + places.count * MemoryLayout<Place>.stride }

    func block(of row: Int) -> FileRecordBlock {
        guard let number = number(of: row) else {
            preconditionFailure("a manifest without blocks has no rows")
        }
        return cache.block(number, of: self) { read(places[number]) }
    }

    func forEachDetail(of record: UnsafeRawBufferPointer, _ body: (FileDetails.Field) -> Bool) {
        unchanged { () throws(DecodeError) in
            var cursor = RecordCursor(record)
            try FileRecord(&cursor).forEachDetail(body)
        }
    }

    /// The number of rows of the block that begins with the row, as far as it is worth being taken over as it
    /// stands: a small one among larger ones is not, so that they do not gather. nil where no block begins.
    func rowCountOfBlock(beginningAt row: Int, codec: AvroCodec) -> Int? {
        guard let number = number(of: row), places[number].firstRow == row, codec.name == self.codec.name,
            places[number].rowCount * 2 >= largestRowCount
        else { return nil }
        return places[number].rowCount
    }

    /// Calls `body` with the compressed content of the block that begins with the row.
    func withStoredBlock(beginningAt row: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let number = number(of: row) else { return }
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[places[number].stored])) }
    }

    /// The number of the block that has the row.
    private func number(of row: Int) -> Int? {
        var low = 0
        var high = places.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if places[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return low < high ? low : nil
    }

    private func read(_ place: Place) -> FileRecordBlock {
        unchanged { () throws(DecodeError) in
            var content: [UInt8] = []
            try bytes.withByteReader { (reader) throws(DecodeError) in
                try reader.seek(to: place.stored.lowerBound)
                try AvroBlockDecompressor().decompress(
                    try reader.slice(place.stored.count), codec, into: &content)
            }
            var ends: [UInt32] = []
            ends.reserveCapacity(place.rowCount)
            try content.withByteReader { (reader) throws(DecodeError) in
                var cursor = RecordCursor(try reader.slice(reader.count))
                for _ in 0..<place.rowCount {
                    _ = try FileRecord(&cursor)
                    ends.append(UInt32(cursor.offset))
                }
            }
            return FileRecordBlock(firstRow: place.firstRow, content: content, ends: ends)
        }
    }

    /// The very same bytes were read when the manifest was: what was wrong with them was an error then.
    private func unchanged<R>(_ body: () throws(DecodeError) -> R) -> R {
        do throws(DecodeError) { return try body() } catch {
            preconditionFailure("a manifest in memory is not what was read: \(error)")
        }
    }
}
