package import Metadata
import Parquet
package import Platform
import Records
import Storage

/// Merges data files of one partition into new ones.
///
/// An append table keeps all rows, equal keys in the order of their files' sequences. An upsert table keeps
/// the newest row of each key by (sequence, place in its file), and writes each row's sequence beside it.
/// Reading and merging run on a thread of their own while another encodes and compresses; where several ranges of
/// keys are merged at the same time, each has two threads and files of its own.
package struct MergeRun {
    package struct Options: Sendable {
        /// Leaves delete markers out; right only where nothing else holds rows as old.
        package var dropsDeletes: Bool
        /// Leaves out rows that are too old to keep; of an upsert table only where it leaves out delete markers.
        package var age: RowAge?
        /// Ranges of keys that are merged at the same time; fewer where their open pages would not leave half of the
        /// memory to rows. A table without a row key has one.
        package var rangeCount: Int
        /// Whether several ranges may go on now, asked before each piece; where not, all but one wait.
        package var mayRunSeveral: @Sendable () -> Bool = { true }
        /// For all ranges together. ``MergeDemand`` tells whether the inputs can do with it: the open pages of one range
        /// are taken, whatever they need.
        package var memoryBytes: Int

        package init(dropsDeletes: Bool = false, rangeCount: Int = 1, memoryBytes: Int = 128 << 20) {
            self.dropsDeletes = dropsDeletes
            self.rangeCount = rangeCount
            self.memoryBytes = memoryBytes
        }
    }

    let inputs: [MergeInput]
    let context: DataFileContext
    let fileOptions: DataFileOptions
    let options: Options
    let finished: [JobPart]
    private let onPart: (@Sendable (JobPart) throws -> Void)?
    private let progress: @Sendable (Int64) -> Void
    private let cancellation: Cancellation

    /// - Parameters:
    ///   - files: how the files to write are cut and laid out.
    ///   - finished: parts of an earlier run over the same inputs, whose ranges are not merged again. Their outputs
    ///     are given with the others.
    ///   - onPart: told each part once its output is durable, by one thread at a time. The part reaches from where
    ///     the one before it ends up to the next output's first key, or to one below it with nothing between. The
    ///     parts of a run and `finished` together hold all keys. Never called for a table without a row key.
    ///   - progress: called with the bytes of the inputs read so far, by one thread at a time. An input of which only
    ///     a range is merged has its share of bytes.
    package init(
        _ inputs: [MergeInput], _ context: DataFileContext, files: DataFileOptions = DataFileOptions(),
        options: Options = Options(), finished: [JobPart] = [],
        onPart: (@Sendable (JobPart) throws -> Void)? = nil,
        progress: @escaping @Sendable (Int64) -> Void = { _ in },
        cancellation: Cancellation = Cancellation()
    ) {
        self.inputs = inputs
        self.context = context
        self.fileOptions = files
        self.options = options
        self.finished = finished
        self.onPart = context.schema.dataKeyColumns.isEmpty ? nil : onPart
        self.progress = progress
        self.cancellation = cancellation
    }

    /// Runs the merge. When it throws, nothing that it wrote is left in storage but the outputs of parts that
    /// `onPart` was told.
    package func run() throws -> MergeResult {
        try checkFinished()
        let isUpsert = context.kind == .upsert
        let files = try MergeInput.open(
            inputs, schema: context.schema, isUpsert: isUpsert, { try context.open($0) })
        let survey = try MergeSurvey(files)
        // Stops all ranges when one fails.
        let stop = Cancellation(parent: cancellation)
        let monitor = MergeMonitor(survey.inputs, cancellation: stop, progress: progress)
        note(finished, files.map(\.file.entry.id), monitor)
        let demand = MergeDemand(try files.map { try InputFootprint($0.file, range: $0.range) })
        let layout = try layout(survey, demand)
        let merges = try rangeMerges(files, layout, monitor)
        do {
            try RangeWorkers.run(merges, count: layout.concurrency, stop: stop)
            let result = MergeResult(
                finished + merges.flatMap(\.parts),
                rowsPassedThrough: merges.reduce(0) { $0 + $1.rowsPassedThrough })
            try survey.check(result, finished, monitor)
            monitor.finished()
            return result
        } catch {
            if onPart == nil { merges.forEach { $0.discard() } }
            throw error
        }
    }

    /// The ranges that are left to merge, how many of them at the same time, and with what memory.
    private struct Layout {
        var ranges: [KeyRange]
        var concurrency: Int
        var openBytes: Int
        var memory: MergeMemory
    }

    private func layout(_ survey: MergeSurvey, _ demand: MergeDemand) throws -> Layout {
        guard let gaps = MergeRanges.gaps(between: finished.map(\.range)) else {
            throw MergeError(.resuming, "parts said to be finished overlap")
        }
        var wanted = context.schema.dataKeyColumns.isEmpty ? 1 : options.rangeCount
        while true {
            let ranges =
                gaps.count < wanted
                ? MergeRanges.split(gaps, into: wanted, samples: try survey.samples()) : gaps
            let (concurrency, openBytes) = demand.concurrency(
                ranges, atMost: wanted, memoryBytes: options.memoryBytes)
            // What is not merged at the same time is not cut: each cut costs pages that are read twice.
            if concurrency < min(wanted, ranges.count), ranges.count > gaps.count {
                wanted -= 1
                continue
            }
            let memory = MergeMemory(
                limitBytes: options.memoryBytes, ranges: concurrency, openBytes: openBytes,
                footerBytes: demand.footerBytes)
            return Layout(
                ranges: ranges, concurrency: concurrency, openBytes: openBytes, memory: memory)
        }
    }

    private func rangeMerges(
        _ files: [(file: OpenDataFile, range: KeyRange)], _ plan: Layout, _ monitor: MergeMonitor
    ) throws -> [RangeMerge] {
        let memory = plan.memory
        var layout = fileOptions
        layout.rowGroupBytes = min(layout.rowGroupBytes, memory.rowGroupBytes)
        let told = Monitor(())
        let pace = RangePace(options.mayRunSeveral)
        return try plan.ranges.map { range in
            let writer = DataFileWriter(context, options: layout)
            let blocks = try MergedBlocks(
                files, clip: range,
                options: MergedBlocks.Options(
                    isUpsert: context.kind == .upsert, dropsDeletes: options.dropsDeletes, age: options.age,
                    canPass: { writer.canCopy(from: $0) }, smallestPassedBytes: layout.smallestPassedBytes,
                    inputBytes: memory.inputBytes, openBytes: plan.openBytes,
                    // A piece that is large next to a file would overshoot its target.
                    batchBytes: min(memory.batchBytes, Int(clamping: layout.targetFileSizeBytes / 8))),
                monitor: monitor)
            return RangeMerge(
                range, of: files.map(\.file.entry.id), blocks, into: writer,
                cancellation: monitor.cancellation, pace: pace
            ) { [onPart] part in
                try told.withLock { _ in try onPart?(part) }
            }
        }
    }

    /// Counts rows of finished parts as read.
    private func note(_ finished: [JobPart], _ files: [FileID], _ monitor: MergeMonitor) {
        for (input, file) in files.enumerated() {
            let rows = finished.reduce(0) { $0 + ($1.rowsInByFile[file] ?? 0) }
            if rows > 0 { monitor.read(Int(clamping: rows), of: input) }
        }
    }

    /// Whether the parts said to be finished can be: their rows add up, they are of these inputs and their files are
    /// there.
    private func checkFinished() throws(MergeError) {
        let known = Set(inputs.map(\.entry.id))
        let hasKey = !context.schema.dataKeyColumns.isEmpty
        for part in finished {
            guard hasKey, part.rowsIn == part.rowsInByFile.values.reduce(0, +),
                part.rowsIn == part.rowsOut + part.rowsDropped,
                part.rowsInByFile.keys.allSatisfy({ known.contains($0) })
            else { throw MergeError(.resuming, "a part said to be finished is not one of this merge") }
            for output in part.outputs {
                guard try sizeBytes(of: output) == output.sizeBytes else {
                    throw MergeError(
                        .resuming, "the output of a part said to be finished is not there",
                        path: output.path)
                }
            }
        }
    }

    private func sizeBytes(of output: FileEntry) throws(MergeError) -> Int64? {
        do throws(StorageError) {
            let key = ObjectKey.child(output.path, of: context.directory)
            return try context.storage.metadata(of: key).map { Int64(clamping: $0.sizeBytes) }
        } catch {
            throw MergeError(
                .storage, "a finished output cannot be looked at: \(error)", path: output.path,
                underlying: error)
        }
    }
}
