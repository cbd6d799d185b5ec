import Platform
import Telemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
    @Test("metrics are written in Prometheus' text format")
    func render() {
        let registry = MetricsRegistry(labels: ["table": "fl\"i\\ghts"])
        let commits = registry.counter("firn_commits_total", help: "Commits\nof the table.")
        commits.increment()
        commits.increment(by: 2)
        registry.gauge("firn_live_files", help: "Live files.").set(12)
        registry.gauge("firn_debt_ratio", help: "Debt.") { 0.25 }
        let seconds = registry.histogram(
            "firn_commit_seconds", help: "Durations.", labels: ["kind": "ingest"], bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { seconds.observe(value) }
        let table = #"table="fl\"i\\ghts""#
        #expect(
            registry.render() == #"""
                # HELP firn_commit_seconds Durations.
                # TYPE firn_commit_seconds histogram
                firn_commit_seconds_bucket{kind="ingest",\#(table),le="0.1"} 2
                firn_commit_seconds_bucket{kind="ingest",\#(table),le="1"} 3
                firn_commit_seconds_bucket{kind="ingest",\#(table),le="+Inf"} 4
                firn_commit_seconds_sum{kind="ingest",\#(table)} 7.65
                firn_commit_seconds_count{kind="ingest",\#(table)} 4
                # HELP firn_commits_total Commits\nof the table.
                # TYPE firn_commits_total counter
                firn_commits_total{\#(table)} 3
                # HELP firn_debt_ratio Debt.
                # TYPE firn_debt_ratio gauge
                firn_debt_ratio{\#(table)} 0.25
                # HELP firn_live_files Live files.
                # TYPE firn_live_files gauge
                firn_live_files{\#(table)} 12

                """#)
    }

    @Test("the same name and labels are the same metric; several registries make one text")
    func identity() {
        let one = MetricsRegistry(labels: ["table": "a"])
        let two = MetricsRegistry(labels: ["table": "b"])
        one.counter("n_total", help: "N.").increment()
        #expect(one.counter("n_total", help: "N.").value == 1)
        two.counter("n_total", help: "N.").increment(by: 5)
        #expect(
            MetricsRegistry.render([two, one]) == """
                # HELP n_total N.
                # TYPE n_total counter
                n_total{table="a"} 1
                n_total{table="b"} 5

                """)
    }

    @Test("threads lose no counts")
    func atomic() {
        let counter = Counter()
        let gauge = Gauge()
        let histogram = Histogram(bounds: [1])
        let threads = (0..<4).map { _ in
            Thread.spawn(name: "counting") {
                for _ in 0..<1_000 {
                    counter.increment()
                    gauge.add(0.5)
                    histogram.observe(1)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(counter.value == 4_000 && gauge.value == 2_000 && histogram.values.counts == [4_000, 0])
    }
}
