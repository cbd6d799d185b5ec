import Bytes
import Metadata
import Platform
import TransactionLog

/// Small files that waited at the same time, on their way into the table; every one gets its answer.
///
/// They go as one transaction. A file that must go alone ends the transaction before it; the same content under the
/// same name a second time waits for the outcome of the first. What is refused leaves the others as they are: a
/// transaction that failed for certain is tried again file by file. After an unknown outcome nothing is tried again.
struct IngestBatch {
    private let service: IngestService
    /// Without an answer yet, in the order of their arrival.
    private var open: ArraySlice<WaitingFile>

    init(_ service: IngestService, _ files: [WaitingFile]) {
        self.service = service
        open = files[...]
    }

    mutating func run() {
        var fruitless = 0
        while !open.isEmpty {
            let count = open.count
            takeSome()
            fruitless = open.count < count ? 0 : fruitless + 1
            if fruitless == IngestService.maxAttempts { refuseAll(.contended) }
        }
    }

    /// Files of one transaction, chosen by one state.
    private struct Choice {
        var together: [WaitingFile] = []
        /// Repeat a file of `together`.
        var repeated: [WaitingFile] = []
        var receipts: Set<ReceiptKey> = []
    }

    private struct ReceiptKey: Hashable {
        var name: ByteString
        var hash: ByteString

        init(_ file: PreparedFile) {
            name = file.file.receiptName
            hash = file.hash
        }
    }

    /// One transaction, or one answer without.
    private mutating func takeSome() {
        let state = service.context.log.current
        var choice = Choice()
        while let file = open.popFirst() {
            do throws(IngestRefusal) {
                if try !choose(file, state, &choice) {
                    if choice.together.isEmpty {
                        takeAlone(file)
                    } else {
                        open.insert(file, at: open.startIndex)
                    }
                    break
                }
            } catch {
                file.refuse(error)
            }
        }
        open.insert(contentsOf: choice.repeated, at: open.startIndex)
        guard !choice.together.isEmpty else { return }
        if !take(choice.together, state) { open.insert(contentsOf: choice.together, at: open.startIndex) }
    }

    /// Gives a file its place or its answer; false where it must go alone.
    private func choose(
        _ file: WaitingFile, _ state: TableState, _ choice: inout Choice
    ) throws(IngestRefusal) -> Bool {
        var file = file
        if file.cancellation.isCancelled { throw IngestRefusal(cause: CancellationError()) }
        let now = service.context.clock.nowMilliseconds()
        if let receipt = try file.prepared.receipt(in: state, now: now) {
            file.answer(.success(.duplicate(of: receipt)))
            return true
        }
        let key = ReceiptKey(file.prepared)
        if state.properties.ingestDuplicates != .append, choice.receipts.contains(key) {
            choice.repeated.append(file)
            return true
        }
        // Read when it came, and again where the schema has changed since.
        guard case .together = try file.prepared.readRows(state, file.cancellation) else { return false }
        choice.receipts.insert(key)
        choice.together.append(file)
        return true
    }

    private func takeAlone(_ file: WaitingFile) {
        do throws(IngestRefusal) {
            file.answer(.success(try service.commitAlone([file.prepared], file.cancellation)))
        } catch {
            file.refuse(error)
        }
    }

    /// Writes the files as one transaction and answers them; false where another writer was first.
    private mutating func take(_ files: [WaitingFile], _ state: TableState) -> Bool {
        let cancellation = files.count == 1 ? files[0].cancellation : Cancellation()
        do {
            guard
                let taken = try IngestWork(service, cancellation).attempt(files.map(\.prepared), state)
            else {
                _ = try service.context.log.refresh()
                return false
            }
            for (file, rows) in zip(files, taken.rowCounts) {
                file.answer(
                    .success(.committed(version: taken.version, rows: rows, files: taken.entries)))
            }
        } catch {
            let refusal = IngestRefusal(cause: error)
            if files.count == 1 || refusal.rule == .unknownOutcome {
                for file in files { file.refuse(refusal) }
            } else {
                for file in files {
                    var single = IngestBatch(service, [file])
                    single.run()
                }
            }
        }
        return true
    }

    private mutating func refuseAll(_ refusal: IngestRefusal) {
        for file in open { file.refuse(refusal) }
        open = []
    }
}
