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

    /// `places` are of blocks that have been read whole, by ``FileRecord``.
    init(_ bytes: [UInt8], _ codec: AvroCodec, _ places: [Place], cache: RecordBlockCache) {
        self.bytes = bytes
        self.codec = codec
        self.places = places
        self.cache = cache
    }

    var byteCount: Int { bytes.count + places.count * MemoryLayout<Place>.stride }

    func block(of row: Int) -> FileRecordBlock {
        var low = 0
        var high = places.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if places[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return cache.block(low, of: self) { read(places[low]) }
    }

    func forEachDetail(of record: UnsafeRawBufferPointer, _ body: (FileDetails.Field) -> Bool) {
        unchanged { () throws(DecodeError) in
            var cursor = RecordCursor(record)
            try FileRecord(&cursor).forEachDetail(body)
        }
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
