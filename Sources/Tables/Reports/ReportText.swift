/// Byte counts as people read them.
package enum ByteCountText {
    /// `1023 B`, `1.0 KiB`, `512.3 MiB`, ….
    package static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while abs(value) >= 1024, units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        let unit = units.first ?? "B"
        return unit == "B" ? "\(bytes) B" : "\(FixedText.text(value, digits: 1)) \(unit)"
    }
}

/// A number of rows, for people.
package enum RowCountText {
    /// `1 row`, `20 rows`.
    static func text(_ rows: Int64) -> String { rows == 1 ? "1 row" : "\(rows) rows" }

    /// `20` counted, `~5` estimated, `20+~5` both.
    ///
    /// - Parameter isExact: whether nothing was estimated; an estimate of 0 is one too.
    package static func text(known: Int64, estimated: Int64, isExact: Bool? = nil) -> String {
        switch (known, estimated) {
        case (_, 0) where isExact ?? true: String(known)
        case (0, _): "~\(estimated)"
        default: "\(known)+~\(estimated)"
        }
    }
}

/// `1 file`, `2 files`.
package enum CountText {
    package static func text(_ count: Int, _ one: String, _ more: String) -> String {
        count == 1 ? "1 \(one)" : "\(count) \(more)"
    }
}

/// Numbers with so many digits behind the point.
enum FixedText {
    static func text(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale: Double = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let whole = scaled / Int64(scale)
        let rest = String(scaled % Int64(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return digits == 0
            ? "\(sign)\(whole)"
            : "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
    }
}

/// Spans of time as people read them.
package enum DurationText {
    /// `42s`, `3m07s`, `2h05m`, `4d03h`.
    package static func text(_ seconds: Int64) -> String {
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3_600: "\(seconds / 60)m\(two(seconds % 60))s"
        case ..<86_400: "\(seconds / 3_600)h\(two(seconds / 60 % 60))m"
        default: "\(seconds / 86_400)d\(two(seconds / 3_600 % 24))h"
        }
    }
}

/// How much of something is done, drawn.
package enum ProgressBar {
    /// `[######..............]` of a share from 0 to 1.
    package static func text(_ share: Double, width: Int = 20) -> String {
        let filled = share.isFinite ? Int((min(1, max(0, share)) * Double(width)).rounded(.down)) : 0
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
            + "]"
    }
}
