import Glibc
import JSON
import Platform

/// What a run tells the harness: one JSON object on a line.
enum Output {
    /// Prints numbers by name, and the process's peak memory.
    static func report(_ numbers: [(String, Double)]) {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in numbers { writer.field(name, value) }
        writer.field("peakBytes", peakBytes)
        writer.endObject()
        let line = writer.bytes + [UInt8(ascii: "\n")]
        _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    }

    static func fail(_ message: String) -> Never {
        note(message)
        exit(2)
    }

    /// A line for people.
    static func note(_ message: String) {
        let line = Array((message + "\n").utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    /// The most memory that this program had resident; what ran in the process before it does not count.
    private static var peakBytes: Int64 {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("VmHWM:") {
                return (Int64(text.split(whereSeparator: { !$0.isNumber }).first ?? "") ?? 0) << 10
            }
        }
        return 0
    }
}
