import Bytes
import JSON
import Metadata
import Planning

// As JSON: the sums, then `list`, an object a file, and `withoutReferences`, an object a file that waits.
extension FileListing {
    func write(to writer: inout JSONWriter, flush: (inout JSONWriter) -> Void) {
        writer.beginObject()
        writer.field("version", report.state.version.rawValue)
        writer.field("files", report.fileCount)
        writer.field("bytes", report.bytes)
        writer.field("references", report.referenceCount)
        writer.field("halfLiveFiles", report.halfLiveFiles)
        writer.field("filesOfUnknownRows", report.filesOfUnknownRows)
        writer.field("lostReferences", report.lostReferences)
        for (name, rows) in [
            ("rows", report.rows), ("rowsInLeaves", report.rowsInLeaves),
            ("rowsInInnerNodes", report.rowsInInnerNodes),
        ] {
            writer.field(name + "Known", rows.known)
            writer.field(name + "Estimated", rows.estimated)
        }
        writer.field("percentInLeaves", report.percentInLeaves)
        for (name, spread) in zip(["File", "Leaf", "InnerNode"], spreads.map(\.spread)) {
            writer.key("referencesPer" + name)
            Self.write(spread, to: &writer)
        }
        writer.key("list")
        writer.beginArray()
        forEachFile { file, references in
            write(file, references, to: &writer)
            if writer.bytes.count >= Self.pieceBytes { flush(&writer) }
        }
        writer.endArray()
        writer.key("withoutReferences")
        writer.beginArray()
        for garbage in report.garbage { Self.write(garbage, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ spread: Distribution, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("count", spread.count)
        writer.field("min", spread.min)
        writer.field("mean", spread.mean)
        writer.field("median", spread.median)
        writer.field("p90", spread.p90)
        writer.field("p99", spread.p99)
        writer.field("max", spread.max)
        writer.field("total", spread.total)
        writer.endObject()
    }

    private func write(_ file: FileView, _ references: [FileReference], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("path", file.path)
        writer.field("bytes", file.sizeBytes)
        writer.field("rows", file.rowCount)
        writer.field("version", file.addedAtVersion.rawValue)
        writer.field("isWhole", report.state.isWhole(file))
        writer.key("references")
        writer.beginArray()
        for reference in references {
            writer.beginObject()
            writer.field("partition", paths.path(of: reference.partition))
            writer.field("rows", reference.rowCount)
            writer.field("rowsEstimated", reference.isEstimated)
            let job = report.state.job(holding: file.id, in: reference.partition)
            writer.field("job", job?.id.description)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ garbage: FileReport.Garbage, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("path", garbage.entry.path)
        writer.field("bytes", garbage.entry.sizeBytes)
        writer.field("removedAtVersion", garbage.entry.removedAtVersion.rawValue)
        writer.field("removed", TimestampText.iso(milliseconds: garbage.entry.removedAtTimestamp))
        writer.field("reason", garbage.reason)
        writer.endObject()
    }
}
