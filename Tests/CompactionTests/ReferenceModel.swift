import Bytes
import Metadata
import Testing
import TransactionLog

/// What the references of each version must say, told from the rows that the files really have.
///
/// - A count is the number of the file's rows in the partition; all references of a file, counts and estimates
///   together, have as many rows as its partitions have.
/// - A split changes no other reference, and its parts add up to what it splits.
/// - Where a compaction takes rows out of a file, counts stay as they are, and estimates share what is left for them
///   in proportion; a single one that is left becomes a count.
struct ReferenceModel {
    /// Of each file that was live at some time.
    private var keys: [FileID: [ByteString]] = [:]
    private var before: TableState
    /// How many estimates there were in all versions, how often some were scaled, and how often one became a count.
    private(set) var estimatedCount = 0
    private(set) var scaledCount = 0
    private(set) var settledCount = 0

    init(_ table: CompactionTable) { before = table.log.current }

    /// Checks every version since the last call.
    mutating func follow(_ table: CompactionTable, _ comment: Comment) throws {
        let newest = table.log.current.version.rawValue
        while before.version.rawValue < newest {
            let state = try table.log.state(at: Version(before.version.rawValue + 1))
            try check(state, table, comment)
            before = state
        }
    }

    private mutating func check(_ state: TableState, _ table: CompactionTable, _ comment: Comment) throws {
        var files: [FileView] = []
        state.files.forEach { files.append($0) }
        var taken: Int64 = 0
        for file in files {
            if keys[file.id] == nil { keys[file.id] = try table.keys(of: file.entry) }
            let references = state.references(of: file)
            let counted = references.map { rows(of: file.id, in: $0.partition, state) }
            for (reference, rows) in zip(references, counted) where !reference.isEstimated {
                #expect(reference.rowCount == rows, "\(comment), version \(state.version)")
            }
            let sum = references.reduce(0) { $0 + $1.rowCount }
            #expect(sum == counted.reduce(0, +), "\(comment), version \(state.version)")
            estimatedCount += references.count { $0.isEstimated }
            // What it is off by has to be somewhere else.
            #expect(references.count { $0.isEstimated } != 1, "\(comment), version \(state.version)")
            taken += (file.rowCount ?? 0) - sum
            if let old = before.files.view(file.id) {
                compare(before.references(of: old), references, state, comment)
            }
        }
        #expect(taken == state.takenRows, "\(comment), version \(state.version)")
    }

    private func rows(of file: FileID, in partition: PartitionID, _ state: TableState) -> Int64 {
        let node = state.partitions[partition]
        return Int64(keys[file, default: []].count { node?.contains($0) ?? true })
    }

    /// One commit splits references, or takes some.
    private mutating func compare(
        _ old: [FileReference], _ new: [FileReference], _ state: TableState, _ comment: Comment
    ) {
        let places = Set(new.map(\.partition))
        let gone = old.filter { !places.contains($0.partition) }
        if gone.isEmpty { return #expect(Set(old) == Set(new), "\(comment), version \(state.version)") }
        let children = gone.map { reference in
            new.filter { state.partitions[$0.partition]?.parent == reference.partition }
        }
        guard children.allSatisfy(\.isEmpty) else { return compareSplit(old, new, gone, children, comment) }
        compareTaking(gone, old, new, state, comment)
    }

    private func compareSplit(
        _ old: [FileReference], _ new: [FileReference], _ gone: [FileReference], _ parts: [[FileReference]],
        _ comment: Comment
    ) {
        for (reference, parts) in zip(gone, parts) {
            #expect(parts.reduce(0) { $0 + $1.rowCount } == reference.rowCount, comment)
            if reference.isEstimated { #expect(parts.allSatisfy { $0.isEstimated }, comment) }
        }
        let kept = Set(old).subtracting(gone)
        #expect(Set(new).subtracting(parts.joined()) == kept, comment)
    }

    private mutating func compareTaking(
        _ gone: [FileReference], _ old: [FileReference], _ new: [FileReference], _ state: TableState,
        _ comment: Comment
    ) {
        let left = old.filter { !gone.contains($0) }
        let counts = left.filter { !$0.isEstimated }
        #expect(Set(counts).isSubset(of: new), comment)
        let estimates = left.filter(\.isEstimated)
        let now = estimates.compactMap { old in new.first { $0.partition == old.partition } }
        guard gone.contains(where: \.isEstimated) else { return #expect(estimates == now, comment) }
        let before = estimates.reduce(0) { $0 + $1.rowCount }
        let after = now.reduce(0) { $0 + $1.rowCount }
        if now.count == 1 {
            settledCount += 1
            #expect(!now[0].isEstimated, comment)
        }
        guard now.count > 1, before > 0 else { return }
        scaledCount += 1
        for (old, new) in zip(estimates, now) {
            // Rounded to whole rows.
            #expect(new.isEstimated && abs(new.rowCount * before - old.rowCount * after) < before, comment)
        }
    }
}
