/// Prometheus' text format.
enum MetricsText {
    /// `# HELP`, `# TYPE`, then one line a metric, or for a histogram one a bucket with its sum and count.
    static func family(_ name: String, _ family: MetricsRegistry.Family) -> String {
        var text =
            "# HELP \(name) \(escape(family.help, quotes: false))\n# TYPE \(name) \(family.kind.rawValue)\n"
        let metrics = family.metrics.map { (labels: labelText($0.key), all: $0.key, metric: $0.value) }
        for (labels, all, metric) in metrics.sorted(by: { $0.labels < $1.labels }) {
            switch metric {
            case .counter(let counter): text += "\(name)\(braces(labels)) \(counter.value)\n"
            case .gauge(let gauge): text += "\(name)\(braces(labels)) \(number(gauge.value))\n"
            case .computed(let read): text += "\(name)\(braces(labels)) \(number(read()))\n"
            case .histogram(let histogram): text += buckets(name, histogram, all, labels)
            }
        }
        return text
    }

    private static func buckets(
        _ name: String, _ histogram: Histogram, _ all: MetricsRegistry.Labels, _ labels: String
    ) -> String {
        let values = histogram.values
        var text = ""
        var cumulative: UInt64 = 0
        for (index, count) in values.counts.enumerated() {
            cumulative += count
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            let own = labels.isEmpty ? "le=\"\(bound)\"" : "\(labels),le=\"\(bound)\""
            text += "\(name)_bucket{\(own)} \(cumulative)\n"
        }
        text += "\(name)_sum\(braces(labels)) \(number(values.sum))\n"
        return text + "\(name)_count\(braces(labels)) \(cumulative)\n"
    }

    private static func labelText(_ labels: MetricsRegistry.Labels) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escape($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    private static func braces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a fraction, as people write them.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return String(whole) }
        return "\(value)"
    }

    static func isName(_ name: String) -> Bool { isName(name, colon: true) }
    static func isLabelName(_ name: String) -> Bool { isName(name, colon: false) && name != "le" }

    private static func isName(_ name: String, colon: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            case 0x3A: colon
            default: false
            }
        }
    }
}
