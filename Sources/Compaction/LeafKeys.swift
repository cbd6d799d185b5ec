import Bytes
import Merge
import Metadata
import Planning
import TransactionLog

/// The keys of a leaf's rows: of each of its files, what lies in the leaf and nothing else.
///
/// A leaf may be a small share of a large file, so nothing is concluded from rows outside of it; and samples prove
/// nothing about the keys between them, so that all rows have one key is said only where that is known of every file.
final class LeafKeys {
    /// What is certain of all rows.
    enum Extent {
        case noRows
        case oneKey(ByteString)
        /// Two keys that there are, the lower one first.
        case several(ByteString, ByteString)
    }

    /// Where half of the rows are on each side.
    enum Middle {
        case noRows
        case oneKey(ByteString)
        case at(ByteString)
    }

    private let leaf: Partition
    private let range: KeyRange
    /// What has most of its rows in the leaf comes first.
    private let files: [(view: FileView, rows: Int64)]
    private let open: (FileView) throws -> DataFileProbe
    /// The first files, as far as they were opened.
    private var probes: [Int: DataFileProbe] = [:]

    /// Samples of a leaf, over all of its files, the largest of which are looked at.
    private static let sampleCount = 4_096
    private static let mostSamples = 1 << 20
    private static let sampledFiles = 256
    /// Of each file that is looked at.
    private static let leastSamples = 8
    /// Keys that are looked for one after another.
    private static let mostSteps = 4_096

    /// nil where the table has no schema.
    init?(_ leaf: Partition, in table: TableState, _ context: CompactionContext) {
        guard let schema = table.definition.schema else { return nil }
        self.leaf = leaf
        range = KeyRange(min: leaf.minKey, max: leaf.maxKey)
        files = table.files(in: leaf.id).map { file in
            (file, table.reference(file, in: leaf.id)?.rowCount ?? 0)
        }.sorted { ($0.rows, $0.view.sizeBytes) > ($1.rows, $1.view.sizeBytes) }
        open = { file in
            try DataFileProbe(
                file.entry, schema: schema,
                open: { try DataFileContext.open($0, storage: context.storage, directory: context.table) })
        }
    }

    // MARK: What is certain

    /// Asks one file after another until two keys are known. The entries of files that lie in the leaf whole tell
    /// their keys; others are opened.
    func extent() throws -> Extent {
        var known: (min: ByteString, max: ByteString)?
        for index in files.indices {
            guard let keys = try bounds(ofFile: index) else { continue }
            let least = min(known?.min ?? keys.min, keys.min)
            let greatest = max(known?.max ?? keys.max, keys.max)
            if least < greatest { return .several(least, greatest) }
            known = (least, greatest)
        }
        return known.map { .oneKey($0.min) } ?? .noRows
    }

    private func bounds(ofFile index: Int) throws -> (min: ByteString, max: ByteString)? {
        if let keys = files[index].view.keyRange {
            if leaf.contains(keys.min), leaf.contains(keys.max) { return keys }
            let isBeside =
                leaf.minKey.map { keys.max < $0 } ?? false || leaf.maxKey.map { $0 <= keys.min } ?? false
            if isBeside { return nil }
        }
        return try probe(index).bounds(in: range)
    }

    private func probe(_ index: Int) throws -> DataFileProbe {
        if let known = probes[index] { return known }
        let opened = try open(files[index].view)
        if index < Self.sampledFiles { probes[index] = opened }
        return opened
    }

    private var sampled: Range<Int> { 0..<min(files.count, Self.sampledFiles) }

    // MARK: What is likely

    /// The key to split at: of some that are near the middle of the samples the one that parts the rows best.
    func middle() throws -> Middle {
        switch try extent() {
        case .noRows: return .noRows
        case .oneKey(let key): return .oneKey(key)
        case .several(_, let other):
            let samples = try samples(Self.sampleCount)
            switch SplitPlan.choose(samples, min: leaf.minKey, max: leaf.maxKey) {
            case .split(let key, let left, let right):
                // Where a key is heavy, samples hardly see those beside it.
                let isUneven = (left - right).magnitude > UInt64((left + right) / 8)
                return .at(isUneven ? try best(near: key, samples) : key)
            case .oneKey, .unknown:
                // Of files that are not looked at, or of what lies between the samples.
                return .at(other)
            }
        }
    }

    /// At least the first and the last key of each file in the leaf, with how many rows there are up to the next.
    private func samples(_ count: Int) throws -> [SplitPlan.KeySample] {
        let rows = sampled.reduce(Int128(0)) { $0 + Int128(files[$1].rows) }
        return try sampled.flatMap { index in
            let share = rows > 0 ? Int(Int128(count) * Int128(files[index].rows) / rows) : 0
            return try probe(index).sample(max(share, Self.leastSamples), in: range)
                .map { SplitPlan.KeySample(key: $0.key, rows: $0.rows) }
        }
    }

    /// The key itself, the next one, or the one after what was sampled before it.
    private func best(near key: ByteString, _ samples: [SplitPlan.KeySample]) throws -> ByteString {
        let before = samples.lazy.map(\.key).filter { $0 < key }.max()
        let keys = try [key] + [before, key].compactMap { try $0.flatMap(next(after:)) }
        let total = try rowCount(below: leaf.maxKey)
        let parted = try keys.map { candidate in
            let left = try rowCount(below: candidate)
            return (key: candidate, difference: (2 * left - total).magnitude)
        }
        return parted.min { ($0.difference, $0.key) < ($1.difference, $1.key) }?.key ?? key
    }

    private func rowCount(below key: ByteString?) throws -> Int64 {
        let part = KeyRange(min: leaf.minKey, max: key)
        return try sampled.reduce(0) { $0 + (try probe($1).rowCount(in: part)) }
    }

    private func next(after key: ByteString) throws -> ByteString? {
        try sampled.compactMap { try probe($0).firstKey(above: key) }.filter(leaf.contains).min()
    }

    // MARK: Many

    /// Samples from which so many leaves can be made, if there are as many keys.
    func samples(forLeaves count: Int) throws -> [SplitPlan.KeySample] {
        var samples = try samples(min(max(Self.sampleCount, 16 * count), Self.mostSamples))
        guard Set(samples.map(\.key)).count < count else { return samples }
        // The rare keys beside heavy ones, as they come; their rows stand with the samples before them.
        if case .several(_, let other) = try extent() { samples.append(.init(key: other, rows: 0)) }
        var last = samples.map(\.key).min()
        for _ in 0..<min(4 * count, Self.mostSteps) {
            guard let key = try last.flatMap(next(after:)) else { break }
            samples.append(.init(key: key, rows: 0))
            last = key
        }
        return samples
    }
}
