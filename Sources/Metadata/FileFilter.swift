import Synchronization

/// Tells of most ids that no segment of a set has them, without asking each: a Bloom filter that grows.
///
/// It is shared by every set that came out of the same one, and only ever told more: an id that one of them
/// added and another has not, or that was removed, costs a search and does no harm. So the commit of a new
/// file looks at one cache line, however many manifests the table has.
///
/// Split blocks as in Parquet's filters: 32 bytes a block, eight bits of it an id.
package final class FileFilter: Sendable {
    fileprivate struct Bits {
        /// Four words a block; empty until the first question.
        var words: [UInt64] = []
        var idCount = 0
        var capacity = 0
    }

    /// At this many a filter that is full errs about once in a thousand questions.
    fileprivate static let bitsPerID = 16
    fileprivate static let wordsPerBlock = 4
    fileprivate static let smallestCapacity = 1_024

    private let bits = Mutex(Bits())

    /// It is filled at the first question or insertion, with what the set that asks has.
    package init() {}

    init(of segments: [FileSegment]) { bits.withLock { $0.fill(segments) } }

    /// False where no set that shares the filter has the id. `segments` are those of the set that asks.
    package func mayContain(_ id: UInt64, among segments: () -> [FileSegment]) -> Bool {
        bits.withLock { bits in
            if bits.words.isEmpty { bits.fill(segments()) }
            return bits.contains(id)
        }
    }

    /// Takes the ids of a segment in that a set is about to hold besides `segments`. False where there is no
    /// room for them: the set then needs a new filter.
    func insert(_ segment: FileSegment, besides segments: () -> [FileSegment]) -> Bool {
        bits.withLock { bits in
            // Sets that share a filter which nobody has filled are still the same.
            if bits.words.isEmpty { bits.fill(segments(), reserve: segment.count) }
            guard bits.idCount + segment.count <= bits.capacity else { return false }
            bits.insert(segment)
            return true
        }
    }
}

extension FileFilter.Bits {
    /// - Precondition: nothing is in it.
    mutating func fill(_ segments: [FileSegment], reserve: Int = 0) {
        let count = segments.reduce(reserve) { $0 + $1.count }
        capacity = max(FileFilter.smallestCapacity, count + count / 2)
        let bitCount = capacity * FileFilter.bitsPerID
        let blocks = max(1, bitCount / (FileFilter.wordsPerBlock * 64))
        words = [UInt64](repeating: 0, count: blocks * FileFilter.wordsPerBlock)
        for segment in segments { insert(segment) }
    }

    mutating func insert(_ segment: FileSegment) {
        idCount += segment.count
        let blocks = UInt64(words.count / FileFilter.wordsPerBlock)
        words.withUnsafeMutableBufferPointer { words in
            for id in segment.ids {
                let place = Place(id, blocks: blocks)
                for word in 0..<FileFilter.wordsPerBlock { words[place.start + word] |= place.mask(word) }
            }
        }
    }

    func contains(_ id: UInt64) -> Bool {
        let place = Place(id, blocks: UInt64(words.count / FileFilter.wordsPerBlock))
        for word in 0..<FileFilter.wordsPerBlock {
            let mask = place.mask(word)
            if words[place.start + word] & mask != mask { return false }
        }
        return true
    }

    /// The block of an id, and the bits that it has there: one in each half of each word.
    private struct Place {
        let start: Int
        private let hash: UInt64

        init(_ id: UInt64, blocks: UInt64) {
            // The finisher of SplitMix64: ids may be small numbers in turn.
            var mixed = (id ^ (id >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            hash = mixed ^ (mixed >> 31)
            start = Int(blocks.multipliedFullWidth(by: hash).high) * FileFilter.wordsPerBlock
        }

        func mask(_ word: Int) -> UInt64 {
            let bits = hash >> UInt64(word * 10)
            return 1 << (bits & 31) | 1 << (32 + (bits >> 5 & 31))
        }
    }
}
