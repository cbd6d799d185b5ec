import Bytes
import Metadata
import Telemetry

/// Bytes that commits wrote since this process opened the table, whoever committed them.
final class WriteMetrics: Sendable {
    let registry: MetricsRegistry
    private let ingested: Counter
    private let compacted: Counter

    init(table: String) {
        registry = MetricsRegistry(labels: ["table": table])
        let ingested = registry.counter(
            "firn_table_ingested_bytes_total", help: "Bytes of data files that brought rows.")
        let compacted = registry.counter(
            "firn_table_compacted_bytes_total", help: "Bytes of data files that compactions wrote.")
        registry.gauge(
            "firn_table_write_amplification",
            help:
                "Both together over the first, since this process opened the table; NaN before there are any."
        ) { Double(ingested.value + compacted.value) / Double(ingested.value) }
        self.ingested = ingested
        self.compacted = compacted
    }

    func observe(_ transactions: [CommittedTransaction]) {
        for transaction in transactions {
            let bytes = WrittenBytes(transaction)
            if bytes.ingested > 0 { ingested.increment(by: UInt64(bytes.ingested)) }
            if bytes.compacted > 0 { compacted.increment(by: UInt64(bytes.compacted)) }
        }
    }
}
