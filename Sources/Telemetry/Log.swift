package import JSON
package import Platform

/// Lines about what happens, each with a level, a message and fields, as text or as JSON Lines.
///
/// A line below the level costs one comparison: neither message nor fields are made.
package struct Log: Sendable {
    /// How a line is laid out.
    package enum Format: Sendable { case text, json }

    package typealias Fields = KeyValuePairs<String, JSONValue>

    package let level: LogLevel
    private let format: Format
    private let clock: any Clock
    private let write: (@Sendable ([UInt8]) -> Void)?
    private var context: [(name: String, value: JSONValue)] = []

    /// - Parameter write: takes one whole line with its newline; may be called from any thread at once.
    package init(
        level: LogLevel, format: Format = .text, clock: any Clock,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.level = level
        self.format = format
        self.clock = clock
        self.write = write
    }

    private init() {
        level = .error
        format = .text
        clock = SystemClock()
        write = nil
    }

    /// Takes no lines.
    package static let disabled = Log()

    /// Writes to a descriptor that stays open, standard error unless told otherwise. A line is one write(2), so
    /// lines of several threads do not mix; a line that cannot be written is lost.
    package static func descriptor(
        _ descriptor: Int32 = 2, level: LogLevel, format: Format = .text, clock: any Clock
    ) -> Log {
        Log(level: level, format: format, clock: clock) { line in
            // The descriptor is borrowed: giving it back keeps it open.
            let file = FileDescriptor(owning: descriptor)
            try? file.write(line)
            _ = file.release()
        }
    }

    /// The same log with a field that every line has.
    package func with(_ name: String, _ value: JSONValue) -> Log {
        var log = self
        log.context.append((name, value))
        return log
    }

    package func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if isEnabled(.debug) { emit(.debug, message(), fields()) }
    }

    package func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if isEnabled(.info) { emit(.info, message(), fields()) }
    }

    package func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if isEnabled(.warning) { emit(.warning, message(), fields()) }
    }

    package func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if isEnabled(.error) { emit(.error, message(), fields()) }
    }

    package func isEnabled(_ level: LogLevel) -> Bool { level >= self.level && write != nil }

    private func emit(_ level: LogLevel, _ message: String, _ fields: Fields) {
        let all = context + fields.map { (name: $0.key, value: $0.value) }
        let line = LogLine(time: clock.nowMilliseconds(), level: level, message: message, fields: all)
        write?(format == .json ? line.json : line.text)
    }
}
