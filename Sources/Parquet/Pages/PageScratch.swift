import Compression

/// The working memory of one column's reader, passed on from chunk to chunk.
final class PageScratch {
    /// The part of the file that was read ahead.
    let window = RawBuffer()
    /// The page being decoded, followed by ``HybridDecoder/padding`` zeros.
    var page: [UInt8] = []
    let shared: ReadScratch

    init(_ shared: ReadScratch = ReadScratch()) { self.shared = shared }

    var heldBytes: Int { window.capacity + page.capacity }
}

/// Working memory that is used within one call only, so that all readers that one thread uses may share it: those of a
/// merge's inputs have hundreds of columns.
package final class ReadScratch {
    /// A page as it lies in the file, where it is larger than what is read ahead.
    let body = RawBuffer()
    /// A dictionary's page before it is decoded.
    var dictionary: [UInt8] = []
    let levels = RawBuffer()
    let indices = RawBuffer()
    let strings = RawBuffer()
    /// One a codec.
    private var decompressors: [PageCodec: Decompressor] = [:]

    package init() {}

    func decompressor(for codec: PageCodec) throws(ParquetError) -> Decompressor {
        if let known = decompressors[codec] { return known }
        let new = try codec.decompressor()
        decompressors[codec] = new
        return new
    }
}
