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

    mutating func add(_ name: String, ratio: Double) {
        let hundredths = Int64((ratio * 10_000).rounded())
        let fraction = String(hundredths % 100)
        let padded = fraction.count < 2 ? "0" + fraction : fraction
        let text = "\(hundredths / 100).\(padded)%"
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

/// Byte counts as people read them.
package enum ByteCountText {
    /// `1023 B`, `1.0 KiB`, `512.3 MiB`, ….
    package static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while abs(value) >= 1024, units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        let unit = units.first ?? "B"
        guard unit != "B" else { return "\(bytes) B" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10)) \(unit)"
    }
}
