package import Bytes
package import Metadata

/// Whether a leaf partition is to be split, and at which key.
///
/// A split moves no data: it is a line in the tree and a reference more for each file that reaches over it. So it is
/// decided on rows that are counted, never on estimates, and at the key that leaves about as many rows on each side.
package struct SplitPlan: Hashable, Sendable {
    /// What a leaf refers to of one file.
    package struct Reference: Hashable, Sendable {
        /// Of this reference.
        package var rows: Int64
        /// Whether `rows` was estimated, not counted.
        package var isEstimated: Bool
        /// Of the whole file, where they are known.
        package var fileRows: Int64?
        package var fileBytes: Int64

        package init(rows: Int64, isEstimated: Bool, fileRows: Int64?, fileBytes: Int64) {
            self.rows = rows
            self.isEstimated = isEstimated
            self.fileRows = fileRows
            self.fileBytes = fileBytes
        }

        /// The share of the file's bytes that its share of the rows takes.
        package var bytes: Int64 {
            guard let fileRows, fileRows > 0 else { return fileBytes }
            let share = Int128(fileBytes) * Int128(max(0, min(rows, fileRows)))
            return Int64(share / Int128(fileRows))
        }
    }

    /// A key of a file, and how many rows there are from it on to the next one.
    package struct KeySample: Hashable, Sendable {
        package var key: ByteString
        package var rows: Int64

        package init(key: ByteString, rows: Int64) {
            self.key = key
            self.rows = rows
        }
    }

    package enum Due: Hashable, Sendable {
        case notDue
        /// Only with rows that are estimated; a merge will count them.
        case mayBeDueAfterCompaction
        case due
    }

    package enum Choice: Hashable, Sendable {
        /// Rows below the key go left, the others right; both counts are those of the samples.
        case split(at: ByteString, left: Int64, right: Int64)
        /// All samples have this key: of other rows that says nothing.
        case oneKey(ByteString)
        /// No key of the partition is known.
        case unknown
    }

    /// nil where the property is `off`.
    package var thresholdRows: Int64?
    package var thresholdBytes: Int64?

    package init(thresholdRows: Int64?, thresholdBytes: Int64?) {
        self.thresholdRows = thresholdRows
        self.thresholdBytes = thresholdBytes
    }

    package init(_ properties: TableProperties) {
        self.init(
            thresholdRows: properties.partitionSplitThresholdRows,
            thresholdBytes: properties.partitionSplitThresholdBytes)
    }

    package var hasThreshold: Bool { thresholdRows != nil || thresholdBytes != nil }

    /// Whether a leaf that refers to these is above a threshold.
    package func due(_ references: [Reference]) -> Due {
        if isAbove(references.filter { !$0.isEstimated }) { return .due }
        return isAbove(references) ? .mayBeDueAfterCompaction : .notDue
    }

    private func isAbove(_ references: [Reference]) -> Bool {
        let rows = references.reduce(Int128(0)) { $0 + Int128($1.rows) }
        let bytes = references.reduce(Int128(0)) { $0 + Int128($1.bytes) }
        return thresholdRows.map { rows > $0 } ?? false || thresholdBytes.map { bytes > $0 } ?? false
    }

    /// Where to split a partition of the keys [min, max), by samples of its files.
    ///
    /// The key is the one that parts the rows most evenly, and never the smallest of the samples, as there would be
    /// nothing below it: where the median is the smallest key, it is the next. Samples outside the partition count
    /// nothing.
    ///
    /// - Parameter samples: of all files, in any order, the last key of each file among them.
    package static func choose(_ samples: [KeySample], min: ByteString?, max: ByteString?) -> Choice {
        let keys = DistinctKeys(samples, min: min, max: max)
        guard let smallest = keys.keys.first else { return .unknown }
        guard let place = keys.place(nearest: keys.total / 2, in: 1..<keys.keys.count) else {
            return .oneKey(smallest)
        }
        return .split(
            at: keys.keys[place], left: Int64(clamping: keys.before[place]),
            right: Int64(clamping: keys.total - keys.before[place]))
    }
}

/// The keys of samples, each once, with how many rows lie before it.
struct DistinctKeys {
    /// Strictly ascending.
    private(set) var keys: [ByteString] = []
    private(set) var before: [Int128] = []
    private(set) var total: Int128 = 0

    init(_ samples: [SplitPlan.KeySample], min: ByteString? = nil, max: ByteString? = nil) {
        let inside = samples.filter { sample in
            !(min.map { sample.key < $0 } ?? false) && (max.map { sample.key < $0 } ?? true)
        }
        for sample in inside.sorted(by: { $0.key < $1.key }) {
            if keys.last != sample.key {
                keys.append(sample.key)
                before.append(total)
            }
            total += Int128(Swift.max(0, sample.rows))
        }
    }

    /// Of some keys the one before which the number of rows is nearest to `rows`, the smaller of two; nil where
    /// there are none.
    func place(nearest rows: Int128, in range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var low = range.lowerBound
        var high = range.upperBound - 1
        while low < high {
            let middle = (low + high) / 2
            if before[middle] < rows { low = middle + 1 } else { high = middle }
        }
        // The first that is not below, unless the one before it is as near. Of equal ones the first.
        guard low > range.lowerBound, rows - before[low - 1] <= (before[low] - rows).magnitude else {
            return low
        }
        let nearest = before[low - 1]
        while low > range.lowerBound, before[low - 1] == nearest { low -= 1 }
        return low
    }
}
