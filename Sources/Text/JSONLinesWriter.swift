import Bytes
import JSON
package import Records

/// Writes batches as JSON Lines: an object a row with every column, null included.
///
/// Integers, decimals and finite floats are numbers; NaN and the infinities, which JSON lacks, and all other types
/// are strings in the form of ``Records/ValueText``.
package struct JSONLinesWriter {
    private let schema: [TableSchema.Column]
    private var writer = JSONWriter(.compact)
    private var scratch: [UInt8] = []

    package init(schema: [TableSchema.Column]) { self.schema = schema }

    /// What was written and not taken yet.
    package var bytes: [UInt8] { writer.bytes }

    /// Appends the rows of a batch of the writer's columns.
    package mutating func write(_ batch: ColumnBatch) {
        precondition(batch.columns.count == schema.count)
        for row in 0..<batch.rowCount {
            writer.beginObject()
            for (index, vector) in batch.columns.enumerated() {
                writer.key(schema[index].name)
                value(vector, row, schema[index].type)
            }
            writer.endObject()
            writer.endLine()
        }
    }

    /// Everything written since the last time.
    package mutating func take() -> [UInt8] {
        let taken = writer.bytes
        writer.bytes = []
        return taken
    }

    private mutating func value(_ vector: ColumnVector, _ row: Int, _ type: ColumnType) {
        scratch.removeAll(keepingCapacity: true)
        guard ValueText.append(vector, row: row, type: type, to: &scratch) else { return writer.null() }
        let isBare: Bool
        switch type {
        case .boolean, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .decimal:
            isBare = true
        case .float, .double:
            // `NaN`, `inf` and `-inf` end in a letter, numbers in a digit.
            isBare = scratch.last.map { $0 <= UInt8(ascii: "9") } ?? false
        default: isBare = false
        }
        if isBare {
            writer.raw(scratch)
        } else {
            scratch.withUnsafeBytes { writer.string($0) }
        }
    }
}
