import Bytes
import Compaction
import JSON
import Metadata

/// What happened to a compaction job, as one line of `events`.
enum JobEvent {
    static func line(_ event: CompactionEvent, nowMilliseconds: Int64) -> [UInt8] {
        var object = object(event)
        object["time"] = .string(ByteString(TimestampText.iso(milliseconds: nowMilliseconds)))
        return JSONValue.object(object).compactBytes
    }

    private static func object(_ event: CompactionEvent) -> JSONObject {
        switch event {
        case .requested(let job): named("job requested", job)
        case .assigned(let job): named("job assigned", job)
        case .progress(let view): progress(view)
        case .committed(let summary): committed(summary)
        case .failed(let job, let message): named("job failed", job, message)
        case .cancelled(let job): named("job cancelled", job)
        case .aged(let job): named("files aged off", job)
        case .released(let job, let message): named("job released", job, message)
        }
    }

    private static func named(_ event: ByteString, _ job: Job, _ message: String? = nil) -> JSONObject {
        var object: JSONObject = [
            "event": .string(event), "job": .string(ByteString(job.id.description)),
            "partition": .string(job.partition.name), "inputs": .integer(Int64(job.inputs.count)),
            "attempt": .integer(Int64(job.attempt)), "strategy": .string(job.strategy),
        ]
        if let message { object["message"] = .string(ByteString(message)) }
        return object
    }

    private static func progress(_ view: JobView) -> JSONObject {
        var object = named("job progress", view.job)
        object["bytesDone"] = .integer(view.bytesDone)
        object["bytesTotal"] = .integer(view.bytesTotal)
        return object
    }

    private static func committed(_ summary: CompactionSummary) -> JSONObject {
        var object = named("job committed", summary.job)
        object["version"] = .integer(summary.version.rawValue)
        object["inputBytes"] = .integer(summary.inputBytes)
        object["outputFiles"] = .integer(Int64(summary.outputFiles))
        object["outputBytes"] = .integer(summary.outputBytes)
        object["rowsIn"] = .integer(summary.rowsIn)
        object["rowsOut"] = .integer(summary.rowsOut)
        object["milliseconds"] = .integer(summary.durationMilliseconds)
        return object
    }
}
