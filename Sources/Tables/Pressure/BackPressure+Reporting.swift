import Bytes
import Compaction
import JSON
import Metadata
import Planning
import Synchronization

/// What is told of a table's writers being slowed.
extension BackPressure {
    /// A change of the rate that is worth a line of `events`.
    private static let markedFactor = 4.0

    /// Events of a stall that begins, changes much, or is over.
    func news(_ state: inout State, _ now: UInt64) -> [JSONObject] {
        guard let stall = state.stall else { return [] }
        guard let rate = state.pressure.rate else {
            state.stall = nil
            // Of what was over before it could be told nothing is told.
            return stall.toldRate == nil ? [] : [Self.end(stall, state.totals, now)]
        }
        guard let told = stall.toldRate else {
            state.stall?.toldRate = rate
            return [event("stall begins", rate, state)]
        }
        let factor = max(rate / told, told / rate)
        let hasArrived = rate == limits.floorRate && told != rate
        guard factor >= Self.markedFactor || hasArrived else { return [] }
        state.stall?.toldRate = rate
        return [event("stall changes", rate, state)]
    }

    private func event(_ name: ByteString, _ rate: Double, _ state: State) -> JSONObject {
        var object: JSONObject = [
            "event": .string(name), "bytesPerSecond": .integer(Int64(rate)),
            "reason": .string(ByteString(reason(state))),
        ]
        if let finding = state.finding {
            object["partition"] = .string(finding.path)
            object["runs"] = .integer(Int64(finding.runs))
        }
        return object
    }

    private static func end(_ stall: Stall, _ totals: Totals, _ now: UInt64) -> JSONObject {
        let before = stall.totalsBefore
        return [
            "event": "stall ends", "delayedWrites": .integer(Int64(totals.writes - before.writes)),
            "delayedBytes": .integer(Int64(totals.bytes - before.bytes)),
            "delayMilliseconds": .integer(
                Int64((totals.delayNanoseconds - before.delayNanoseconds) / 1_000_000)),
            "milliseconds": .integer(Int64((now - stall.since) / 1_000_000)),
        ]
    }

    private func reason(_ state: State) -> String {
        guard let finding = state.finding else {
            return "no partition that can be compacted has \(limits.slowRuns) runs any more; the rate rises"
        }
        let what =
            switch finding.prospect {
            case .running(let job): "job \(job) works on it"
            case .waiting(let job): "job \(job) waits for its turn"
            case .planned: "its next job waits for a slot"
            case .none(let reason): reason
            }
        let name = finding.path.isEmpty ? "the table" : "partition \(finding.path.display)"
        return
            "\(name) has \(finding.runs) runs (slowed from \(limits.slowRuns), most from \(limits.hardRuns)); "
            + what
    }

    /// What `status` and `metrics` show.
    struct Picture: Sendable {
        /// Bytes a second; nil where there is no limit.
        var rate: Double?
        /// Why there is a limit.
        var reason: String?
        var waitingWrites: Int
        var totals: Totals
    }

    var picture: Picture {
        state.withLock { state in
            let rate = state.isEnded ? nil : state.pressure.rate
            return Picture(
                rate: rate, reason: rate.map { _ in reason(state) }, waitingWrites: state.held.count,
                totals: state.totals)
        }
    }
}
