import Bytes
import Metadata
import Platform
import Storage

extension Table {
    /// A commit after which the live files, and where they are referenced, are those of an older version.
    func restoring(_ version: Version, in state: TableState) throws(StoreError) -> VerbPlan {
        let target = try wholeState(at: version, in: state)
        guard target.definition.partitionColumns == state.definition.partitionColumns else {
            throw StoreError(
                .eopnotsupp, "version \(version) has other partition columns than the table has now")
        }
        var plan = VerbPlan("RESTORE", "version \(version) is restored", in: state)
        plan.notes = [("restored", ByteString(version.description))]
        let difference = try RestoreDifference(from: state, to: target)
        try checkFree(difference.leaving, in: state)
        try checkPartitions(difference.coming, of: target, in: state)
        plan.added = difference.new.map(VerbPlan.File.init).sorted { $0.path < $1.path }
        plan.removed = difference.gone.map(VerbPlan.File.init).sorted { $0.path < $1.path }
        try checkBytes(difference.new)
        plan.actions = difference.leaving.map(\.removal)
        for file in difference.coming {
            var entry = file.entry
            entry.dataChange = true
            // Where partitions began anew, a whole file comes back above those that there are now.
            let isMoved = lostPartition(of: file, target, in: state) != nil
            if isMoved { entry.partition = nil }
            plan.actions.append(.add(entry))
            for reference in isMoved ? [] : target.references.references(of: file.id) {
                plan.actions.append(.operation(.putReference(reference)))
            }
        }
        return plan
    }

    /// A partition that the file was live in and that is not there now.
    private func lostPartition(
        of file: FileView, _ target: TableState, in state: TableState
    ) -> PartitionID? {
        target.partitions(of: file).first { partition in
            partition != file.root
                && (state.partitions[partition] == nil || state.partitions.root(of: partition) != file.root)
        }
    }

    /// A partition that was split stays one, and may be referenced; one that is not there may not.
    private func checkPartitions(
        _ files: [FileView], of target: TableState, in state: TableState
    ) throws(StoreError) {
        for file in files where !target.isWhole(file) {
            guard let partition = lostPartition(of: file, target, in: state) else { continue }
            throw StoreError(
                .eopnotsupp,
                "file \(file.path) was live in part, in partition \"\(partition)\", which is not there now")
        }
    }

    /// The bytes of files that come back must be there, in their length.
    private func checkBytes(_ files: [FileView]) throws(StoreError) {
        for file in files {
            let path = file.path
            do throws(StorageError) {
                guard let found = try storage.metadata(of: key(path)) else {
                    throw StorageError(.notFound, .metadata, key(path))
                }
                guard found.sizeBytes == UInt64(file.sizeBytes) else {
                    throw StorageError(
                        .invalid, .metadata, key(path),
                        detail: "it has \(found.sizeBytes) bytes, \(file.sizeBytes) are expected")
                }
            } catch {
                switch error.kind {
                case .notFound: throw StoreError(.estale, "the file \(path) is gone from the store")
                default: throw StoreError(error)
                }
            }
        }
    }
}

/// What has to be removed and added for the live files of one state to become those of another.
struct RestoreDifference {
    /// Live in one state only.
    private(set) var gone: [FileView] = []
    private(set) var new: [FileView] = []
    /// What is removed and what is added, in this order: also files of both states that were referenced otherwise,
    /// or whose rows would be too old or too new beside those that come back.
    private(set) var leaving: [FileView] = []
    private(set) var coming: [FileView] = []

    init(from state: TableState, to target: TableState) throws(StoreError) {
        state.files.forEach { if target.files.view(path: $0.path) == nil { gone.append($0) } }
        var staying: [FileView] = []
        var anew: Set<FileID> = []
        target.files.forEach { file in
            guard let live = state.files.view(path: file.path) else {
                new.append(file)
                return
            }
            let isSame =
                Set(state.partitions(of: live)) == Set(target.partitions(of: file))
                && (state.definition.kind == .append || live.sequence == file.sequence)
            if !isSame { anew.insert(file.id) }
            staying.append(file)
        }
        if state.definition.kind == .upsert { try Self.keepOrder(&anew, new, staying) }
        leaving = gone + staying.filter { anew.contains($0.id) }.compactMap { state.files.view($0.id) }
        coming = (new + staying.filter { anew.contains($0.id) }).sorted {
            ($0.sequence, $0.path) < ($1.sequence, $1.path)
        }
    }

    /// A file that is added again is newer than all that stays, unless its rows have sequences of their own. So all
    /// such files of its root partition are added again, in their old order.
    private static func keepOrder(
        _ anew: inout Set<FileID>, _ new: [FileView], _ staying: [FileView]
    ) throws(StoreError) {
        let changed = Set((new + staying.filter { anew.contains($0.id) }).map(\.root))
        let affected = (new + staying).filter { changed.contains($0.root) }.map(RowAges.File.init)
        for (_, files) in Dictionary(grouping: affected, by: \.view.root) {
            let implicit = files.filter { !$0.isExplicit }
            let again = Set(new.map(\.id)).union(anew)
            guard implicit.contains(where: { again.contains($0.view.id) }) else { continue }
            for merged in files where merged.isExplicit {
                guard
                    let older = implicit.first(where: {
                        $0.newest < merged.newest && $0.mayShareKeys(with: merged)
                    })
                else { continue }
                throw StoreError(
                    .eopnotsupp,
                    "\(older.view.path) would become newer than \(merged.view.path), whose rows may replace its own: "
                        + "this version of an upsert table cannot be put together again from its files")
            }
            anew.formUnion(implicit.map(\.view.id))
        }
        anew.subtract(new.map(\.id))
    }
}
