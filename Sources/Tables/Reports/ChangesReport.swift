import Bytes
import JSON
package import Metadata

/// What a version changed, as JSON lines: the file `changes.jsonl` of a version.
///
/// ```json
/// {"change":"add","path":"data/….parquet","rows":100,"bytes":5120,"version":7,"timestamp":…,"dataChange":true}
/// {"change":"remove","path":"data/….parquet","version":7,"timestamp":…,"dataChange":false,"job":"…"}
/// ```
package enum ChangesReport {
    package static func lines(_ transactions: [CommittedTransaction]) -> [UInt8] {
        var bytes: [UInt8] = []
        for transaction in transactions {
            for action in transaction.actions {
                guard let object = line(action, transaction) else { continue }
                bytes += JSONValue.object(object).compactBytes
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        return bytes
    }

    private static func line(_ action: Action, _ transaction: CommittedTransaction) -> JSONObject? {
        switch action {
        case .add(let file): addition(file, transaction)
        case .remove(let removal): self.removal(removal, transaction)
        default: nil
        }
    }

    private static func addition(_ file: FileEntry, _ transaction: CommittedTransaction) -> JSONObject {
        var object: JSONObject = ["change": "add", "path": .string(file.path)]
        if let rows = file.rowCount { object["rows"] = .integer(rows) }
        object["bytes"] = .integer(file.sizeBytes)
        if let source = file.source { object["source"] = .string(source) }
        if let job = file.job { object["job"] = .string(ByteString(job.description)) }
        addOrigin(transaction, dataChange: file.dataChange, to: &object)
        return object
    }

    private static func removal(_ file: FileRemoval, _ transaction: CommittedTransaction) -> JSONObject {
        var object: JSONObject = ["change": "remove", "path": .string(file.path)]
        if let bytes = file.sizeBytes { object["bytes"] = .integer(bytes) }
        if let job = file.job { object["job"] = .string(ByteString(job.description)) }
        addOrigin(transaction, dataChange: file.dataChange, to: &object)
        return object
    }

    private static func addOrigin(
        _ transaction: CommittedTransaction, dataChange: Bool, to object: inout JSONObject
    ) {
        object["version"] = .integer(transaction.version.rawValue)
        object["timestamp"] = .integer(transaction.timestamp)
        object["dataChange"] = .bool(dataChange)
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
