import Bytes
package import Metadata
import TransactionLog

/// What writing a state by hand came to, as `firn checkpoint` prints it.
extension Table {
    /// Writes the whole state of the current version, in the table's own format unless told otherwise.
    package func checkpointReport(
        _ format: TableProperties.StateFormat? = nil
    ) throws(StoreError) -> StatusReport {
        let outcome = try checkpoint(format)
        var report = StatusReport()
        report.add("tablePath", (context.root + "/" + name).display)
        report.add("status", outcome.status.rawValue)
        report.add("previousFormat", outcome.previousFormat.rawValue)
        report.add("newFormat", outcome.newFormat.rawValue)
        report.add("version", outcome.version.rawValue)
        report.add("numFiles", outcome.fileCount)
        return report
    }
}
