import Bytes
package import JSON
import Metadata
package import Planning

/// A purge as it is told: item by item what goes, why, and since when nothing refers to it; in short what stays.
package struct PurgeReport: Sendable {
    private let plan: PurgePlan
    private let outcome: Purger.Outcome?
    private let age: PurgeAge

    /// Of a dry run.
    package init(_ plan: PurgePlan, age: PurgeAge) {
        self.plan = plan
        self.age = age
        outcome = nil
    }

    package init(_ outcome: Purger.Outcome, age: PurgeAge) {
        plan = outcome.plan
        self.age = age
        self.outcome = outcome
    }

    package var text: [UInt8] {
        var writer = ByteWriter()
        let items = outcome?.deleted ?? plan.items
        let verb = outcome == nil ? "would be deleted" : "deleted"
        writer.append(
            text: "# version \(plan.version), what nothing has needed for \(age.text) "
                + "(since \(TimestampText.iso(milliseconds: plan.cutoff)))\n")
        writer.append(text: "# \(items.count) \(verb), \(ByteCountText.text(plan.bytes(of: items)))\n")
        for item in items { write(item, to: &writer) }
        for item in outcome?.passedOver ?? [] {
            writer.append(text: "passed over  \(item.kind.rawValue)  ")
            writer.append(item.name)
            writer.append(text: "  needed again, or gone already\n")
        }
        for obstacle in outcome?.obstacles ?? [] { writer.append(text: "# \(obstacle)\n") }
        if !plan.kept.isEmpty { writer.append(text: "# kept\n") }
        for kept in plan.kept { write(kept, to: &writer) }
        return writer.bytes
    }

    private func write(_ item: PurgePlan.Item, to writer: inout ByteWriter) {
        writer.append(text: "\(item.kind.rawValue)  ")
        writer.append(item.name)
        writer.append(
            text: "  \(ByteCountText.text(item.sizeBytes))  \(item.why)  since "
                + "\(TimestampText.iso(milliseconds: item.since))\n")
    }

    private func write(_ kept: PurgePlan.Kept, to writer: inout ByteWriter) {
        guard kept.count > 0 else { return writer.append(text: "\(kept.kind.rawValue)  all: \(kept.why)\n") }
        writer.append(
            text: "\(kept.kind.rawValue)  \(kept.count)  \(ByteCountText.text(kept.sizeBytes))  \(kept.why)")
        if let until = kept.until {
            writer.append(text: kept.count > 1 ? "; the first until " : " until ")
            writer.append(text: TimestampText.iso(milliseconds: until))
        }
        if kept.count == 1 {
            writer.append(text: ": ")
            writer.append(kept.example)
        }
        writer.append(text: "\n")
    }

    /// `{"version":…,"dryRun":…,"olderThan":"7d","cutoff":…,"items":[…],"kept":[…]}` and a newline.
    package var json: [UInt8] {
        JSONValue.object(summary(withItems: true)).compactBytes + [UInt8(ascii: "\n")]
    }

    /// Without the items: a line of `events`.
    package func summary(withItems: Bool) -> JSONObject {
        let items = outcome?.deleted ?? plan.items
        var object: JSONObject = [
            "version": .integer(plan.version.rawValue), "dryRun": .bool(outcome == nil),
            "olderThan": .string(age.text), "cutoff": .integer(plan.cutoff),
            "count": .integer(Int64(items.count)), "bytes": .integer(plan.bytes(of: items)),
        ]
        for kind in PurgePlan.Kind.allCases {
            let count = items.lazy.filter { $0.kind == kind }.count
            if count > 0, !withItems { object[ByteString(kind.rawValue)] = .integer(Int64(count)) }
        }
        if let outcome {
            object["passedOver"] = .integer(Int64(outcome.passedOver.count))
            object["obstacles"] = .array(outcome.obstacles.map { .string(ByteString($0)) })
        }
        guard withItems else { return object }
        object["items"] = .array(items.map { .object(Self.object($0)) })
        object["kept"] = .array(plan.kept.map { .object(Self.object($0)) })
        return object
    }

    private static func object(_ item: PurgePlan.Item) -> JSONObject {
        [
            "kind": .string(ByteString(item.kind.rawValue)), "name": .string(item.name),
            "bytes": .integer(item.sizeBytes), "why": .string(ByteString(item.why)),
            "since": .integer(item.since),
        ]
    }

    private static func object(_ kept: PurgePlan.Kept) -> JSONObject {
        var object: JSONObject = [
            "kind": .string(ByteString(kept.kind.rawValue)), "count": .integer(Int64(kept.count)),
            "bytes": .integer(kept.sizeBytes), "why": .string(ByteString(kept.why)),
            "example": .string(kept.example),
        ]
        if let until = kept.until { object["until"] = .integer(until) }
        return object
    }
}

extension PurgePlan {
    fileprivate func bytes(of items: [Item]) -> Int64 { items.reduce(0) { $0 + $1.sizeBytes } }
}
