import Bytes

/// Names that someone may have meant.
enum NearNames {
    /// `did you mean "region"?`, or what there is.
    static func hint(_ name: ByteString, _ known: [ByteString]) -> String {
        let near = near(name, known)
        if !near.isEmpty {
            return "did you mean \(near.map { "\"\($0.display)\"" }.joined(separator: " or "))?"
        }
        let shown = known.prefix(12).map { "\"\($0.display)\"" }.joined(separator: ", ")
        return "there are \(shown)\(known.count > 12 ? " and \(known.count - 12) more" : "")"
    }

    /// At most three, the nearest first: equal but for the case of letters, or few letters away.
    private static func near(_ name: ByteString, _ known: [ByteString]) -> [ByteString] {
        let limit = max(1, name.count / 3)
        let folded = lowered(name)
        return known.map { (name: $0, distance: distance(folded, lowered($0))) }
            .filter { $0.distance <= limit }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
    }

    private static func lowered(_ name: ByteString) -> [UInt8] {
        name.bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Letters to insert, delete, replace or swap with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows: [[Int]] = [Array(0...right.count)]
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(rows[i][j] + (left[i] == right[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
