import Bytes
import Ingest
import JSON
import Metadata
import Platform
import Synchronization
import Tables

/// What became of each file of a `firn ingest`: a line each on standard output, refusals in words on standard error.
final class IngestReport: Sendable {
    enum Outcome {
        case taken(IngestOutcome)
        case refused(IngestRefusal)
        case unreadable(Errno)
    }

    private struct State {
        var refused = 0
        var title = ""
        var readBytes: Int64 = 0
        var shownBytes: Int64 = 0
    }

    private let console: Console
    private let isJSON: Bool
    private let line: StatusLine
    private let state = Mutex(State())
    /// The progress is shown anew after so many bytes.
    private static let stepBytes: Int64 = 16 << 20

    init(console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
        line = StatusLine(console: console)
    }

    func begin(_ files: [StagedFile], place: String) {
        let name = files.count == 1 ? files[0].relativePath.display : "\(files.count) files"
        let bytes = files.reduce(0) { $0 + $1.sizeBytes }
        let title = "\(place)\(name), \(ByteCountText.text(bytes))"
        state.withLock { $0 = State(refused: $0.refused, title: title) }
        line.show(title)
    }

    /// Some bytes more were read. A file is read more than once: for its hash, for its types, for its rows.
    func hasRead(_ bytes: Int) {
        let text = state.withLock { state -> String? in
            state.readBytes += Int64(bytes)
            guard state.readBytes - state.shownBytes >= Self.stepBytes else { return nil }
            state.shownBytes = state.readBytes
            return "\(state.title): \(ByteCountText.text(state.readBytes)) read"
        }
        if let text { line.show(text) }
    }

    func show(_ outcome: Outcome, of name: ByteString) {
        line.end()
        if case .taken = outcome {} else { state.withLock { $0.refused += 1 } }
        if isJSON {
            let object = JSONValue.object(Self.object(outcome, of: name))
            console.print(bytes: object.compactBytes + [UInt8(ascii: "\n")])
        } else {
            switch outcome {
            case .taken(let taken): console.print("\(name.display): \(Self.text(taken))")
            case .refused(let refusal): console.note("firn: \(Self.text(refusal.about(name)))")
            case .unreadable(let error): console.note("firn: \(name.display): \(error.message)")
            }
        }
    }

    /// Gives the exit status.
    func end(of count: Int) -> Int32 {
        line.end()
        let refused = state.withLock { $0.refused }
        if refused > 0, count > 1, !isJSON { console.note("firn: \(refused) of \(count) files were refused") }
        return refused == 0 ? 0 : 1
    }

    private static func text(_ outcome: IngestOutcome) -> String {
        switch outcome {
        case .committed(let version, let rows, let files):
            "\(rows) \(rows == 1 ? "row" : "rows"), version \(version), "
                + "\(files.count) data \(files.count == 1 ? "file" : "files")"
        case .duplicate(let receipt): "taken before, in version \(receipt.version)"
        case .nothing: "empty"
        }
    }

    private static func text(_ refusal: IngestRefusal) -> String {
        var text = refusal.description
        if let expected = refusal.expected { text += "; expected \(expected)" }
        if let found = refusal.found { text += ", found \(found.display)" }
        if let remedy = refusal.remedy { text += "\n      \(remedy)" }
        return text
    }

    private static func object(_ outcome: Outcome, of name: ByteString) -> JSONObject {
        var object: JSONObject = ["file": .string(PercentEncoding.encodeInvalid(name))]
        switch outcome {
        case .taken(.committed(let version, let rows, let files)):
            object["outcome"] = "committed"
            object["version"] = .integer(version.rawValue)
            object["rows"] = .integer(rows)
            object["dataFiles"] = .array(files.map { .string($0.path) })
        case .taken(.duplicate(let receipt)):
            object["outcome"] = "duplicate"
            object["version"] = .integer(receipt.version.rawValue)
            object["rows"] = .integer(receipt.rowCount)
        case .taken(.nothing): object["outcome"] = "empty"
        case .unreadable(let error):
            object["outcome"] = "refused"
            object["errno"] = .string(ByteString(error.name))
            object["message"] = .string(ByteString(error.message))
        case .refused(let refusal):
            object["outcome"] = "refused"
            object["errno"] = .string(ByteString(refusal.errno.name))
            object["rule"] = .string(ByteString(refusal.rule.rawValue))
            object["message"] = .string(ByteString(refusal.message))
            if let line = refusal.line { object["line"] = .integer(Int64(line)) }
            if let column = refusal.column { object["column"] = .integer(Int64(column)) }
            if let column = refusal.columnName { object["columnName"] = .string(column) }
            if let expected = refusal.expected { object["expected"] = .string(ByteString(expected)) }
            if let found = refusal.found { object["found"] = .string(PercentEncoding.encodeInvalid(found)) }
            if let remedy = refusal.remedy { object["remedy"] = .string(ByteString(remedy)) }
        }
        return object
    }
}
