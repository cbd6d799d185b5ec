import Merge
import Metadata
import Platform
import Storage

/// Merges the inputs of a job, in several passes where they are too many to be open at once.
///
/// A pass merges neighbours by sequence, so that order and newest rows come out as in one merge; its files are
/// no part of the table and are deleted at the end.
struct MergePasses {
    let target: MergeTarget
    let maxInputs: Int
    /// Ranges of keys that are merged at the same time, and the memory for all of them.
    var rangeCount = 1
    var memoryBytes = 128 << 20
    /// Of an earlier attempt, and who is told of what this one finishes; several passes begin anew.
    var finished: [JobPart] = []
    var onPart: (@Sendable (JobPart) throws -> Void)?
    let cancellation: Cancellation
    /// Called with about how many bytes of the inputs are done.
    let progress: @Sendable (Int64) -> Void

    /// When it throws, nothing that it wrote is left in storage but what `onPart` was told of.
    func run() throws -> MergeResult {
        var inputs = target.inputs.sorted {
            ($0.entry.sequence, $0.entry.path) < ($1.entry.sequence, $1.entry.path)
        }
        let passCount = passes(inputs.count)
        var between: [FileEntry] = []
        defer { delete(between[...]) }
        var rowsIn: Int64?
        var rowsInByFile: [FileID: Int64] = [:]
        var dropped: Int64 = 0
        for pass in 0..<(passCount - 1) {
            var next: [MergeInput] = []
            var passRows: Int64 = 0
            var done: Int64 = 0
            let before = between.count
            for start in stride(from: 0, to: inputs.count, by: maxInputs) {
                let group = Array(inputs[start..<min(start + maxInputs, inputs.count)])
                let result = try run(group, isLast: false, pass: pass, of: passCount, before: done)
                done += bytes(group)
                between += result.outputs
                passRows += result.rowsIn
                if pass == 0 { rowsInByFile.merge(result.rowsInByFile) { $0 + $1 } }
                dropped += result.rowsDropped
                // They stand for their group in the order of the sequences.
                next += result.outputs.map { output in
                    var entry = output
                    entry.addedAtVersion = group[0].entry.addedAtVersion
                    entry.ordinal = group[0].entry.ordinal
                    return MergeInput(entry)
                }
            }
            rowsIn = rowsIn ?? passRows
            // A pass whose outputs are as many as its inputs would go on for ever.
            guard next.count < inputs.count else {
                throw MergeError(
                    .storage, "\(inputs.count) files cannot be merged, \(maxInputs) at a time")
            }
            inputs = next
            delete(between[..<before])
            between.removeFirst(before)
        }
        var result = try run(inputs, isLast: true, pass: passCount - 1, of: passCount, before: 0)
        result.rowsIn = rowsIn ?? result.rowsIn
        if passCount > 1 { result.rowsInByFile = rowsInByFile }
        result.rowsDropped += dropped
        return result
    }

    private func passes(_ count: Int) -> Int {
        var count = count
        var passes = 1
        while count > maxInputs {
            count = (count + maxInputs - 1) / maxInputs
            passes += 1
        }
        return passes
    }

    private func run(
        _ inputs: [MergeInput], isLast: Bool, pass: Int, of passCount: Int, before: Int64
    ) throws -> MergeResult {
        let total = bytes(target.inputs)
        let passTotal = max(total, 1)
        var options = target.options
        if !isLast { options.targetFileSizeBytes = 1 << 50 }
        let share = Double(total) / Double(passCount)
        var merging = MergeRun.Options(
            dropsDeletes: isLast && target.proof != nil, rangeCount: rangeCount, memoryBytes: memoryBytes)
        merging.age = target.age
        return try MergeRun(
            inputs, target.context, files: options, options: merging,
            finished: passCount == 1 ? finished : [], onPart: passCount == 1 ? onPart : nil,
            progress: { [progress] bytes in
                let part = min(Double(before + bytes) / Double(passTotal), 1)
                progress(passCount == 1 ? bytes : Int64(share * (Double(pass) + part)))
            }, cancellation: cancellation
        ).run()
    }

    private func bytes(_ inputs: [MergeInput]) -> Int64 { inputs.reduce(0) { $0 + $1.entry.sizeBytes } }

    private func delete(_ files: ArraySlice<FileEntry>) {
        // What cannot be deleted is an orphan, which garbage collection finds.
        for file in files {
            try? target.context.storage.delete(ObjectKey.child(file.path, of: target.context.directory))
        }
    }
}
