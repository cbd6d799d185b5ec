package import Bytes
import JSON
import Metadata
package import Planning

/// The files that nothing references any more: since when, what holds each, whom that depends on, and until when.
///
/// `gc/plan` of a mount and `firn gc --dry-run` show the same.
package struct GarbageReport: Sendable {
    private let survey: GarbageCollector.Survey
    private let table: ByteString
    private let sessions: [SessionID: Heartbeat]
    /// Files that are listed; the sums are of all.
    private let listed: ArraySlice<GarbagePlan.Decision>
    private let free: (count: Int, bytes: Int64)
    private let held: (count: Int, bytes: Int64)

    /// - Parameter limit: how many files are listed; those that are left out are counted.
    package init(_ survey: GarbageCollector.Survey, table: ByteString, limit: Int? = nil) {
        self.survey = survey
        self.table = table
        sessions = Dictionary(survey.heartbeats.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        listed = survey.plan.decisions.prefix(limit ?? .max)
        var free = (count: 0, bytes: Int64(0))
        var held = free
        for decision in survey.plan.decisions {
            if decision.reasons.isEmpty {
                free = (free.count + 1, free.bytes + decision.entry.sizeBytes)
            } else {
                held = (held.count + 1, held.bytes + decision.entry.sizeBytes)
            }
        }
        self.free = free
        self.held = held
    }

    package var fileCount: Int { survey.plan.decisions.count }
    package var sizeBytes: Int64 { free.bytes + held.bytes }
    /// What the next round deletes.
    package var freeCount: Int { free.count }
    package var freeBytes: Int64 { free.bytes }
    /// True where files were left out.
    package var isPartial: Bool { listed.count < fileCount }
    package var files: [GarbagePlan.Decision] { Array(listed) }

    // MARK: Text

    /// A line a file with tabs between the columns, below what the columns are.
    package var text: [UInt8] {
        var writer = ByteWriter()
        let sum =
            "\(CountText.text(fileCount, "file", "files")) without references (\(ByteCountText.text(sizeBytes)))"
        let rest = "\(free.count) may go now (\(ByteCountText.text(free.bytes)))"
        writer.append(text: "# \(table.display) at version \(survey.state.version): \(sum), \(rest)\n")
        writer.append(
            text:
                "# What nothing holds goes with the next round: every minute in a mount, or at once by firn gc "
                + "or echo gc > ctl.\n")
        writer.append(text: "# path\tbytes\tlive in versions\tremoved\twhat becomes of it\n")
        for decision in listed { write(decision, to: &writer) }
        if isPartial {
            writer.append(text: "# and \(CountText.text(fileCount - listed.count, "file", "files")) more\n")
        }
        return writer.bytes
    }

    private func write(_ decision: GarbagePlan.Decision, to writer: inout ByteWriter) {
        let entry = decision.entry
        let last = Version(entry.removedAtVersion.rawValue - 1)
        let versions = entry.addedAtVersion < last ? "\(entry.addedAtVersion) to \(last)" : "\(last)"
        writer.append(entry.path)
        writer.append(text: "\t\(entry.sizeBytes)\t\(versions)")
        writer.append(text: "\t\(TimestampText.iso(milliseconds: entry.removedAtTimestamp))")
        if let job = entry.job { writer.append(text: " by job \(job)") }
        writer.append(text: "\t\(verdict(decision))\n")
    }

    private func verdict(_ decision: GarbagePlan.Decision) -> String {
        guard !decision.reasons.isEmpty else {
            return decision.entry.condemnedAtVersion.map {
                "goes: its deletion was announced in version \($0)"
            }
                ?? "goes: nothing holds it"
        }
        return "waits: " + decision.reasons.map(sentence).joined(separator: "; ")
    }

    /// What holds, with who the session is and the time at which it ends.
    private func sentence(_ reason: GarbagePlan.Reason) -> String {
        let text =
            switch reason {
            case .pinned(let session): "open in \(name(of: session))"
            case .version(.pin(let session, let version, _)):
                "version \(version) is read by \(name(of: session))"
            case .version, .delay, .live, .disabled: reason.description
            }
        return text + (reason.until.map { ", until \(TimestampText.iso(milliseconds: $0))" } ?? "")
    }

    private func name(of session: SessionID) -> String {
        guard let heartbeat = sessions[session] else { return "session \(session)" }
        return
            "session \(session) (\(heartbeat.command.display), pid \(heartbeat.processID) on \(heartbeat.host.display))"
    }

    // MARK: For programs

    /// One object and a newline:
    ///
    /// ```json
    /// {"table":"flights","version":12,"count":2,"bytes":1624,"freeCount":1,"freeBytes":812,"files":[
    ///  {"path":"data/…","bytes":812,"addedAtVersion":3,"removedAtVersion":7,"removedAt":1760000000000,"job":"…",
    ///   "condemnedAtVersion":11,"verdict":"goes","reasons":[]},
    ///  {…,"verdict":"waits","reasons":[{"rule":"open","session":"…","command":"mount /mnt","pid":4711,"host":"db1"},
    ///   {"rule":"version","version":5,"why":"tag keep keeps version 5","until":null}]}]}
    /// ```
    package var json: [UInt8] {
        let object: JSONObject = [
            "table": .string(table), "version": .integer(survey.state.version.rawValue),
            "count": .integer(Int64(fileCount)), "bytes": .integer(sizeBytes),
            "freeCount": .integer(Int64(free.count)), "freeBytes": .integer(free.bytes),
            "files": .array(listed.map { .object(described($0)) }),
        ]
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }

    private func described(_ decision: GarbagePlan.Decision) -> JSONObject {
        let entry = decision.entry
        return [
            "path": .string(entry.path), "bytes": .integer(entry.sizeBytes),
            "addedAtVersion": .integer(entry.addedAtVersion.rawValue),
            "removedAtVersion": .integer(entry.removedAtVersion.rawValue),
            "removedAt": .integer(entry.removedAtTimestamp),
            "job": entry.job.map { .string(ByteString($0.description)) } ?? .null,
            "condemnedAtVersion": entry.condemnedAtVersion.map { .integer($0.rawValue) } ?? .null,
            "verdict": decision.reasons.isEmpty ? "goes" : "waits",
            "reasons": .array(decision.reasons.map { .object(described($0)) }),
        ]
    }

    private func described(_ reason: GarbagePlan.Reason) -> JSONObject {
        var object: JSONObject = ["rule": .string(ByteString(reason.rule))]
        if let session = reason.session {
            object["session"] = .string(ByteString(session.description))
            if let heartbeat = sessions[session] {
                object["command"] = .string(heartbeat.command)
                object["pid"] = .integer(Int64(heartbeat.processID))
                object["host"] = .string(heartbeat.host)
            }
        }
        if case .version(let hold) = reason {
            object["version"] = .integer(hold.version.rawValue)
            object["why"] = .string(ByteString(hold.description))
        }
        object["until"] = reason.until.map { .integer($0) } ?? .null
        return object
    }
}

extension GarbagePlan.Reason {
    fileprivate var rule: String {
        switch self {
        case .live: "live"
        case .disabled: "disabled"
        case .pinned: "open"
        case .version(.pin): "read"
        case .version: "version"
        case .delay: "delay"
        }
    }

    /// Whom it depends on.
    fileprivate var session: SessionID? {
        switch self {
        case .pinned(let session), .version(.pin(let session, _, _)): session
        case .live, .disabled, .version, .delay: nil
        }
    }
}

extension Table {
    /// The files without references as of now. Reads the sessions and lists the log.
    package func garbageReport(limit: Int? = nil) throws(StoreError) -> GarbageReport {
        GarbageReport(
            try GarbageCollector(table: self).survey(isForPeople: true), table: name, limit: limit)
    }
}
