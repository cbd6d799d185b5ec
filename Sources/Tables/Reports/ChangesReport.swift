import Bytes
import JSON
package import Metadata
package import TransactionLog

/// What versions changed, as JSON lines: the file `changes.jsonl` of a version, and `firn changes --json`.
///
/// ```json
/// {"change":"add","path":"data/….parquet","rows":100,"bytes":5120,"version":7,"timestamp":…,"dataChange":true}
/// {"change":"remove","path":"data/….parquet","bytes":5120,"job":"…","version":7,"timestamp":…,"dataChange":false}
/// ```
///
/// A line of what happened somewhere between two versions, as only their states are left, names the older one
/// too: `"after":3,"version":7`. All such lines of a range belong together.
package enum ChangesReport {
    /// - Parameter dataOnly: leaves out what a job only moved.
    package static func lines(_ change: VersionChange, dataOnly: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        for file in change.files where !dataOnly || change.changesData(file) {
            bytes += JSONValue.object(line(file, change)).compactBytes
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// The one line of a version whose changes can no longer be told.
    package static func unknown(_ version: Version, timestamp: Int64, because reason: String) -> [UInt8] {
        let object: JSONObject = [
            "change": "unknown", "version": .integer(version.rawValue), "timestamp": .integer(timestamp),
            "reason": .string(ByteString(reason)),
        ]
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }

    private static func line(_ file: FileChange, _ change: VersionChange) -> JSONObject {
        var object: JSONObject
        switch file {
        case .added(let entry):
            object = ["change": "add", "path": .string(entry.path)]
            if let rows = entry.rowCount { object["rows"] = .integer(rows) }
            object["bytes"] = .integer(entry.sizeBytes)
            if let source = entry.source { object["source"] = .string(source) }
            if let job = entry.job { object["job"] = .string(ByteString(job.description)) }
            // Another program may not have recorded when a file was added.
            if change.isDifference, entry.addedAtVersion.rawValue > 0 {
                object["addedAtVersion"] = .integer(entry.addedAtVersion.rawValue)
                object["addedAtTimestamp"] = .integer(entry.addedAtTimestamp)
            }
        case .removed(let removal):
            object = ["change": "remove", "path": .string(removal.path)]
            if let bytes = removal.sizeBytes { object["bytes"] = .integer(bytes) }
            if let job = removal.job { object["job"] = .string(ByteString(job.description)) }
        }
        if change.isDifference { object["after"] = .integer(change.after.rawValue) }
        object["version"] = .integer(change.version.rawValue)
        object["timestamp"] = .integer(change.timestamp)
        object["dataChange"] = .bool(change.changesData(file))
        return object
    }
}

/// A commit as one line of `events`.
package enum CommitEvent {
    package static func line(_ transaction: CommittedTransaction) -> [UInt8] {
        var object: JSONObject = [
            "event": "commit",
            "time": .string(ByteString(TimestampText.iso(milliseconds: transaction.timestamp))),
            "version": .integer(transaction.version.rawValue),
            "timestamp": .integer(transaction.timestamp),
            "operation": .string(transaction.operation),
            "id": .string(ByteString(transaction.id.description)),
        ]
        if let session = transaction.session { object["session"] = .string(ByteString(session.description)) }
        var added = Tally()
        var removed = Tally()
        for action in transaction.actions {
            switch action {
            case .add(let file): added.count(bytes: file.sizeBytes, rows: file.rowCount ?? 0)
            case .remove(let file): removed.count(bytes: file.sizeBytes ?? 0, rows: 0)
            case .operation(.receipt(let receipt)): object["source"] = .string(receipt.name)
            default: break
            }
        }
        object["filesAdded"] = .integer(added.files)
        object["filesRemoved"] = .integer(removed.files)
        object["bytesAdded"] = .integer(added.bytes)
        object["bytesRemoved"] = .integer(removed.bytes)
        object["rowsAdded"] = .integer(added.rows)
        for note in transaction.notes where object[note.name] == nil {
            object[note.name] = .string(note.value)
        }
        return JSONValue.object(object).compactBytes
    }

    private struct Tally {
        var files: Int64 = 0
        var bytes: Int64 = 0
        var rows: Int64 = 0

        mutating func count(bytes: Int64, rows: Int64) {
            files += 1
            self.bytes += bytes
            self.rows += rows
        }
    }
}
