import Synchronization

/// The metrics of one part of the program, by name and labels.
///
/// Asking for a metric again gives the same one. Labels of the registry (such as the table) are on each of its
/// metrics. Names follow Prometheus: `firn_commits_total`, `firn_commit_seconds`, `firn_live_files`.
package final class MetricsRegistry: Sendable {
    package typealias Labels = [String: String]

    enum Kind: String, Sendable { case counter, gauge, histogram }

    enum Metric: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case computed(@Sendable () -> Double)
    }

    /// All metrics of a name: they share kind and help.
    struct Family: Sendable {
        var kind: Kind
        var help: String
        var metrics: [Labels: Metric] = [:]
    }

    private let labels: Labels
    private let families = Mutex<[String: Family]>([:])

    package init(labels: Labels = [:]) { self.labels = labels }

    package func counter(_ name: String, help: String, labels: Labels = [:]) -> Counter {
        let metric = find(name, .counter, help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = metric else { return Counter() }
        return counter
    }

    package func gauge(_ name: String, help: String, labels: Labels = [:]) -> Gauge {
        let metric = find(name, .gauge, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = metric else { return Gauge() }
        return gauge
    }

    package func histogram(
        _ name: String, help: String, labels: Labels = [:], bounds: [Double] = Histogram.secondsBounds
    ) -> Histogram {
        let metric = find(name, .histogram, help, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = metric else { return Histogram(bounds: bounds) }
        return histogram
    }

    /// A gauge whose value is asked for whenever the metrics are read.
    package func gauge(
        _ name: String, help: String, labels: Labels = [:], read: @escaping @Sendable () -> Double
    ) {
        _ = find(name, .gauge, help, labels) { .computed(read) }
    }

    /// A counter whose value is asked for whenever the metrics are read.
    package func counter(
        _ name: String, help: String, labels: Labels = [:], read: @escaping @Sendable () -> Double
    ) {
        _ = find(name, .counter, help, labels) { .computed(read) }
    }

    private func find(
        _ name: String, _ kind: Kind, _ help: String, _ labels: Labels, make: () -> Metric
    ) -> Metric {
        let all = self.labels.merging(labels) { _, own in own }
        precondition(
            MetricsText.isName(name) && all.keys.allSatisfy(MetricsText.isLabelName), "\(name) \(all)")
        return families.withLock { families in
            let family = families[name] ?? Family(kind: kind, help: help)
            precondition(family.kind == kind, "\(name) is a \(family.kind.rawValue) already")
            if let metric = family.metrics[all] { return metric }
            let metric = make()
            families[name, default: family].metrics[all] = metric
            return metric
        }
    }

    var picture: [String: Family] { families.withLock { $0 } }

    /// All metrics in Prometheus' text format (version 0.0.4), sorted by name and labels.
    package func render() -> String { MetricsRegistry.render([self]) }

    /// The metrics of several registries as one text: each name stands once.
    package static func render(_ registries: [MetricsRegistry]) -> String {
        var families: [String: Family] = [:]
        for registry in registries {
            for (name, family) in registry.picture {
                families[name, default: Family(kind: family.kind, help: family.help)].metrics
                    .merge(family.metrics) { first, _ in first }
            }
        }
        return families.sorted { $0.key < $1.key }.map { MetricsText.family($0.key, $0.value) }.joined()
    }
}
