/// The partition values of some segments in one order: each tuple has one number, whichever segments have it.
struct TupleOrder {
    let count: Int
    /// For each segment the number of each of its tuples.
    let numbers: [[Int]]

    init(_ segments: [FileSegment], by areInIncreasingOrder: (PartitionTuple, PartitionTuple) -> Bool) {
        var codes: [PartitionTuple: Int] = [:]
        var tuples: [PartitionTuple] = []
        let found = segments.map { segment in
            segment.tuples.map { tuple -> Int in
                if let code = codes[tuple] { return code }
                codes[tuple] = tuples.count
                tuples.append(tuple)
                return tuples.count - 1
            }
        }
        var rank = [Int](repeating: 0, count: tuples.count)
        let sorted = tuples.indices.sorted { areInIncreasingOrder(tuples[$0], tuples[$1]) }
        for (place, code) in sorted.enumerated() { rank[code] = place }
        count = tuples.count
        numbers = found.map { $0.map { rank[$0] } }
    }
}

extension FileSet {
    /// The live files of some slots: root partitions in the order given, files of one by path.
    ///
    /// Nothing is decoded and no index of a segment is made: rows are counted into their partitions, and those of
    /// one, which mostly stand in runs already, are sorted.
    package func files(
        ofSlots chosen: [Int], by areInIncreasingOrder: (PartitionTuple, PartitionTuple) -> Bool
    ) -> RootFiles {
        let order = TupleOrder(chosen.map { slots[$0].segment }, by: areInIncreasingOrder)
        var ends = [Int](repeating: 0, count: order.count)
        forEachLive(chosen, order) { _, _, tuple in ends[tuple] += 1 }
        var total = 0
        for tuple in ends.indices {
            total += ends[tuple]
            ends[tuple] = total - ends[tuple]
        }
        var places = [UInt64](repeating: 0, count: total)
        forEachLive(chosen, order) { slot, row, tuple in
            places[ends[tuple]] = UInt64(slot) << 32 | UInt64(row)
            ends[tuple] += 1
        }
        var start = 0
        for end in ends {
            sort(&places, start..<end)
            start = end
        }
        return RootFiles(segments: slots.map(\.segment), places: places)
    }

    private func forEachLive(
        _ chosen: [Int], _ order: TupleOrder, _ body: (_ slot: Int, _ row: Int, _ tuple: Int) -> Void
    ) {
        for (index, number) in chosen.enumerated() {
            let slot = slots[number]
            let numbers = order.numbers[index]
            for row in 0..<slot.segment.count where slot.isLive(row) {
                body(number, row, numbers[Int(slot.segment.tupleCodes[row])])
            }
        }
    }

    private func sort(_ places: inout [UInt64], _ range: Range<Int>) {
        let isSorted = range.dropFirst().allSatisfy { comparePaths(places[$0 - 1], places[$0]) <= 0 }
        if !isSorted { places[range].sort { comparePaths($0, $1) < 0 } }
    }
}
