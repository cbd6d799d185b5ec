package import Metadata
import Parquet
package import Platform
import Records
import Synchronization

/// What a merge has done.
package struct MergeResult: Sendable {
    /// The files written, in key order, durable and not yet committed.
    package var outputs: [FileEntry]
    /// Rows of the inputs, those outside the inputs' ranges left out.
    package var rowsIn: Int64
    package var rowsOut: Int64
    /// Rows superseded by a newer row of their key, and deleted ones.
    package var rowsDropped: Int64
    /// Of `rowsOut`, those in row groups passed through undecoded.
    package var rowsPassedThrough: Int64
}

/// Merges data files of one partition into new ones.
///
/// An append table keeps all rows, equal keys in the order of their files' sequences. An upsert table keeps
/// the newest row of each key by (sequence, place in its file), and writes each row's sequence beside it.
/// Reading and merging run on a thread of their own while the caller's encodes and compresses.
package struct MergeRun {
    private let inputs: [MergeInput]
    private let dropsDeletes: Bool
    private let output: DataFileWriter
    private let progress: @Sendable (Int64) -> Void
    private let cancellation: Cancellation

    /// - Parameters:
    ///   - dropsDeletes: leaves delete markers out; right only where nothing else holds rows as old.
    ///   - progress: called with the bytes of the inputs read so far, on the reading thread.
    package init(
        _ inputs: [MergeInput], dropsDeletes: Bool, output: DataFileWriter,
        progress: @escaping @Sendable (Int64) -> Void = { _ in },
        cancellation: Cancellation = Cancellation()
    ) {
        self.inputs = inputs
        self.dropsDeletes = dropsDeletes
        self.output = output
        self.progress = progress
        self.cancellation = cancellation
    }

    /// Runs the merge. When it throws, nothing that it wrote is left in storage.
    package func run() throws -> MergeResult {
        do {
            return try merge()
        } catch {
            output.abort()
            throw error
        }
    }

    private func merge() throws -> MergeResult {
        let context = output.context
        let isUpsert = context.kind == .upsert
        let files = try MergeInput.open(
            inputs, schema: context.schema, isUpsert: isUpsert, { try context.open($0) })
        let monitor = MergeMonitor(cancellation: cancellation, progress: progress)
        let blocks = try MergedBlocks(
            files,
            options: MergedBlocks.Options(
                isUpsert: isUpsert, dropsDeletes: dropsDeletes, canPass: { output.canCopy(from: $0) },
                smallestPassedBytes: output.options.smallestPassedBytes),
            monitor: monitor)
        var dropped: Int64 = 0
        var passed: Int64 = 0
        try MergePipeline(blocks).forEach { item in
            try cancellation.check()
            switch item {
            case .rows(let batch, let count):
                dropped += Int64(count)
                if batch.rowCount > 0 { try output.append(batch) }
            case .rowGroup(let input, let rowGroup):
                passed += Int64(input.file.rowGroups[rowGroup].rows.count)
                try output.append(rowGroup: rowGroup, of: input)
            }
        }
        let outputs = try output.finish()
        let rowsOut = outputs.reduce(0) { $0 + ($1.rowCount ?? 0) }
        try checkRows(files.map(\.file), monitor, rowsOut: rowsOut, dropped: dropped)
        monitor.finished(inputBytes: inputs.reduce(0) { $0 + $1.entry.sizeBytes })
        return MergeResult(
            outputs: outputs, rowsIn: monitor.rowsIn, rowsOut: rowsOut, rowsDropped: dropped,
            rowsPassedThrough: passed)
    }

    /// Rows in = rows out + rows dropped, counted at both ends, or the outputs are not given out.
    private func checkRows(
        _ files: [OpenDataFile], _ monitor: MergeMonitor, rowsOut: Int64, dropped: Int64
    ) throws(MergeError) {
        if inputs.allSatisfy({ $0.range == .all }) {
            let stated = files.reduce(0) { $0 + $1.file.rowCount }
            guard Int64(stated) == monitor.rowsIn else {
                throw MergeError(
                    .accounting, "the inputs have \(stated) rows, \(monitor.rowsIn) were read")
            }
        }
        guard monitor.rowsIn == rowsOut + dropped else {
            throw MergeError(
                .accounting,
                "\(monitor.rowsIn) rows came in, \(rowsOut) went out and \(dropped) were dropped")
        }
    }
}

/// Reads and merges on a thread of its own, a few batches ahead of who takes them.
struct MergePipeline {
    /// The blocks are used by the thread alone from its start to its end, and the caller waits for that.
    private struct Handover: @unchecked Sendable {
        let blocks: MergedBlocks
    }

    /// What is in flight is a batch or an immutable open file.
    private struct Item: @unchecked Sendable {
        let output: MergeOutput
    }

    private let handover: Handover

    init(_ blocks: MergedBlocks) { handover = Handover(blocks: blocks) }

    /// Calls `body` with each output in order, on the calling thread. The first error of either side ends it.
    func forEach(_ body: (MergeOutput) throws -> Void) throws {
        let queue = BoundedQueue<Item>(capacity: 6)
        let failure = FailureBox()
        let thread = Thread.spawn(name: "firn-merge") { [handover] in
            do {
                while let output = try handover.blocks.next() {
                    if !queue.push(Item(output: output)) { break }
                }
            } catch {
                failure.set(error)
            }
            queue.close()
        }
        defer {
            queue.close(discarding: true)
            thread.join()
        }
        while let item = queue.pop() { try body(item.output) }
        thread.join()
        if let error = failure.error { throw error }
    }
}

/// The error of another thread.
private final class FailureBox: Sendable {
    private let box = Mutex<(any Error)?>(nil)

    var error: (any Error)? { box.withLock { $0 } }

    func set(_ error: any Error) { box.withLock { $0 = error } }
}
