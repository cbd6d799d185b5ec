import Bytes
package import JSON

/// The description of a table at one moment: what `status` and `status.json` show and `firn describe` prints.
package struct StatusReport: Sendable {
    /// One line: a name, its value for people, and for programs.
    package struct Line: Sendable {
        package var name: String
        package var text: String
        package var value: JSONValue
    }

    package private(set) var lines: [Line] = []

    mutating func add(_ name: String, _ value: Int64) {
        lines.append(Line(name: name, text: String(value), value: .integer(value)))
    }

    mutating func add(_ name: String, _ value: Int) { add(name, Int64(value)) }

    mutating func add(_ name: String, _ text: String) {
        lines.append(Line(name: name, text: text, value: .string(ByteString(text))))
    }

    mutating func add(_ name: String, bytes: Int64) {
        lines.append(
            Line(name: name, text: "\(bytes) (\(ByteCountText.text(bytes)))", value: .integer(bytes)))
    }

    mutating func add(_ name: String, time milliseconds: Int64) {
        let text = TimestampText.iso(milliseconds: milliseconds)
        lines.append(Line(name: name, text: text, value: .string(ByteString(text))))
    }

    /// A time that may not be known: null for programs.
    mutating func add(_ name: String, time milliseconds: Int64?, orElse text: String) {
        if let milliseconds { return add(name, time: milliseconds) }
        lines.append(Line(name: name, text: text, value: .null))
    }

    /// A limit; null for programs where there is none.
    mutating func add(_ name: String, bytesPerSecond rate: Double?) {
        guard let rate else { return lines.append(Line(name: name, text: "unlimited", value: .null)) }
        let bytes = Int64(rate)
        lines.append(
            Line(
                name: name, text: "\(bytes) bytes a second (\(ByteCountText.text(bytes))/s)",
                value: .integer(bytes)))
    }

    /// Why something is held up; null for programs where nothing is.
    mutating func add(_ name: String, reason: String?) {
        if let reason { return add(name, reason) }
        lines.append(Line(name: name, text: "none", value: .null))
    }

    mutating func add(_ name: String, ratio: Double) {
        let text = FixedText.text(ratio * 100, digits: 2) + "%"
        lines.append(Line(name: name, text: text, value: .number(ByteString("\(ratio)"))))
    }

    mutating func add(_ name: String, list: [String]) {
        lines.append(
            Line(
                name: name, text: list.isEmpty ? "none" : list.joined(separator: "; "),
                value: .array(list.map { .string(ByteString($0)) })))
    }

    /// `name: value`, one a line, values in one column.
    package var text: [UInt8] {
        let width = (lines.map(\.name.count).max() ?? 0) + 2
        var writer = ByteWriter()
        for line in lines {
            writer.append(text: line.name + ":")
            writer.append(text: String(repeating: " ", count: width - line.name.count - 1))
            writer.append(text: line.text + "\n")
        }
        return writer.bytes
    }

    package var json: [UInt8] {
        var object = JSONObject()
        for line in lines { object[ByteString(line.name)] = line.value }
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }
}
