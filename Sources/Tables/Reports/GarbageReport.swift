import Bytes
import Metadata
import Planning

/// The text of `gc/plan`: each file that nothing references, and why it still waits.
package struct GarbageReport: Sendable {
    private let survey: GarbageCollector.Survey

    package init(_ survey: GarbageCollector.Survey) {
        self.survey = survey
    }

    package var text: [UInt8] {
        var writer = ByteWriter()
        let decisions = survey.plan.decisions
        let bytes = decisions.reduce(Int64(0)) { $0 + $1.entry.sizeBytes }
        writer.append(
            text:
                "# version \(survey.state.version): \(decisions.count) files, \(ByteCountText.text(bytes)) wait\n"
        )
        writer.append(text: "# path  bytes  live-in  removed  verdict\n")
        for decision in decisions { write(decision, to: &writer) }
        return writer.bytes
    }

    private func write(_ decision: GarbagePlan.Decision, to writer: inout ByteWriter) {
        let entry = decision.entry
        writer.append(entry.path)
        writer.append(text: "  \(entry.sizeBytes)")
        writer.append(text: "  \(entry.addedAtVersion)..<\(entry.removedAtVersion)")
        writer.append(text: "  \(TimestampText.iso(milliseconds: entry.removedAtTimestamp))  ")
        switch decision.verdict {
        case .deletable: writer.append(text: "will be deleted in the next round")
        case .condemnable: writer.append(text: "nothing holds it; the next round announces and deletes it")
        case .held(let reason):
            writer.append(text: "waits: \(reason)")
            if let until = reason.until {
                writer.append(text: ", until \(TimestampText.iso(milliseconds: until))")
            }
        }
        if let job = entry.job { writer.append(text: " (replaced by job \(job))") }
        writer.append(text: "\n")
    }
}

extension Table {
    /// The text of `gc/plan` as of now. Reads the sessions and lists the log.
    package func garbageReport() throws(StoreError) -> GarbageReport {
        GarbageReport(try GarbageCollector(table: self).survey())
    }
}
