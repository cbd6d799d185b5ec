import Bytes
import Compaction
import Metadata
import Platform
import Tables

/// `compact/`: a directory for each job, and the history of those that are done; what is moved in becomes one.
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

    /// The history reads version files.
    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .child(let name) = question { return HistoryFile.names.contains(name) }
        return false
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        if HistoryFile.names.contains(name) { return try HistoryFile.node(name, tree) }
        if let batch = tree.compaction.batch, name == Self.name(batch) {
            return GatheringDirectory(tree, batch: batch.number, name)
        }
        if let job = job(name) { return JobDirectory(tree, job) }
        guard let arrival = tree.compaction.arrival(name) else { throw .noEntry }
        return ArrivalNode(tree, name, of: arrival)
    }

    private func job(_ name: ByteString) -> JobView? {
        guard name.count == 16, let number = Hex.parse(name.bytes) else { return nil }
        return tree.compaction.job(JobID(number))
    }

    private static func name(_ batch: CompactionDesk.Batch) -> ByteString {
        gatheringPrefix + ByteString(Hex.string(batch.number))
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var names = tree.table.state.jobs.keys.sorted().map { ByteString($0.description) }
        if let batch = tree.compaction.batch { names.append(Self.name(batch)) }
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("").rawValue), expectedCount: names.count)
        for name in names {
            let number = tree.number("compact/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        for name in HistoryFile.names {
            let number = tree.number("compact/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }

    /// Cancels a job.
    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        guard let job = job(name) else { throw .noEntry }
        try tree.compaction.cancel(job.job.id)
    }
}
