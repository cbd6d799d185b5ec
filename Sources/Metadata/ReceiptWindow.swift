package import Bytes

/// The receipts of the last days, by which a repeated copy is recognised.
///
/// They are numbered in the order of their commits, and the oldest leave first, so that manifests list them in
/// stretches and no tombstones are needed. A change copies one chunk.
package struct ReceiptWindow: Sendable {
    private struct Key: Hashable {
        var name: ByteString
        var contentHash: ByteString

        init(_ receipt: IngestReceipt) {
            name = receipt.name
            contentHash = receipt.contentHash
        }

        init(name: ByteString, contentHash: ByteString) {
            self.name = name
            self.contentHash = contentHash
        }
    }

    /// A manifest and the numbers of the receipts that it lists; the first of them may have left.
    package struct Slot: Sendable {
        package var manifest: any ManifestIdentity
        package var numbers: Range<Int>
        package init(manifest: any ManifestIdentity, numbers: Range<Int>) {
            self.manifest = manifest
            self.numbers = numbers
        }
    }

    private static let chunkSize = 256
    /// All full but the last, which grows.
    private var chunks: [[IngestReceipt]] = []
    /// The number of the first receipt of the first chunk.
    private var chunksStart = 0
    /// The numbers of those that are here.
    package private(set) var numbers = 0..<0
    private var newest = LayeredMap<Key, Int>()
    /// Without gaps, ascending; what follows them no manifest lists.
    package private(set) var slots: [Slot] = []

    package init() {}

    /// In the order of their commits.
    package init(_ receipts: [IngestReceipt]) {
        for receipt in receipts { append(receipt) }
    }

    package var count: Int { numbers.count }
    package var isEmpty: Bool { numbers.isEmpty }

    /// - Precondition: `number` is one of ``numbers``.
    package subscript(number: Int) -> IngestReceipt {
        precondition(numbers.contains(number), "receipt \(number) is not of \(numbers)")
        let place = number - chunksStart
        return chunks[place / Self.chunkSize][place % Self.chunkSize]
    }

    /// The newest receipt of this name and content.
    package func receipt(name: ByteString, contentHash: ByteString) -> IngestReceipt? {
        newest[Key(name: name, contentHash: contentHash)].map { self[$0] }
    }

    /// The newest receipt of this content, whatever its name.
    package func receipt(contentHash: ByteString) -> IngestReceipt? {
        numbers.last { self[$0].contentHash == contentHash }.map { self[$0] }
    }

    /// What the commit of one version took.
    package func receipts(of version: Version) -> [IngestReceipt] {
        var low = numbers.lowerBound
        var high = numbers.upperBound
        while low < high {
            let middle = (low + high) / 2
            if self[middle].version < version { low = middle + 1 } else { high = middle }
        }
        var receipts: [IngestReceipt] = []
        while low < numbers.upperBound, self[low].version == version {
            receipts.append(self[low])
            low += 1
        }
        return receipts
    }

    /// All receipts, oldest first.
    package var all: [IngestReceipt] { receipts(numbers) }

    /// - Precondition: `range` is within ``numbers``.
    package func receipts(_ range: Range<Int>) -> [IngestReceipt] { range.map { self[$0] } }

    package mutating func append(_ receipt: IngestReceipt) {
        if let last = chunks.indices.last, chunks[last].count < Self.chunkSize {
            chunks[last].append(receipt)
        } else {
            chunks.append([receipt])
        }
        newest.set(Key(receipt), numbers.upperBound)
        numbers = numbers.lowerBound..<(numbers.upperBound + 1)
    }

    /// Forgets what was committed before `timestamp`, epoch milliseconds.
    package mutating func drop(before timestamp: Int64) {
        dropFirst(numbers.prefix { self[$0].timestamp < timestamp }.count)
    }

    /// Forgets the oldest `count`.
    package mutating func dropFirst(_ count: Int) {
        guard count > 0 else { return }
        let left = numbers.prefix(count)
        var gone: [Key: Int?] = [:]
        for number in left {
            let key = Key(self[number])
            // A later receipt of the same key stays.
            if newest[key] == number { gone[key] = .some(nil) }
        }
        newest.merge(gone)
        numbers = left.endIndex..<numbers.upperBound
        let whole =
            numbers.isEmpty ? chunks.count : (numbers.lowerBound - chunksStart) / Self.chunkSize
        chunks.removeFirst(whole)
        chunksStart = chunks.isEmpty ? numbers.lowerBound : chunksStart + whole * Self.chunkSize
        slots.removeAll { $0.numbers.upperBound <= numbers.lowerBound }
    }
}

// What the manifest writer asks of the window.
extension ReceiptWindow {
    /// The numbers of those that no manifest lists.
    package var unwritten: Range<Int> {
        max(numbers.lowerBound, slots.last?.numbers.upperBound ?? numbers.lowerBound)..<numbers.upperBound
    }

    /// The same receipts once manifests stand for more of them.
    ///
    /// - Parameters:
    ///   - kept: how many of ``slots`` stay, from the first.
    ///   - added: go on where the kept ones end.
    package func rewritten(keeping kept: Int, adding added: [Slot]) -> ReceiptWindow {
        var result = self
        result.slots = slots.prefix(kept) + added
        var end = result.slots.first?.numbers.lowerBound ?? numbers.lowerBound
        precondition(end <= numbers.lowerBound, "manifests of receipts begin at \(end), after the first")
        for slot in result.slots {
            precondition(slot.numbers.lowerBound == end, "manifests of receipts have a gap at \(end)")
            end = slot.numbers.upperBound
        }
        return result
    }
}
