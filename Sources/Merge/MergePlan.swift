import Bytes

/// In which steps a merge goes through its inputs: stretches of rows that overlap are merged, and a section
/// that overlaps nothing of another input is passed through as it is.
///
/// A pure function of the key bounds, apart from all reading.
struct MergePlan {
    /// A piece of an input that can be passed through whole, or not at all: a row group.
    struct Section: Equatable {
        var input: Int
        var rowGroup: Int
        var rows: Range<Int>
        /// The first key, and a key that none of its keys is above.
        var min: ByteString
        var max: ByteString
        /// Whether the input's form allows passing it through.
        var isPassable: Bool
    }

    enum Step: Equatable {
        case pass(Section)
        /// Sections that overlap each other, in the order of their first keys.
        case merge([Section])
    }

    /// The steps in key order.
    ///
    /// A section may be passed if no section of another input has a key in [min, max], bounds included:
    /// equal keys of different inputs always meet in one merge, which orders them by sequence.
    static func steps(_ sections: [Section]) -> [Step] {
        let ordered = sections.sorted { ($0.min, $0.input, $0.rowGroup) < ($1.min, $1.input, $1.rowGroup) }
        var steps: [Step] = []
        var together: [Section] = []
        func close() {
            if !together.isEmpty { steps.append(.merge(together)) }
            together = []
        }
        for (section, isAlone) in zip(ordered, aloneness(of: ordered)) {
            if section.isPassable, isAlone {
                close()
                steps.append(.pass(section))
            } else {
                together.append(section)
            }
        }
        close()
        return steps
    }

    /// For sections ordered by their first keys, whether each is free of keys of other inputs.
    private static func aloneness(of ordered: [Section]) -> [Bool] {
        var alone = Array(repeating: true, count: ordered.count)
        // From the left: the highest end so far, and the highest one of any other input than that one's.
        var top: (max: ByteString, input: Int)?
        var second: ByteString?
        for (index, section) in ordered.enumerated() {
            let rival = top.flatMap { $0.input == section.input ? second : $0.max }
            if let rival, rival >= section.min { alone[index] = false }
            if let highest = top, highest.input != section.input {
                if section.max > highest.max {
                    second = highest.max
                    top = (section.max, section.input)
                } else if second.map({ section.max > $0 }) ?? true {
                    second = section.max
                }
            } else if top.map({ section.max > $0.max }) ?? true {
                top = (section.max, section.input)
            }
        }
        // From the right: the lowest beginning behind, by the same two steps.
        var lowest: (min: ByteString, input: Int)?
        var next: ByteString?
        for index in ordered.indices.reversed() {
            let section = ordered[index]
            let rival = lowest.flatMap { $0.input == section.input ? next : $0.min }
            if let rival, rival <= section.max { alone[index] = false }
            if let current = lowest, current.input != section.input { next = current.min }
            lowest = (section.min, section.input)
        }
        return alone
    }

    /// Inputs of one merge as few lanes of sections which do not overlap, so that the tree stays small and
    /// few files are open at once.
    ///
    /// - Precondition: the sections are in the order of their first keys.
    static func lanes(_ sections: [Section]) -> [[Section]] {
        var lanes: [[Section]] = []
        for section in sections {
            // Its own file first: a key may straddle two row groups, and their order must hold. A lane may
            // also go on with another file strictly behind its end.
            let place =
                lanes.firstIndex { $0.last?.input == section.input }
                ?? lanes.firstIndex { lane in lane.last.map { $0.max < section.min } ?? true }
            if let place { lanes[place].append(section) } else { lanes.append([section]) }
        }
        return lanes
    }
}
