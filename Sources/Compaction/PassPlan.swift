/// Which inputs the next pass of a merge puts together: a pure function.
struct PassPlan: Equatable {
    /// Neighbours that become one file, in order; one alone stays as it is.
    private(set) var groups: [Range<Int>] = []
    /// All that is left is merged into the job's outputs.
    var isLast: Bool { groups.count <= 1 }

    /// Puts as few inputs together as make the rest fit, or else as many as can be.
    ///
    /// Two inputs are always merged, whether they fit or not: what two hold open is the least that a merge needs.
    ///
    /// - Parameter fits: whether neighbours can be open at once; taken to be true of any part of what it is true of.
    init(count: Int, maxInputs: Int, fits: (Range<Int>) -> Bool) {
        let most = max(maxInputs, 2)
        func isPossible(_ range: Range<Int>) -> Bool {
            range.count <= 2 || (range.count <= most && fits(range))
        }
        if isPossible(0..<count) {
            groups = [0..<count]
            return
        }
        var start = 0
        while count - start > 1 {
            let least = start + 2
            let last = Self.boundary(least...min(start + most, count)) { isPossible(start..<$0) }
            // An output is taken to need as much as an input: as many inputs as there are outputs stand for them.
            let outputs = groups.count + 1
            func leavesEnough(_ end: Int) -> Bool { isPossible(max(end - outputs, 0)..<count) }
            if leavesEnough(last) {
                let end = least + last - Self.boundary(least...last) { leavesEnough(least + last - $0) }
                groups.append(start..<end)
                start = end
                break
            }
            groups.append(start..<last)
            start = last
        }
        groups += (start..<count).map { $0..<$0 + 1 }
    }

    /// The greatest number of which something holds, which is known to hold of the least and of all below such a one.
    private static func boundary(_ numbers: ClosedRange<Int>, _ holds: (Int) -> Bool) -> Int {
        var low = numbers.lowerBound
        var high = numbers.upperBound + 1
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
