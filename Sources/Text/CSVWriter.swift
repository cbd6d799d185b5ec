import Bytes
package import Records

/// Writes batches as CSV or TSV: a header, then a line a row, ending in a newline each.
///
/// A null is nothing, an empty string is `""`; everything else is the value's text, quoted only where it must be.
package struct CSVWriter {
    private let delimiter: UInt8
    private let schema: [TableSchema.Column]
    private var needsHeader: Bool
    /// What was written and not taken yet.
    package private(set) var bytes: [UInt8] = []

    package init(dialect: CSVDialect = .csv, schema: [TableSchema.Column], header: Bool = true) {
        delimiter = dialect.delimiter
        self.schema = schema
        needsHeader = header
    }

    /// Appends the rows of a batch of the writer's columns.
    package mutating func write(_ batch: ColumnBatch) {
        precondition(batch.columns.count == schema.count)
        writeHeader()
        var scratch: [UInt8] = []
        for row in 0..<batch.rowCount {
            for (index, vector) in batch.columns.enumerated() {
                if index > 0 { bytes.append(delimiter) }
                let type = schema[index].type
                if type == .string || type == .binary {
                    scratch.removeAll(keepingCapacity: true)
                    if ValueText.append(vector, row: row, type: type, to: &scratch) { quote(scratch) }
                } else {
                    _ = ValueText.append(vector, row: row, type: type, to: &bytes)
                }
            }
            bytes.append(0x0A)
        }
    }

    /// Everything written since the last time, with the header if there were no rows yet.
    package mutating func take() -> [UInt8] {
        writeHeader()
        let taken = bytes
        bytes = []
        return taken
    }

    private mutating func writeHeader() {
        guard needsHeader else { return }
        needsHeader = false
        for (index, column) in schema.enumerated() {
            if index > 0 { bytes.append(delimiter) }
            quote(column.name.bytes)
        }
        bytes.append(0x0A)
    }

    private mutating func quote(_ text: [UInt8]) {
        // A text that begins like a byte order mark would be taken for one at the beginning of a file.
        let mustQuote =
            text.isEmpty || text[0] == 0xEF
            || text.contains { $0 == delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        guard mustQuote else { return bytes.append(contentsOf: text) }
        bytes.append(0x22)
        for byte in text {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }
}
