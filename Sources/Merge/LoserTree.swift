import Glibc
import Records

/// Picks the smallest of K sorted inputs again and again, with about log2(K) comparisons a row.
///
/// A tournament in which each inner node remembers who lost there (Knuth, TAOCP 3, 5.4.1): after the winner
/// has moved on, only the nodes on its way up are played again. A node holds the loser's prefix itself, so
/// that a comparison of two different prefixes touches nothing but the path.
///
/// Equal keys are ordered by sequence where the blocks have one, then by the number of the input.
final class LoserTree {
    private struct Contender {
        var prefix: UInt64
        var input: Int
    }

    /// Where an input stands, as plain pointers into its block: nothing on the way of a row counts references.
    private struct Head {
        /// Nil means that the input has ended: it is then behind everything.
        var prefixes: UnsafeMutablePointer<UInt64>?
        var offsets: UnsafeMutablePointer<UInt32>
        var bytes: UnsafeMutablePointer<UInt8>
        var sequences: UnsafeMutablePointer<Int64>?
        var row: Int
        var rowCount: Int

        /// - Precondition: the tree holds `block` as long as the head is in use.
        init(_ block: MergeBlock?, none: KeyBlock) {
            let keys = block?.keys ?? none
            prefixes = block == nil ? nil : keys.prefixes
            offsets = keys.offsets
            bytes = keys.bytes
            sequences = block?.sequences?.pointer
            row = 0
            rowCount = keys.rowCount
        }

        @inline(__always) var prefix: UInt64 { prefixes.map { $0[row] } ?? .max }
    }

    private let inputCount: Int
    /// Where the bytes behind the prefix of a key begin.
    private let tailStart: Int
    private let none: KeyBlock
    /// Node 1 is the root; the leaf of input `i` would be node `inputCount + i`.
    private let nodes: UnsafeMutablePointer<Contender>
    private let heads: UnsafeMutablePointer<Head>
    private var blocks: [MergeBlock?]
    private var winner = Contender(prefix: 0, input: 0)

    /// - Precondition: at least one input, and the same shared bytes left out of all prefixes.
    init(_ blocks: [MergeBlock?], sharedCount: Int) {
        precondition(!blocks.isEmpty)
        inputCount = blocks.count
        tailStart = sharedCount + 8
        none = KeyBlock(NormalizedKeys(), sharedCount: sharedCount)
        self.blocks = blocks
        nodes = .allocate(capacity: blocks.count)
        nodes.initialize(repeating: Contender(prefix: 0, input: 0), count: blocks.count)
        heads = .allocate(capacity: blocks.count)
        for (input, block) in blocks.enumerated() {
            assert(block.map { $0.keys.sharedCount == sharedCount } ?? true)
            (heads + input).initialize(to: Head(block, none: none))
        }
        winner = play(below: 1)
    }

    deinit {
        heads.deallocate()
        nodes.deallocate()
    }

    /// The input whose row is next; nil when all have ended.
    @inline(__always)
    var next: Int? { heads[winner.input].prefixes == nil ? nil : winner.input }

    func block(of input: Int) -> MergeBlock? { blocks[input] }

    @inline(__always)
    func row(of input: Int) -> Int { heads[input].row }

    @inline(__always)
    func rowCount(of input: Int) -> Int { heads[input].rowCount }

    /// Moves the winner on by `count` rows, which must not reach the end of its block, and finds the next.
    @inline(__always)
    func advance(by count: Int) {
        let input = winner.input
        heads[input].row += count
        replay(Contender(prefix: heads[input].prefix, input: input))
    }

    /// Gives the winner its next block, nil where it has ended, and finds the next winner.
    func replaceBlock(_ block: MergeBlock?) {
        let input = winner.input
        blocks[input] = block
        heads[input] = Head(block, none: none)
        replay(Contender(prefix: heads[input].prefix, input: input))
    }

    @inline(__always)
    private func replay(_ moved: Contender) {
        var rising = moved
        var node = (moved.input + inputCount) >> 1
        while node > 0 {
            let resting = nodes[node]
            let isBehind =
                resting.prefix != rising.prefix
                ? resting.prefix < rising.prefix : precedes(resting.input, rising.input)
            // Two selects, no branch: who wins is a coin toss that no predictor guesses.
            nodes[node] = isBehind ? rising : resting
            rising = isBehind ? resting : rising
            node >>= 1
        }
        winner = rising
    }

    private func play(below node: Int) -> Contender {
        if node >= inputCount {
            let input = node - inputCount
            return Contender(prefix: heads[input].prefix, input: input)
        }
        let left = play(below: 2 * node)
        let right = play(below: 2 * node + 1)
        let leftWins =
            left.prefix != right.prefix
            ? left.prefix < right.prefix : precedes(left.input, right.input)
        nodes[node] = leftWins ? right : left
        return leftWins ? left : right
    }

    /// Whether the head of `a` comes before the head of `b`, whose prefixes are equal.
    private func precedes(_ a: Int, _ b: Int) -> Bool {
        guard heads[a].prefixes != nil else { return heads[b].prefixes == nil && a < b }
        guard heads[b].prefixes != nil else { return true }
        let order = compareTails(a, heads[a].row, b)
        if order != 0 { return order < 0 }
        if let left = heads[a].sequences, let right = heads[b].sequences {
            let leftSequence = left[heads[a].row]
            let rightSequence = right[heads[b].row]
            if leftSequence != rightSequence { return leftSequence < rightSequence }
        }
        return a < b
    }

    /// The order of a row of the block of `a` and the head of `b`, whose prefixes are equal.
    private func compareTails(_ a: Int, _ row: Int, _ b: Int) -> Int {
        let other = heads[b].row
        let start = Int(heads[a].offsets[row])
        let otherStart = Int(heads[b].offsets[other])
        let count = Int(heads[a].offsets[row + 1]) - start
        let otherCount = Int(heads[b].offsets[other + 1]) - otherStart
        let common = min(count, otherCount) - tailStart
        if common > 0 {
            let order = memcmp(
                heads[a].bytes + start + tailStart, heads[b].bytes + otherStart + tailStart, common)
            if order != 0 { return Int(order) }
        }
        return count - otherCount
    }

    /// How many rows of the winner, from its head on and within its block, come before the head of every
    /// other input: at least one. Found by doubling steps, so a long answer costs its logarithm.
    ///
    /// - Parameter strictly: counts rows only while their keys are below the others', not equal to them.
    func leadCount(strictly: Bool) -> Int {
        let input = winner.input
        guard let block = blocks[input], let prefixes = heads[input].prefixes else { return 0 }
        let row = heads[input].row
        let available = block.keys.rowCount - row
        guard let rival = rival(of: input), heads[rival].prefixes != nil else { return available }
        let rivalPrefix = heads[rival].prefix
        let winsTies = !strictly && input < rival && heads[input].sequences == nil
        func leads(_ offset: Int) -> Bool {
            let prefix = prefixes[row + offset]
            if prefix != rivalPrefix { return prefix < rivalPrefix }
            let order = compareTails(input, row + offset, rival)
            return order < 0 || (order == 0 && winsTies)
        }
        var low = 0
        var step = 1
        while low + step < available, leads(low + step) {
            low += step
            step *= 2
        }
        // Row `low` leads; the answer's end lies within the step that failed.
        var high = min(low + step, available)
        while high - low > 1 {
            let middle = (low + high) / 2
            if leads(middle) { low = middle } else { high = middle }
        }
        return high
    }

    /// The input that would win if `input` left the tournament: the best of those which lost against it.
    private func rival(of input: Int) -> Int? {
        var best: Contender?
        var node = (input + inputCount) >> 1
        while node > 0 {
            let resting = nodes[node]
            if let current = best {
                let isBetter =
                    resting.prefix != current.prefix
                    ? resting.prefix < current.prefix : precedes(resting.input, current.input)
                if isBetter { best = resting }
            } else {
                best = resting
            }
            node >>= 1
        }
        return best?.input
    }
}
