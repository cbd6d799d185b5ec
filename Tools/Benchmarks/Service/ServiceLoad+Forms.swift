import Bytes
import JSON

/// The rows as text for a copy, and as keys and values for a store of such.
extension ServiceLoad.File {
    var text: [UInt8] {
        var writer = ByteWriter(capacity: rows.count * 128)
        if format == .csv { writer.append(text: Self.header(table) + "\n") }
        for row in rows {
            switch format {
            case .csv: row.appendCSV(to: &writer, table)
            case .jsonl: row.appendJSON(to: &writer, table)
            }
        }
        return writer.bytes
    }

    static func header(_ table: ServiceLoad.Table) -> String {
        "key,revision,part,time,name,value" + (table == .accounts ? ",_firn_deleted" : "")
    }

    /// A count, and for each row: 1 where it is deleted, the table's number, the length of the key, key, length
    /// of the value, value.
    var feed: [UInt8] {
        var writer = ByteWriter(capacity: rows.count * 64)
        writer.integer(UInt32(rows.count))
        for row in rows {
            writer.uint8(row.isDeleted ? 1 : 0)
            writer.uint8(UInt8(table.rawValue))
            writer.integer(UInt32(9))
            writer.uint8(UInt8(row.partition))
            writer.bigEndian(row.key)
            let name = Array(row.nameText.utf8)
            writer.integer(UInt32(24 + name.count))
            writer.integer(row.revision)
            writer.integer(row.time)
            writer.double(Double(row.quarters) / 4)
            writer.append(name)
        }
        return writer.bytes
    }
}

extension ServiceLoad.Row {
    fileprivate var partitionText: String { (partition < 10 ? "p0" : "p") + String(partition) }
    fileprivate var valueText: String { "\(quarters / 4)" + ["", ".25", ".5", ".75"][Int(quarters % 4)] }
    /// Some have what text must quote.
    fileprivate var nameText: String { name % 16 == 0 ? "\"Firn\", \(name)" : "customer-\(name)" }

    func appendCSV(to writer: inout ByteWriter, _ table: ServiceLoad.Table) {
        let name = name % 16 == 0 ? "\"\"\"Firn\"\", \(name)\"" : nameText
        writer.append(text: "\(key),\(revision),\(partitionText),\(TimestampText.iso(microseconds: time)),")
        writer.append(text: "\(name),\(valueText)")
        if table == .accounts { writer.append(text: isDeleted ? ",true" : ",false") }
        writer.append(text: "\n")
    }

    fileprivate func appendJSON(to writer: inout ByteWriter, _ table: ServiceLoad.Table) {
        var json = JSONWriter(capacity: 160)
        json.beginObject()
        json.field("key", key)
        json.field("revision", revision)
        json.field("part", partitionText)
        json.field("time", TimestampText.iso(microseconds: time))
        json.field("name", nameText)
        json.field("value", Double(quarters) / 4)
        if table == .accounts, isDeleted { json.field("_firn_deleted", true) }
        json.endObject()
        writer.append(json.bytes)
        writer.append(text: "\n")
    }
}
