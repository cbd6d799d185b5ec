import Bytes
import Compaction
import Metadata
import Platform
import Tables

/// `compact/<job>/`: what a compaction is, why, and how far it has come.
final class JobDirectory: TreeNode {
    private let tree: TableTree
    private let job: JobView
    private let base: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ job: JobView) {
        self.tree = tree
        self.job = job
        base = "compact/" + ByteString(job.job.id.description)
        id = tree.number(base)
    }

    static let fileNames: [ByteString] = ["state", "progress", "reason", "outputs", "ctl"]
    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }
    var entryLifetime: CacheLifetime { .none }

    /// What other sessions say of their jobs is read from storage.
    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .child = question { return tree.compaction.job(job.job.id)?.isToldByOthers ?? false }
        return false
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        tree.directory(id, permissions: 0o755, time: job.job.createdAtTimestamp * 1_000_000)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard let now = tree.compaction.jobAsTold(job.job.id) else { throw .noEntry }
        switch name {
        case "inputs":
            let (desk, id) = (tree.compaction, job.job.id)
            return InputsDirectory(tree, base + "/inputs") {
                guard let job = desk.job(id)?.job else { return nil }
                return job.inputs.map { ReferenceKey(file: $0, partition: job.partition) }
            }
        case "ctl": return try control.node()
        default:
            guard let text = JobText.text(name, now, in: tree.table.state) else { throw .noEntry }
            return try file(name, text)
        }
    }

    private func file(_ name: ByteString, _ text: String) throws(FileTreeError) -> any TreeNode {
        let time = tree.services.clock.nowMilliseconds() * 1_000_000
        return try GeneratedFile(tree, base + "/" + name) { () throws(FileTreeError) in
            Picture(Array(text.utf8), modified: time)
        }.node()
    }

    private var control: GeneratedFile {
        let id = job.job.id
        let desk = tree.compaction
        func command(
            _ name: String, _ summary: String,
            _ action: @escaping @Sendable (Table) throws(CompactionRefusal) -> Void
        ) -> ControlFile.Command {
            ControlFile.Command(name: name, summary: summary) { _ throws(FileTreeError) in
                try desk.perform(action)
            }
        }
        return ControlFile.file(
            tree, base + "/ctl",
            [
                ControlFile.Command(name: "cancel", summary: "end the job and leave its inputs as they are") {
                    _ throws(FileTreeError) in try desk.cancel(id)
                },
                command("pause", "hold the job where it is") { table throws(CompactionRefusal) in
                    try table.setCompactionPaused(true, id)
                },
                command("resume", "let it go on") { table throws(CompactionRefusal) in
                    try table.setCompactionPaused(false, id)
                },
                command("retry", "try a job again that was set aside") {
                    table throws(CompactionRefusal) in try table.compactor.retry(id)
                },
            ])
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("compact").rawValue))
        let hasFailed = tree.table.state.jobs[job.job.id]?.lastError != nil
        for name in Self.fileNames + (hasFailed ? ["error"] : []) {
            let number = tree.number(base + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .regular)
        }
        let inputs = tree.number(base + "/inputs")
        builder.append("inputs", inode: InodeNumber(inputs.rawValue), kind: .directory)
        return builder.finish()
    }

    /// The job is gone: so are the pictures of its files.
    static func forget(_ job: JobID, _ tree: TableTree) {
        let base = "compact/" + ByteString(job.description) + "/"
        for name in fileNames + ["error"] {
            tree.services.pictures.remove(InodeNumber(tree.number(base + name).rawValue))
        }
    }
}

/// What the files of a job's directory say.
enum JobText {
    static func text(_ name: ByteString, _ view: JobView, in state: TableState) -> String? {
        switch name {
        case "state": view.phase.rawValue + "\n"
        case "progress": progress(view)
        case "reason": view.reason.display + "\n"
        case "outputs": outputs(view, in: state)
        case "error": view.job.lastError.map { $0.display + "\n" }
        default: nil
        }
    }

    /// Flat keys, as in a cgroup's files; what is not known is left out.
    private static func progress(_ view: JobView) -> String {
        var lines = [
            "bytesTotal \(view.bytesTotal)", "bytesDone \(view.bytesDone)", "rowsTotal \(view.rowsTotal)",
            "inputs \(view.job.inputs.count)", "attempt \(view.job.attempt)",
            "failures \(view.job.failureCount)",
        ]
        if let rate = view.bytesPerSecond { lines.append("bytesPerSecond \(rate)") }
        if let seconds = view.remainingSeconds { lines.append("remainingSeconds \(seconds)") }
        if let started = view.startedAtMilliseconds {
            lines.append("started \(TimestampText.iso(milliseconds: started))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The finished files, which no version names yet: path, bytes and rows, a line each; `-` where that is not in
    /// the log.
    private static func outputs(_ view: JobView, in state: TableState) -> String {
        let known = (state.jobs[view.job.id] ?? view.job).parts.flatMap(\.outputs)
        let recorded = Set(known.map(\.path))
        let lines = known.map { file in
            "\(file.path.display) \(file.sizeBytes) \(file.rowCount.map(String.init) ?? "-")\n"
        }
        return (lines + view.outputs.filter { !recorded.contains($0) }.map { "\($0.display) - -\n" }).joined()
    }
}
