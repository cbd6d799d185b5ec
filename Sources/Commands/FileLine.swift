import Bytes
import JSON
import Metadata

/// One data file as a line of output.
struct FileLine {
    enum Column: String, CaseIterable {
        case path, bytes, rows, partition, version, time, modified, schema
    }

    /// What is printed where nothing is asked for.
    static let usual: [Column] = [.path, .bytes, .rows, .partition, .version, .time]

    let file: FileView
    let partitionColumns: [ByteString]
    /// Other programs may not write in which version a file was added.
    let isForeign: Bool

    private var version: Int64? {
        isForeign && file.addedAtVersion.rawValue == 0 ? nil : file.addedAtVersion.rawValue
    }

    private var time: Int64? { file.addedAtTimestamp == 0 ? nil : file.addedAtTimestamp }

    func appendText(_ columns: [Column], to bytes: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            switch column {
            case .path: file.appendPath(to: &bytes)
            case .bytes: append(file.sizeBytes, to: &bytes)
            case .rows: append(file.rowCount, to: &bytes)
            case .partition:
                let root = file.root.name
                bytes.append(contentsOf: root.isEmpty ? [UInt8(ascii: "-")] : root.bytes)
            case .version: append(version, to: &bytes)
            case .time: append(text(time), to: &bytes)
            case .modified: append(text(file.modificationTime), to: &bytes)
            case .schema: bytes.append(contentsOf: file.schemaID?.bytes ?? [UInt8(ascii: "-")])
            }
        }
    }

    func appendJSON(_ columns: [Column], to bytes: inout [UInt8]) {
        var writer = JSONWriter(.compact)
        writer.beginObject()
        for column in columns {
            writer.key(ByteString(column.rawValue))
            switch column {
            case .path: writer.value(file.path)
            case .bytes: writer.value(file.sizeBytes)
            case .rows: write(file.rowCount, to: &writer)
            case .partition:
                writer.beginObject()
                for (name, value) in zip(partitionColumns, file.partitionValues.values) {
                    writer.key(name)
                    if let value { writer.value(value) } else { writer.null() }
                }
                writer.endObject()
            case .version: write(version, to: &writer)
            case .time: write(text(time), to: &writer)
            case .modified: write(text(file.modificationTime), to: &writer)
            case .schema:
                if let schema = file.schemaID { writer.value(schema) } else { writer.null() }
            }
        }
        writer.endObject()
        bytes.append(contentsOf: writer.bytes)
    }

    private func text(_ milliseconds: Int64?) -> String? {
        milliseconds.map { TimestampText.iso(milliseconds: $0) }
    }

    private func append<T: CustomStringConvertible>(_ value: T?, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (value?.description ?? "-").utf8)
    }

    private func write(_ value: Int64?, to writer: inout JSONWriter) {
        if let value { writer.value(value) } else { writer.null() }
    }

    private func write(_ value: String?, to writer: inout JSONWriter) {
        if let value { writer.value(value) } else { writer.null() }
    }
}
