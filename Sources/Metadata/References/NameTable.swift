import Bytes

/// Distinct byte strings in their order, one behind the other in one arena: a name is its place among them.
struct NameTable: Sendable {
    private let arena: [UInt8]
    /// Where each name ends.
    private let ends: [UInt32]

    /// - Precondition: `names` ascend and are distinct.
    init(_ names: [ByteString]) {
        var arena: [UInt8] = []
        arena.reserveCapacity(names.reduce(0) { $0 + $1.count })
        var ends: [UInt32] = []
        ends.reserveCapacity(names.count)
        for name in names {
            arena.append(contentsOf: name.bytes)
            ends.append(UInt32(arena.count))
        }
        self.arena = arena
        self.ends = ends
    }

    /// - Precondition: `ends` ascend, and the names that they end ascend and are distinct.
    init(arena: [UInt8], ends: [UInt32]) {
        self.arena = arena
        self.ends = ends
    }

    var count: Int { ends.count }
    var byteCount: Int { arena.capacity + ends.capacity * 4 }

    subscript(index: Int) -> ByteString { withName(index) { ByteString(Array($0)) } }

    func withName<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let start = index == 0 ? 0 : Int(ends[index - 1])
        let end = Int(ends[index])
        return arena.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }

    /// Negative, zero or positive as the name of the index sorts before, with or after `name`.
    func compare(_ index: Int, _ name: ByteString) -> Int {
        name.withUnsafeBytes { name in withName(index) { compareBytes($0, name) } }
    }

    func find(_ name: ByteString) -> Int? {
        name.withUnsafeBytes { name in
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                let order = withName(middle) { compareBytes($0, name) }
                if order == 0 { return middle }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    /// The names of both, and where those of each are among them.
    func merged(with other: NameTable) -> (names: NameTable, own: [UInt32], others: [UInt32]) {
        var builder = Builder()
        builder.reserve(bytes: arena.count + other.arena.count, names: count + other.count)
        var own = [UInt32](repeating: 0, count: count)
        var others = [UInt32](repeating: 0, count: other.count)
        var left = 0
        var right = 0
        while left < count || right < other.count {
            let order: Int
            if left == count {
                order = 1
            } else if right == other.count {
                order = -1
            } else {
                order = withName(left) { a in other.withName(right) { compareBytes(a, $0) } }
            }
            let number = UInt32(builder.count)
            if order <= 0 {
                withName(left) { builder.append($0) }
                own[left] = number
                left += 1
            } else {
                other.withName(right) { builder.append($0) }
            }
            if order >= 0 {
                others[right] = number
                right += 1
            }
        }
        return (builder.finish(), own, others)
    }

    /// Those of the names that `isKept` says.
    func filtered(_ isKept: (Int) -> Bool) -> NameTable {
        var builder = Builder()
        for index in 0..<count where isKept(index) { withName(index) { builder.append($0) } }
        return builder.finish()
    }

    /// Takes names in their order.
    struct Builder {
        private var arena: [UInt8] = []
        private var ends: [UInt32] = []

        var count: Int { ends.count }

        mutating func reserve(bytes: Int, names: Int) {
            arena.reserveCapacity(bytes)
            ends.reserveCapacity(names)
        }

        mutating func append(_ name: UnsafeRawBufferPointer) {
            arena.append(contentsOf: name)
            ends.append(UInt32(arena.count))
        }

        func finish() -> NameTable { NameTable(arena: arena, ends: ends) }
    }
}
