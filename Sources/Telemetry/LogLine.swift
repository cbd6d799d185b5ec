import Bytes
import JSON

/// One line of a log before it is laid out.
struct LogLine {
    let time: Int64
    let level: LogLevel
    let message: String
    let fields: [(name: String, value: JSONValue)]

    /// `{"time":"…","level":"info","message":"…",…}`.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("time", TimestampText.iso(milliseconds: time))
        writer.field("level", level.name)
        writer.field("message", message)
        for field in fields { writer.field(field.name, field.value) }
        writer.endObject()
        writer.endLine()
        return writer.bytes
    }

    /// `2024-01-31T12:34:56.123Z info message key=value key="two words"`.
    var text: [UInt8] {
        var line = Array("\(TimestampText.iso(milliseconds: time)) \(level.name) ".utf8)
        // A message is one line whatever it quotes.
        line += message.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        for field in fields {
            line += Array(" \(field.name)=".utf8)
            line += plain(field.value) ?? field.value.compactBytes
        }
        line.append(0x0A)
        return line
    }

    /// A string that can stand without quotes.
    private func plain(_ value: JSONValue) -> [UInt8]? {
        guard let string = value.stringValue, !string.isEmpty, string.isUTF8 else { return nil }
        let special = Set(" =\"\\".utf8)
        return string.bytes.contains { $0 < 0x20 || $0 == 0x7F || special.contains($0) } ? nil : string.bytes
    }
}
