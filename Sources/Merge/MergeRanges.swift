import Bytes

/// Into which ranges of keys a merge is cut. Pure functions of keys, apart from all reading.
enum MergeRanges {
    /// A key of an input, and about the bytes of the input from it up to the next sample.
    struct Sample: Equatable {
        var key: ByteString
        var bytes: Double
    }

    /// What is left of all keys between ranges that are done; nil where those overlap or hold nothing.
    static func gaps(between done: [KeyRange]) -> [KeyRange]? {
        var gaps: [KeyRange] = []
        // Nil once nothing is left above.
        var start: KeyRange? = .all
        for range in done.sorted(by: { $0.isBelow($1) }) {
            guard !range.isEmpty, let open = start else { return nil }
            if let min = open.min {
                guard let next = range.min, next >= min else { return nil }
            }
            if let end = range.min, end > (open.min ?? "") {
                gaps.append(KeyRange(min: open.min, max: end))
            }
            start = range.max.map { KeyRange(min: $0) }
        }
        if let start { gaps.append(start) }
        return gaps
    }

    /// The ranges, and where they are fewer than `count` the heaviest ones cut in two of about the same bytes. Where
    /// all keys are one there is nothing to cut.
    static func split(_ ranges: [KeyRange], into count: Int, samples: [Sample]) -> [KeyRange] {
        var ranges = ranges
        while ranges.count < count {
            let weights = ranges.map { range in
                samples.reduce(0) { range.contains($1.key) ? $0 + $1.bytes : $0 }
            }
            guard let heaviest = ranges.indices.max(by: { weights[$0] < weights[$1] }) else { break }
            let range = ranges[heaviest]
            guard let middle = middle(of: samples.filter { range.contains($0.key) }) else { break }
            ranges[heaviest...heaviest] = [
                KeyRange(min: range.min, max: middle), KeyRange(min: middle, max: range.max),
            ]
        }
        return ranges
    }

    /// The first key with half of the bytes below it that is not the least one.
    private static func middle(of samples: [Sample]) -> ByteString? {
        let ordered = samples.sorted { $0.key < $1.key }
        guard let least = ordered.first?.key else { return nil }
        let half = ordered.reduce(0) { $0 + $1.bytes } / 2
        var below = 0.0
        for sample in ordered {
            if sample.key > least, below >= half { return sample.key }
            below += sample.bytes
        }
        // What is heavy has the greatest key.
        return ordered.last.flatMap { $0.key > least ? $0.key : nil }
    }
}
