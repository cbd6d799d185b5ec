package import Metadata

/// The versions that must stay whole, each with what keeps it.
///
/// Which of them lies in an interval, and which of those is kept longest, is answered without going through
/// them: every garbage file asks that.
package struct KeptVersions: Sendable {
    /// Ascending, one a version: of several holds the one that lasts longest.
    private var holds: [Hold]
    /// `longest[k][i]` is the place of the hold that lasts longest among `2^k` holds from `i` on.
    private var longest: [[Int32]] = []

    package init(_ holds: [Hold]) {
        self.holds = []
        // Stable by place, so that the hold named first wins among equals.
        let sorted = holds.enumerated().sorted {
            ($0.element.version, $0.offset) < ($1.element.version, $1.offset)
        }
        for (_, hold) in sorted {
            if let last = self.holds.last, last.version == hold.version {
                if hold.lasts(beyond: last) { self.holds[self.holds.count - 1] = hold }
            } else {
                self.holds.append(hold)
            }
        }
        var level = self.holds.indices.map { Int32($0) }
        var width = 1
        while !level.isEmpty {
            longest.append(level)
            guard level.count > width else { break }
            level = (0..<(level.count - width)).map { later(level[$0], level[$0 + width]) }
            width *= 2
        }
    }

    package var count: Int { holds.count }

    /// These, and others.
    package func adding(_ more: [Hold]) -> KeptVersions { more.isEmpty ? self : KeptVersions(holds + more) }

    /// Ascending.
    package var versions: [Version] { holds.map(\.version) }

    package func contains(_ version: Version) -> Bool { hold(from: version, below: version.next) != nil }

    /// What keeps a version at or above `first` and below `end`: of several the one that lasts longest, of equals
    /// that of the newest version.
    package func hold(from first: Version, below end: Version) -> Hold? {
        let low = place(of: first)
        let high = place(of: end)
        guard low < high else { return nil }
        let level = Int.bitWidth - 1 - (high - low).leadingZeroBitCount
        return holds[Int(later(longest[level][low], longest[level][high - (1 << level)]))]
    }

    /// The place of the first hold whose version is not below this one.
    private func place(of version: Version) -> Int {
        var low = 0
        var high = holds.count
        while low < high {
            let middle = (low + high) / 2
            if holds[middle].version < version { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func later(_ first: Int32, _ second: Int32) -> Int32 {
        holds[Int(first)].lasts(beyond: holds[Int(second)]) ? first : second
    }
}

extension Hold {
    /// True where this one is known to end later than the other.
    func lasts(beyond other: Hold) -> Bool {
        guard let end = other.until else { return false }
        return until.map { $0 > end } ?? true
    }
}
