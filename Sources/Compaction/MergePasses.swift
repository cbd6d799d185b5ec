import Merge
import Metadata
import Platform
import Storage

/// Merges the inputs of a job, in several passes where they are too many, or their pages too large, to be open at once.
///
/// A pass merges neighbours by sequence, so that order and newest rows come out as in one merge; its files are
/// no part of the table and are deleted at the end. It merges no more than it has to.
struct MergePasses {
    let target: MergeTarget
    let maxInputs: Int
    /// How many ranges of keys are merged at the same time; nil is one.
    var ranges: RangeChoice?
    /// For all ranges together.
    var memoryBytes = 128 << 20
    /// Of an earlier attempt, and who is told of what this one finishes; several passes begin anew.
    var finished: [JobPart] = []
    var onPart: (@Sendable (JobPart) throws -> Void)?
    let cancellation: Cancellation
    /// Called with about how many bytes of the inputs are done.
    let progress: @Sendable (Int64) -> Void

    /// Whether the inputs can all be open at once.
    func isOnePass() throws -> Bool {
        try PassPlan(count: target.inputs.count, maxInputs: maxInputs, fits: fits(target.inputs)).isLast
    }

    /// When it throws, nothing that it wrote is left in storage but what `onPart` was told of.
    func run() throws -> MergeResult {
        var inputs = target.inputs.sorted {
            ($0.entry.sequence, $0.entry.path) < ($1.entry.sequence, $1.entry.path)
        }
        let originals = Set(inputs.map(\.entry.id))
        var between: [FileEntry] = []
        defer { delete(between) }
        var rowsInByFile: [FileID: Int64] = [:]
        var dropped: Int64 = 0
        var done = 0.0
        var isFirst = true
        while true {
            let plan = PassPlan(count: inputs.count, maxInputs: maxInputs, fits: try fits(inputs))
            // Of what is left to do, each pass is taken for as much as the others.
            let share = (1 - done) / Double(plan.isLast ? 1 : 2)
            if plan.isLast {
                var result = try run(inputs, isLast: true, isOnly: isFirst, progress: (done, share))
                if isFirst { return result }
                rowsInByFile.merge(result.rowsInByFile.filter { originals.contains($0.key) }) { $0 + $1 }
                result.rowsInByFile = rowsInByFile
                result.rowsIn = rowsInByFile.values.reduce(0, +)
                result.rowsDropped += dropped
                return result
            }
            isFirst = false
            var next: [MergeInput] = []
            let total = Double(max(bytes(inputs), 1))
            for group in plan.groups {
                let some = Array(inputs[group])
                let part = share * Double(bytes(some)) / total
                defer { done += part }
                if some.count == 1 {
                    next += some
                    continue
                }
                let result = try run(some, isLast: false, isOnly: false, progress: (done, part))
                between += result.outputs
                dropped += result.rowsDropped
                rowsInByFile.merge(result.rowsInByFile.filter { originals.contains($0.key) }) { $0 + $1 }
                // They stand for their group in the order of the sequences.
                next += result.outputs.map { output in
                    var entry = output
                    entry.addedAtVersion = some[0].entry.addedAtVersion
                    entry.ordinal = some[0].entry.ordinal
                    return MergeInput(entry)
                }
            }
            // A pass whose outputs are as many as its inputs would go on for ever.
            guard next.count < inputs.count else {
                throw MergeError(
                    .storage, "\(inputs.count) files cannot be merged, \(maxInputs) at a time")
            }
            inputs = next
            let kept = Set(inputs.map(\.entry.id))
            delete(between.filter { !kept.contains($0.id) })
            between.removeAll { !kept.contains($0.id) }
        }
    }

    /// Tells whether some inputs can be open at once.
    private func fits(_ inputs: [MergeInput]) throws -> (Range<Int>) -> Bool {
        // What is open is never more than all that there is, and then the files need not be looked at.
        let sizes = inputs.map { $0.entry.uncompressedSizeBytes ?? .max }
        if !sizes.contains(.max), sizes.reduce(0, &+) <= Int64(memoryBytes) / 8 { return { _ in true } }
        let demand = try MergeDemand(inputs, target.context)
        return { [memoryBytes] in demand.fits($0, memoryBytes: memoryBytes) }
    }

    /// - Parameter progress: the share of the job that was done before, and that of this merge.
    private func run(
        _ inputs: [MergeInput], isLast: Bool, isOnly: Bool, progress place: (done: Double, share: Double)
    ) throws -> MergeResult {
        let total = Double(bytes(target.inputs))
        let here = Double(max(bytes(inputs), 1))
        var options = target.options
        if !isLast { options.targetFileSizeBytes = 1 << 50 }
        var merging = MergeRun.Options(
            dropsDeletes: isLast && target.proof != nil, rangeCount: isLast ? ranges?.choose() ?? 1 : 1,
            memoryBytes: memoryBytes)
        if isLast, let ranges { merging.mayRunSeveral = { ranges.mayRunSeveral } }
        merging.age = target.age
        return try MergeRun(
            inputs, target.context, files: options, options: merging, finished: isOnly ? finished : [],
            onPart: isOnly ? onPart : nil,
            progress: { [progress] bytes in
                let part = place.done + place.share * min(Double(bytes) / here, 1)
                progress(isOnly ? bytes : Int64(total * min(part, 1)))
            }, cancellation: cancellation
        ).run()
    }

    private func bytes(_ inputs: [MergeInput]) -> Int64 { inputs.reduce(0) { $0 + $1.entry.sizeBytes } }

    private func delete(_ files: [FileEntry]) {
        // What cannot be deleted is an orphan, which garbage collection finds.
        for file in files {
            try? target.context.storage.delete(ObjectKey.child(file.path, of: target.context.directory))
        }
    }
}
