package import Platform
import TransactionLog

extension IngestService {
    /// True where the file shares a transaction with others that wait; one that does not is written by the thread that
    /// submits it.
    package static func waitsWithOthers(_ file: StagedFile) -> Bool {
        file.sizeBytes <= PreparedFile.smallFileBytes
    }

    /// Takes one file, and calls `answer` once with what became of it, from whichever thread ended the work.
    ///
    /// Returns when the file waits to be written with others, or has its answer: a large file is written by the
    /// calling thread, a small one only read. Small files go into the table in the order of their calls.
    package func submit(
        _ file: StagedFile, cancellation: Cancellation = Cancellation(),
        onRead: (@Sendable (_ bytes: Int) -> Void)? = nil,
        answer: @escaping @Sendable (Result<IngestOutcome, IngestRefusal>) -> Void
    ) {
        do throws(IngestRefusal) {
            try checkWritable()
            if file.sizeBytes <= 0 { return answer(.success(.nothing)) }
            var prepared = try PreparedFile(file, cancellation, onRead: onRead)
            // A copy of what was taken is not read again.
            let state = context.log.current
            let now = context.clock.nowMilliseconds()
            if let receipt = try prepared.receipt(in: state, now: now) {
                return answer(.success(.duplicate(of: receipt)))
            }
            if case .streamed = try prepared.readRows(state, cancellation) {
                return answer(.success(try commitAlone([prepared], cancellation)))
            }
            enqueue(WaitingFile(prepared: prepared, cancellation: cancellation, answer: answer))
        } catch {
            answer(.failure(error.about(file)))
        }
    }

    /// Waits until every file that was submitted has its answer. Nothing may be submitted meanwhile.
    package func waitUntilIdle() { queue.waitUntilIdle() }

    /// The first batch is the calling thread's own file. Whatever gathered meanwhile is for a thread that has nothing
    /// else to do: the caller has its answer, and others go on coming.
    private func enqueue(_ file: WaitingFile) {
        guard queue.add(file) else { return }
        run([file])
        guard let next = queue.take() else { return }
        _ = Thread.spawn(name: "firn-ingest-batch", stackBytes: 4 << 20) { [self] in
            var batch: [WaitingFile]? = next
            while let files = batch {
                run(files)
                batch = queue.take()
            }
        }
    }

    private func run(_ files: [WaitingFile]) {
        var batch = IngestBatch(self, files)
        batch.run()
    }
}
