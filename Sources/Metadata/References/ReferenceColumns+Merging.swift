extension ReferenceColumns {
    /// The layer that says what this one and then `above` say; nil where that is nothing.
    func merged(with above: ReferenceColumns) -> ReferenceColumns? {
        let merged = names.merged(with: above.names)
        var merge = Merge(lower: self, merged.own, upper: above, merged.others)
        merge.run()
        guard merge.rows.count > 0 else { return nil }
        return merge.rows.finish(merged.names, manifests: merge.manifests.all)
    }

    private struct Merge {
        /// A layer with its numbers in the new one.
        struct Source {
            let columns: ReferenceColumns
            let partitions: [UInt32]
            var manifests: [Int64]
            var file = 0

            init(_ columns: ReferenceColumns, _ partitions: [UInt32]) {
                self.columns = columns
                self.partitions = partitions
                manifests = [Int64](repeating: -1, count: columns.manifests.count + 1)
                manifests[0] = 0
            }

            var isAtEnd: Bool { file == columns.files.count }

            /// Appends a row of the file that it stands at.
            mutating func append(
                _ row: Int, _ effect: ReferenceEffect, to rows: inout ReferenceRows,
                _ numbers: inout ManifestNumbers
            ) {
                let manifest = Int(columns.manifestNumbers[row])
                if manifests[manifest] < 0 {
                    manifests[manifest] = numbers.number(of: columns.manifests[manifest - 1])
                }
                rows.append(
                    file: columns.files[file], partition: partitions[Int(columns.partitions[row])],
                    flags: ReferenceRows.flags(effect, isEstimated: columns.isEstimated(row)),
                    rowCount: columns.rowCounts[row], version: columns.versions[row],
                    manifest: manifests[manifest])
            }
        }

        var lower: Source
        var upper: Source
        var rows = ReferenceRows()
        var manifests = ManifestNumbers()

        init(
            lower: ReferenceColumns, _ lowerPartitions: [UInt32], upper: ReferenceColumns,
            _ upperPartitions: [UInt32]
        ) {
            self.lower = Source(lower, lowerPartitions)
            self.upper = Source(upper, upperPartitions)
            rows.reserve(lower.count + upper.count)
        }

        mutating func run() {
            while !lower.isAtEnd, !upper.isAtEnd {
                let (left, right) = (lower.columns.files[lower.file], upper.columns.files[upper.file])
                if left < right {
                    takeLower(lower.columns.rows(ofFile: lower.file))
                    lower.file += 1
                } else if right < left {
                    takeUpper(upper.columns.rows(ofFile: upper.file))
                    upper.file += 1
                } else {
                    takeBoth(lower.columns.rows(ofFile: lower.file), upper.columns.rows(ofFile: upper.file))
                    lower.file += 1
                    upper.file += 1
                }
            }
            while !lower.isAtEnd {
                takeLower(lower.columns.rows(ofFile: lower.file))
                lower.file += 1
            }
            while !upper.isAtEnd {
                takeUpper(upper.columns.rows(ofFile: upper.file))
                upper.file += 1
            }
        }

        private mutating func takeBoth(_ below: Range<Int>, _ above: Range<Int>) {
            var left = below.lowerBound
            var right = above.lowerBound
            while left < below.upperBound, right < above.upperBound {
                let leftPartition = lower.partitions[Int(lower.columns.partitions[left])]
                let rightPartition = upper.partitions[Int(upper.columns.partitions[right])]
                if leftPartition < rightPartition {
                    takeLower(left..<(left + 1))
                    left += 1
                } else if rightPartition < leftPartition {
                    takeUpper(right..<(right + 1))
                    right += 1
                } else {
                    let effect = lower.columns.effect(left).followed(by: upper.columns.effect(right))
                    if let effect { upper.append(right, effect, to: &rows, &manifests) }
                    left += 1
                    right += 1
                }
            }
            takeLower(left..<below.upperBound)
            takeUpper(right..<above.upperBound)
        }

        private mutating func takeLower(_ range: Range<Int>) {
            for row in range { lower.append(row, lower.columns.effect(row), to: &rows, &manifests) }
        }

        private mutating func takeUpper(_ range: Range<Int>) {
            for row in range { upper.append(row, upper.columns.effect(row), to: &rows, &manifests) }
        }
    }
}

/// Numbers for manifests as rows that they list are met.
struct ManifestNumbers {
    private var numbers: [ObjectIdentifier: Int64] = [:]
    private(set) var all: [any ManifestIdentity] = []

    /// Its place among all, plus one; 0 for none.
    mutating func number(of manifest: (any ManifestIdentity)?) -> Int64 {
        guard let manifest else { return 0 }
        if let known = numbers[ObjectIdentifier(manifest)] { return known }
        all.append(manifest)
        numbers[ObjectIdentifier(manifest)] = Int64(all.count)
        return Int64(all.count)
    }
}
