import Bytes
import Platform
import Synchronization

/// The last refusals of a table, oldest first: the file `errors`.
package final class RefusalLog: Sendable {
    /// How many are kept.
    package static let limit = 200

    private struct Contents {
        var refusals: [Refusal] = []
        var total: UInt64 = 0
        var modifiedMilliseconds: Int64
    }

    private let contents: Mutex<Contents>

    package init(nowMilliseconds: Int64) {
        contents = Mutex(Contents(modifiedMilliseconds: nowMilliseconds))
    }

    package func append(_ refusal: Refusal) {
        contents.withLock { contents in
            contents.refusals.append(refusal)
            if contents.refusals.count > Self.limit { contents.refusals.removeFirst() }
            contents.total += 1
            contents.modifiedMilliseconds = refusal.timeMilliseconds
        }
    }

    package var refusals: [Refusal] { contents.withLock { $0.refusals } }
    /// Refusals since the daemon started.
    package var total: UInt64 { contents.withLock { $0.total } }
    package var modifiedMilliseconds: Int64 { contents.withLock { $0.modifiedMilliseconds } }

    /// The text of `errors`: a paragraph a refusal.
    package var text: [UInt8] {
        var writer = ByteWriter()
        for refusal in refusals { refusal.write(to: &writer) }
        return writer.bytes
    }
}

extension Refusal {
    func write(to writer: inout ByteWriter) {
        writer.append(text: TimestampText.iso(milliseconds: timeMilliseconds))
        writer.append(text: "  \(operation) ")
        writer.append(path)
        writer.append(text: ": \(errno.message) (\(errno.name))\n")
        if let requester {
            let command = requester.command.map { "\($0.display), " } ?? ""
            writer.append(text: "  who:      \(command)pid \(requester.processID), uid \(requester.userID)\n")
        }
        writer.append(text: "  why:      \(rule)\n")
        if let expected { writer.append(text: "  expected: \(expected)\n") }
        if let found { writer.append(text: "  found:    \(found)\n") }
        if let remedy { writer.append(text: "  remedy:   \(remedy)\n") }
        writer.append(text: "\n")
    }
}
