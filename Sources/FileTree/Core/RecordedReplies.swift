import Bytes
import Synchronization

/// Answers kept in memory instead of sent: a handler's requests without a mount.
///
///     let replies = RecordedReplies()
///     let entry = try replies.ask(.lookup) { handler.lookup(.root, "flights", context, $0) }.entry
package final class RecordedReplies: ReplySink {
    /// An answer whose bytes are copies.
    package enum Recorded: Sendable {
        case failed(FileTreeError)
        case done
        case entry(EntryReply)
        case noEntry(CacheLifetime)
        case attributes(AttributeReply)
        case opened(OpenReply)
        case created(EntryReply, OpenReply)
        /// What was read, a link's target, or an attribute's value.
        case bytes([UInt8])
        case listing([String], nextOffset: UInt64)
        case detailedListing([(name: String, entry: EntryReply?)], nextOffset: UInt64)
        case number(Int64)
        case statistics(FileSystemStatistics)
    }

    private struct State {
        var answers: [UInt64: Recorded] = [:]
        var interrupts: [UInt64: @Sendable () -> Void] = [:]
        var next: UInt64 = 1
        var dropped = 0
        var isPassthroughGranted = false
    }

    private let state = Mutex(State())

    /// `grantsPassthrough` answers opens as a kernel that reads the descriptor's file itself.
    package init(grantsPassthrough: Bool = false) {
        state.withLock { $0.isPassthroughGranted = grantsPassthrough }
    }

    /// Replies that were dropped without an answer.
    package var droppedCount: Int { state.withLock { $0.dropped } }

    /// Makes a reply, gives it to `body` and returns its name for `answer(of:)`.
    package func begin<Payload>(
        _ operation: Operation, limit: Int = 1 << 20, _ body: (consuming Reply<Payload>) -> Void
    ) -> UInt64 {
        let raw = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        body(Reply(RequestToken(raw: raw, operation: operation, limit: limit), to: self))
        return raw
    }

    /// Makes a request that is answered at once; one that is not is a mistake of the caller.
    package func ask<Payload>(
        _ operation: Operation, limit: Int = 1 << 20, _ body: (consuming Reply<Payload>) -> Void
    ) -> Recorded {
        let raw = begin(operation, limit: limit, body)
        guard let answer = answer(of: raw) else {
            preconditionFailure("\(operation.name) was not answered at once")
        }
        return answer
    }

    /// The answer, once there is one.
    package func answer(of raw: UInt64) -> Recorded? { state.withLock { $0.answers[raw] } }

    /// Interrupts a request that waits.
    package func interrupt(_ raw: UInt64) {
        let body = state.withLock { $0.answers[raw] == nil ? $0.interrupts.removeValue(forKey: raw) : nil }
        body?()
    }

    package func answer(_ request: RequestToken, _ answer: Answer) -> AnswerOutcome {
        let recorded = Self.record(answer, limit: request.limit)
        return state.withLock { state in
            precondition(state.answers[request.raw] == nil, "\(request.operation.name) was answered twice")
            state.answers[request.raw] = recorded
            state.interrupts[request.raw] = nil
            guard state.isPassthroughGranted else { return .delivered }
            switch answer {
            case .opened(let open), .created(_, let open):
                return open.passthroughDescriptor == nil ? .delivered : .deliveredPassthrough
            default: return .delivered
            }
        }
    }

    package func answerListing(
        _ request: RequestToken, _ snapshot: DirectorySnapshot, offset: UInt64,
        entry: (DirectorySnapshot.Entry) -> EntryReply?
    ) -> AnswerOutcome {
        var listed: [(name: String, entry: EntryReply?)] = []
        var used = 0
        var position = offset
        while let next = snapshot.entry(at: position) {
            used += 128 + next.encoded.count
            if used > request.limit { break }
            listed.append((next.name.display, next.isDot ? nil : entry(next)))
            position = next.nextOffset
        }
        state.withLock { $0.answers[request.raw] = .detailedListing(listed, nextOffset: position) }
        return .delivered
    }

    package func onInterrupt(_ request: RequestToken, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.interrupts[request.raw] = body }
    }

    package func dropped(_ request: RequestToken) { state.withLock { $0.dropped += 1 } }

    private static func record(_ answer: Answer, limit: Int) -> Recorded {
        switch answer {
        case .failed(let error): return .failed(error)
        case .done: return .done
        case .entry(let entry): return .entry(entry)
        case .noEntry(let lifetime): return .noEntry(lifetime)
        case .attributes(let reply): return .attributes(reply)
        case .target(let target): return .bytes(target.bytes)
        case .opened(let open): return .opened(open)
        case .created(let entry, let open): return .created(entry, open)
        case .bytes(let bytes): return .bytes(Array(bytes.prefix(limit)))
        case .fileRange(let descriptor, let offset, let count):
            return fileRange(descriptor, offset: offset, count: min(count, limit))
        case .extendedAttribute(let value): return .bytes(value.bytes)
        case .listing(let snapshot, let offset):
            return listing(snapshot, offset: offset, limit: limit)
        case .written(let count): return .number(Int64(count))
        case .position(let position): return .number(position)
        case .events(let events): return .number(Int64(events))
        case .statistics(let statistics): return .statistics(statistics)
        }
    }
}
