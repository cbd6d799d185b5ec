import Bytes
import Metadata
import Platform

extension Table {
    /// Live files by their paths, each as the log has it or as a mount shows it.
    func removing(_ paths: [ByteString], in state: TableState) throws(StoreError) -> VerbPlan {
        var files: [FileView] = []
        var seen: Set<FileID> = []
        for path in paths {
            let stored = Self.storedPath(path)
            guard let file = state.files.view(path: stored) else {
                guard let gone = state.garbage[FileID(path: stored)], gone.path == stored else {
                    throw StoreError(.enoent, "the table has no live file \(stored)")
                }
                let job = gone.job.map { " by job \($0)" } ?? ""
                throw StoreError(.estale, "\(stored) was removed in version \(gone.removedAtVersion)\(job)")
            }
            if seen.insert(file.id).inserted { files.append(file) }
        }
        let what = files.count == 1 ? "1 file is removed" : "\(files.count) files are removed"
        return try removal("REMOVE", what, of: files, in: state)
    }

    /// `live/…`, `runs/…` and `partitions/…` of a mount are `data/…` in the table.
    private static func storedPath(_ path: ByteString) -> ByteString {
        var bytes = path.bytes[...]
        if bytes.starts(with: "./".utf8) { bytes = bytes.dropFirst(2) }
        for shown in ["live/", "runs/", "partitions/"] where bytes.starts(with: shown.utf8) {
            return "data/" + ByteString(bytes.dropFirst(shown.utf8.count))
        }
        return ByteString(bytes)
    }

    /// All files of a root partition, or of all whose first columns have these values.
    func droppingPartition(_ word: ByteString, in state: TableState) throws(StoreError) -> VerbPlan {
        let columns = state.definition.partitionColumns
        guard !columns.isEmpty else {
            throw StoreError(.einval, "the table has no partition columns; firn remove takes single files")
        }
        var bytes = word.bytes
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let path = ByteString(bytes)
        let roots = state.files.rootPartitions().filter { $0.path == path || $0.path.hasPrefix(path + "/") }
        guard !path.isEmpty, !roots.isEmpty else {
            let form = columns.map { $0.display + "=…" }.joined(separator: "/")
            throw StoreError(
                .enoent,
                "no partition \"\(path)\" has live files; partitions are named \(form), as in partitions/ of a mount, "
                    + "and the first columns alone name all partitions below")
        }
        let files = roots.flatMap { state.files.files(in: $0.id) }
        let what = roots.count == 1 && roots[0].path == path ? "" : " (\(roots.count) partitions)"
        var plan = try removal("DROP PARTITION", "partition \(path)\(what) is dropped", of: files, in: state)
        plan.notes = [("partition", path)]
        return plan
    }

    /// Files that leave the live ones for good.
    func removal(
        _ operation: ByteString, _ summary: String, of files: [FileView], in state: TableState
    ) throws(StoreError) -> VerbPlan {
        try checkFree(files, in: state)
        if state.definition.kind == .upsert { try RowAges(state).checkRemoval(of: files) }
        var plan = VerbPlan(operation, summary, in: state)
        plan.removed = files.map(VerbPlan.File.init).sorted { $0.path < $1.path }
        plan.actions = files.map(\.removal)
        return plan
    }
}
