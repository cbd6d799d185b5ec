import Bytes
import Compaction
import Metadata
import Platform
import Tables

/// `compact/`: a directory for each job; what is moved in becomes one.
final class CompactDirectory: TreeNode {
    private static let gatheringPrefix: ByteString = "gathering-"
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("compact")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("compact") }
    /// Jobs come and go without a version of their own, as long as they gather.
    var attributeLifetime: CacheLifetime { .milliseconds(200) }

    func attributes() throws(FileTreeError) -> FileAttributes {
        var attributes = tree.directory(id)
        attributes.permissions = tree.mode | 0o720
        return attributes
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        if let batch = tree.compaction.batch, name == Self.name(batch) {
            return GatheringDirectory(tree, batch, name)
        }
        if let job = job(name) { return JobDirectory(tree, job) }
        guard let arrival = tree.compaction.arrival(name) else { throw .noEntry }
        return arrival
    }

    private func job(_ name: ByteString) -> JobView? {
        guard name.count == 16, let number = Hex.parse(name.bytes) else { return nil }
        return tree.compaction.job(JobID(number))
    }

    private static func name(_ batch: CompactionDesk.Batch) -> ByteString {
        gatheringPrefix + ByteString(Hex.string(batch.number))
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var names = tree.compaction.jobs.map { ByteString($0.job.id.description) }.sorted()
        if let batch = tree.compaction.batch { names.append(Self.name(batch)) }
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("").rawValue), expectedCount: names.count)
        for name in names {
            let number = tree.number("compact/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        return builder.finish()
    }

    /// Cancels a job.
    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        guard let job = job(name) else { throw .noEntry }
        try tree.compaction.perform { (compactor) throws(CompactionRefusal) in
            try compactor.cancel(job.job.id)
        }
    }
}

/// `compact/<job>/`.
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

    static let fileNames: [ByteString] = ["state", "progress", "reason", "ctl"]
    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        tree.directory(id, permissions: 0o755, time: job.job.createdAtTimestamp * 1_000_000)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard let now = tree.compaction.job(job.job.id) else { throw .noEntry }
        switch name {
        case "inputs": return InputsDirectory(tree, base + "/inputs", now.job.inputs)
        case "ctl": return try control.node()
        case "state": return try text(name, Self.state(now))
        case "progress": return try text(name, Self.progress(now))
        case "reason": return try text(name, now.reason.display + "\n")
        default: throw .noEntry
        }
    }

    private func text(_ name: ByteString, _ text: String) throws(FileTreeError) -> any TreeNode {
        let time = tree.services.clock.nowMilliseconds() * 1_000_000
        return try GeneratedFile(tree, base + "/" + name) { () throws(FileTreeError) in
            Picture(Array(text.utf8), modified: time)
        }.node()
    }

    private static func state(_ view: JobView) -> String { view.phase.rawValue + "\n" }

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

    private var control: GeneratedFile {
        let id = job.job.id
        let desk = tree.compaction
        func command(
            _ name: String, _ summary: String,
            _ action: @escaping @Sendable (Compactor) throws(CompactionRefusal) -> Void
        ) -> ControlFile.Command {
            ControlFile.Command(name: name, summary: summary) { _ throws(FileTreeError) in
                try desk.perform(action)
            }
        }
        return ControlFile.file(
            tree, base + "/ctl",
            [
                command("cancel", "end the job and leave its inputs as they are") {
                    compactor throws(CompactionRefusal) in try compactor.cancel(id)
                },
                command("pause", "hold the job where it is") { compactor throws(CompactionRefusal) in
                    try compactor.pause(id)
                },
                command("resume", "let it go on") { compactor throws(CompactionRefusal) in
                    try compactor.resume(id)
                },
                command("retry", "try a job again that was set aside") {
                    compactor throws(CompactionRefusal) in try compactor.retry(id)
                },
            ])
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("compact").rawValue))
        for name in Self.fileNames {
            let number = tree.number(base + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .regular)
        }
        let inputs = tree.number(base + "/inputs")
        builder.append("inputs", inode: InodeNumber(inputs.rawValue), kind: .directory)
        return builder.finish()
    }
}

/// `compact/gathering-…/`: what was moved in and is not a job yet.
final class GatheringDirectory: TreeNode {
    private let tree: TableTree
    private let batch: CompactionDesk.Batch
    private let base: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ batch: CompactionDesk.Batch, _ name: ByteString) {
        self.tree = tree
        self.batch = batch
        base = "compact/" + name
        id = tree.number(base)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        switch name {
        case "inputs": return InputsDirectory(tree, base + "/inputs", batch.files)
        case "state":
            let time = tree.time
            return try GeneratedFile(tree, base + "/state", maxAgeNanoseconds: .max) {
                () throws(FileTreeError) in Picture(Array("gathering\n".utf8), modified: time)
            }.node()
        default: throw .noEntry
        }
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("compact").rawValue))
        builder.append(
            "state", inode: InodeNumber(tree.number(base + "/state").rawValue), kind: .regular)
        let inputs = tree.number(base + "/inputs")
        builder.append("inputs", inode: InodeNumber(inputs.rawValue), kind: .directory)
        return builder.finish()
    }
}

/// The input files of a job: the same inodes as in `live/`.
final class InputsDirectory: TreeNode {
    private let tree: TableTree
    private let below: ByteString
    private let files: [FileID]
    let id: NodeID

    init(_ tree: TableTree, _ path: ByteString, _ files: [FileID]) {
        self.tree = tree
        below = path
        self.files = files
        id = tree.number(path)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(below) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        let state = tree.table.state
        for file in files {
            if let view = state.files.view(file), view.name == name {
                return DataFileNode(tree, view, .current)
            }
            if let entry = state.garbage[file], Catalogue.name(of: entry.path) == name {
                return DataFileNode(tree, entry)
            }
        }
        throw .noEntry
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let state = tree.table.state
        var builder = DirectorySnapshot.Builder(directory: inode, parent: inode, expectedCount: files.count)
        for file in files {
            let name = state.files.view(file)?.name ?? state.garbage[file].map { Catalogue.name(of: $0.path) }
            guard let name else { continue }
            builder.append(name, inode: InodeNumber(tree.number(file).rawValue), kind: .regular)
        }
        return builder.finish()
    }
}
