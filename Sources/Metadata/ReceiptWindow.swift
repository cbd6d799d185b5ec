package import Bytes

/// The receipts of the last days, by which a repeated copy is recognised.
///
/// Kept in the order of their commits, so that the old ones leave from the front; a change copies one chunk.
package struct ReceiptWindow: Sendable {
    private struct Key: Hashable {
        var name: ByteString
        var contentHash: ByteString
    }

    private static let chunkSize = 256
    /// Ascending by timestamp; the last is the one that grows.
    private var chunks: [[IngestReceipt]] = []
    /// Receipts of the first chunk that have left already.
    private var skipped = 0
    private var newest = LayeredMap<Key, IngestReceipt>()

    package init() {}

    /// In the order of their commits.
    package init(_ receipts: [IngestReceipt]) {
        for receipt in receipts { append(receipt) }
    }

    package var count: Int { chunks.reduce(-skipped) { $0 + $1.count } }

    /// The newest receipt of this name and content.
    package func receipt(name: ByteString, contentHash: ByteString) -> IngestReceipt? {
        newest[Key(name: name, contentHash: contentHash)]
    }

    /// All receipts, oldest first.
    package var all: [IngestReceipt] { Array(chunks.joined().dropFirst(skipped)) }

    mutating func append(_ receipt: IngestReceipt) {
        if let last = chunks.indices.last, chunks[last].count < Self.chunkSize {
            chunks[last].append(receipt)
        } else {
            chunks.append([receipt])
        }
        newest.set(Key(name: receipt.name, contentHash: receipt.contentHash), receipt)
    }

    /// Forgets what was committed before `timestamp`, epoch milliseconds.
    mutating func drop(before timestamp: Int64) {
        var gone: [Key: IngestReceipt?] = [:]
        while let first = chunks.first {
            guard first[skipped].timestamp < timestamp else { break }
            let key = Key(name: first[skipped].name, contentHash: first[skipped].contentHash)
            // A later receipt of the same key stays.
            if newest[key]?.version == first[skipped].version { gone[key] = .some(nil) }
            skipped += 1
            if skipped == first.count {
                chunks.removeFirst()
                skipped = 0
            }
        }
        newest.merge(gone)
    }
}
