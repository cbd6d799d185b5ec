import Platform

/// A small file between its arrival and its answer.
struct WaitingFile: Sendable {
    var prepared: PreparedFile
    let cancellation: Cancellation
    let answer: @Sendable (Result<IngestOutcome, IngestRefusal>) -> Void

    func refuse(_ refusal: IngestRefusal) { answer(.failure(refusal.about(prepared.file))) }
}

/// Small files in the order of their arrival, of which one thread at a time takes the next batch.
///
/// Whoever comes while nobody leads is to lead: his file starts at once and alone. What comes meanwhile gathers and is
/// the next batch.
final class IngestQueue: Sendable {
    private struct State {
        var waiting: [WaitingFile] = []
        /// What those who wait hold in memory.
        var waitingBytes = 0
        var isLed = false
    }

    /// Of one transaction.
    private static let maxBatchFiles = 1_000
    private static let maxBatchBytes = 16 << 20
    /// Of all that wait; who comes then waits for room.
    private static let maxWaitingBytes = 64 << 20

    private let monitor = Monitor(State())

    /// Queues the file, or makes the caller the leader, whose first batch is this file: true then.
    func add(_ file: WaitingFile) -> Bool {
        let bytes = file.prepared.heldBytes
        let leads = monitor.wait { state -> Bool? in
            if !state.isLed {
                state.isLed = true
                return true
            }
            guard state.waiting.isEmpty || state.waitingBytes + bytes <= Self.maxWaitingBytes else {
                return nil
            }
            state.waiting.append(file)
            state.waitingBytes += bytes
            return false
        }
        return leads ?? false
    }

    /// The next batch, for the leader; nil where nothing waits, and nobody leads any more.
    func take() -> [WaitingFile]? {
        monitor.update { state in
            if state.waiting.isEmpty {
                state.isLed = false
                return nil
            }
            var count = 0
            var bytes = 0
            for file in state.waiting.prefix(Self.maxBatchFiles) {
                if count > 0, bytes + file.prepared.heldBytes > Self.maxBatchBytes { break }
                count += 1
                bytes += file.prepared.heldBytes
            }
            defer {
                state.waiting.removeFirst(count)
                state.waitingBytes -= bytes
            }
            return Array(state.waiting.prefix(count))
        }
    }

    /// Waits until every file has its answer.
    func waitUntilIdle() { _ = monitor.wait { $0.isLed ? nil : true } }
}
