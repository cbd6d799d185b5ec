package import Bytes
import Compression
package import Metadata
import Platform
import TransactionLog

extension IngestService {
    /// The receipt of some file with exactly these bytes, whatever its name; nil where there is none or the file
    /// cannot be read.
    ///
    /// A file that is found after a crash may have been committed just before.
    package func receipt(ofContent localPath: ByteString) -> IngestReceipt? {
        guard let hash = try? Self.hash(of: localPath) else { return nil }
        return context.log.current.receipts.receipt(contentHash: hash)
    }

    private static func hash(of localPath: ByteString) throws(Errno) -> ByteString {
        let file = try FileDescriptor.open(localPath, .noFollow)
        let hash = SHA256()
        var offset: Int64 = 0
        while true {
            let chunk = try file.readBytes(at: offset, limit: StagedContent.chunkBytes)
            if chunk.isEmpty { return ByteString(Hex.string(hash.finish())) }
            chunk.withUnsafeBytes { hash.update($0) }
            offset += Int64(chunk.count)
        }
    }
}
