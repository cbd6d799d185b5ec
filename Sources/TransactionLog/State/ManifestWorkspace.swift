import Avro
import Bytes
import Metadata

/// What one thread needs to read manifests, kept from one to the next: fresh memory costs more than the decoding
/// that fills it. Not for use by two threads at once.
final class ManifestWorkspace {
    let decompressor = AvroBlockDecompressor()
    /// Given to the segments that are read.
    let cache: RecordBlockCache
    private var builder: FileSegment.Builder?

    init(cache: RecordBlockCache = RecordBlockCache()) { self.cache = cache }

    /// Calls `body` with an empty builder, which it leaves empty unless it throws.
    func withBuilder<R>(
        _ partitionColumns: [ByteString],
        _ body: (inout FileSegment.Builder) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        var taken: FileSegment.Builder?
        swap(&taken, &builder)
        if let known = taken.take(), known.partitionColumns == partitionColumns {
            var own = known
            let result = try body(&own)
            builder = consume own
            return result
        }
        var own = FileSegment.Builder(partitionColumns: partitionColumns)
        let result = try body(&own)
        builder = consume own
        return result
    }
}
