import Bytes
import Compression
import JSON
package import Metadata

/// One version of the log as JSON lines: per transaction its `commitInfo` and its actions, then `end`.
package enum VersionFile {
    /// The file's bytes.
    ///
    /// - Precondition: all transactions have the same version; their ordinals count from 0.
    package static func encode(
        _ transactions: [CommittedTransaction], wire: inout ActionWire
    ) throws(WireError) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        var lineCount = 0
        for (ordinal, transaction) in transactions.enumerated() {
            precondition(transaction.ordinal == ordinal && transaction.version == transactions[0].version)
            write(transaction, to: &writer)
            writer.endLine()
            for action in transaction.actions {
                try wire.write(action, to: &writer)
                writer.endLine()
            }
            lineCount += 1 + transaction.actions.count
        }
        writeEnd(lineCount: lineCount, to: &writer)
        return writer.bytes
    }

    /// The last line: it counts those before it and has the checksum of their bytes.
    static func writeEnd(lineCount: Int, to writer: inout JSONWriter) {
        let checksum = CRC32.checksum(of: writer.bytes)
        writer.beginObject()
        writer.key("end")
        writer.beginObject()
        writer.field("lines", lineCount)
        writer.field("crc32", Hex.string(UInt64(checksum), width: 8))
        writer.endObject()
        writer.endObject()
        writer.endLine()
    }

    private static func write(_ transaction: CommittedTransaction, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("commitInfo")
        writer.beginObject()
        writer.field("id", transaction.id.description)
        writer.field("version", transaction.version.rawValue)
        writer.field("ordinal", transaction.ordinal)
        writer.field("timestamp", transaction.timestamp)
        writer.field("operation", transaction.operation)
        writer.optional("session", transaction.session?.description)
        if !transaction.notes.isEmpty {
            writer.key("notes")
            writer.beginObject()
            for note in transaction.notes {
                writer.key(note.name)
                writer.value(note.value)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }
}
