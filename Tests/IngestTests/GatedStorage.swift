import Bytes
import Ingest
import Metadata
import Platform
import Storage
import Synchronization
import TestKit

/// A storage that makes the next version of the log wait until the gate is opened.
final class GatedStorage: StorageLayer {
    private enum Gate { case open, closed, reached }

    let inner: MemoryStorage
    private let gate = Monitor(Gate.open)

    init(_ inner: MemoryStorage) { self.inner = inner }

    func close() { gate.update { $0 = .closed } }
    func open() { gate.update { $0 = .open } }
    /// Waits until a version is to be written.
    func waitUntilReached() { _ = gate.wait { $0 == .reached ? true : nil } }

    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        if key.hasPrefix("t/_transaction_log/0") {
            gate.update { if $0 == .closed { $0 = .reached } }
            _ = gate.wait { $0 == .open ? true : nil }
        }
        try inner.putIfAbsent(key, bytes)
    }
}

/// The answers to several files, by their place.
final class Answers: Sendable {
    private let answers = Mutex<[Int: Result<IngestOutcome, IngestRefusal>]>([:])

    func take(_ answer: Result<IngestOutcome, IngestRefusal>, of index: Int) {
        answers.withLock { answers in
            precondition(answers[index] == nil, "file \(index) was answered twice")
            answers[index] = answer
        }
    }

    var count: Int { answers.withLock { $0.count } }

    subscript(index: Int) -> Result<IngestOutcome, IngestRefusal>? { answers.withLock { $0[index] } }

    func refusal(_ index: Int) -> IngestRefusal? {
        if case .failure(let refusal) = self[index] { refusal } else { nil }
    }

    func outcome(_ index: Int) -> IngestOutcome? { try? self[index]?.get() }

    func version(_ index: Int) -> Version? {
        if case .committed(let version, _, _) = outcome(index) { version } else { nil }
    }
}

extension SampleStore {
    /// Submits the files in their order so that all but the first wait while the version of the first is written, and
    /// gives all answers.
    ///
    /// - Parameter whenWaiting: called when all but the first wait.
    func gather(
        _ files: [StagedFile], cancellations: [Int: Cancellation] = [:], whenWaiting: () -> Void = {}
    ) -> Answers {
        let answers = Answers()
        let service = service
        gate.close()
        let first = files[0]
        let leader = Thread.spawn(name: "leader", stackBytes: 4 << 20) {
            service.submit(first) { answers.take($0, of: 0) }
        }
        gate.waitUntilReached()
        for index in files.indices.dropFirst() {
            service.submit(files[index], cancellation: cancellations[index] ?? Cancellation()) {
                answers.take($0, of: index)
            }
        }
        whenWaiting()
        gate.open()
        leader.join()
        service.waitUntilIdle()
        return answers
    }

    /// `id,n` with one row.
    func stageRow(_ name: ByteString, _ id: Int, _ text: String = "0") throws -> StagedFile {
        try stage(name, "id,n\n\(id),\(text)\n")
    }
}
