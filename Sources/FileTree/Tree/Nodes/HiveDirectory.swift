import Bytes
import Metadata
import Platform
import Synchronization
import Tables

/// A directory of `live/`, `runs/` or `partitions/`, of the current version or of a pinned one.
///
/// The listing is made once a version; a lookup asks the state. In the current view a name resolves as long as
/// the file's bytes are there, listed or not.
final class HiveDirectory: TreeNode {
    let tree: TableTree
    let view: TableView
    /// Below the table: `live`, `states/42/partitions`, ….
    let base: ByteString
    /// `date=2024-01-01/region=eu`; empty at the top.
    let prefix: ByteString
    let id: NodeID
    private let newest = Mutex<(version: Version, snapshot: DirectorySnapshot)?>(nil)

    init(_ tree: TableTree, _ view: TableView, base: ByteString, prefix: ByteString) {
        self.tree = tree
        self.view = view
        self.base = base
        self.prefix = prefix
        id = tree.number(prefix.isEmpty ? base : base + "/" + prefix)
    }

    var table: TableTree? { tree }
    var listsDetails: Bool { true }
    var path: ByteString { tree.path(prefix.isEmpty ? base : base + "/" + prefix) }

    func isSlow(_ question: NodeQuestion) -> Bool {
        guard !tree.isReady(view) else { return isSettling(question) }
        return true
    }

    /// While a file is between its last close and its commit, whoever looks for the result waits a moment.
    private func isSettling(_ question: NodeQuestion) -> Bool {
        guard view == .current else { return false }
        switch question {
        case .child, .listing: return tree.staging.isSettling
        default: return false
        }
    }

    private func settle() { if view == .current { tree.staging.waitUntilSettled() } }

    func attributes() throws(FileTreeError) -> FileAttributes {
        guard view != .current else { return tree.directory(id, permissions: 0o555) }
        return tree.directory(id, permissions: 0o555, time: try tree.state(view).timestamp * 1_000_000)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        settle()
        let catalogue = Catalogue(try tree.state(view))
        if let file = catalogue.file(named: name, in: prefix) { return DataFileNode(tree, file, view) }
        let below = prefix.isEmpty ? name : prefix + "/" + name
        if catalogue.isDirectory(below) { return HiveDirectory(tree, view, base: base, prefix: below) }
        if view == .current, let entry = catalogue.garbage(named: name, in: prefix) {
            return DataFileNode(tree, entry)
        }
        throw .noEntry
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        settle()
        let state = try tree.state(view)
        if let known = newest.withLock({ $0 }), known.version == state.version { return known.snapshot }
        let snapshot = makeSnapshot(Catalogue(state))
        newest.withLock { newest in
            if newest.map({ $0.version < state.version }) ?? true { newest = (state.version, snapshot) }
        }
        return snapshot
    }

    private func makeSnapshot(_ catalogue: Catalogue) -> DirectorySnapshot {
        let files = catalogue.files(in: prefix)
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: parentInode, expectedCount: files.count)
        let start = prefix.isEmpty ? base + "/" : base + "/" + prefix + "/"
        for name in catalogue.directories(in: prefix) where name.count <= 255 {
            let number = tree.number(start + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        for file in files {
            let number = tree.number(file.id)
            builder.append(catalogue.shownName(file), inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }

    private var parentInode: InodeNumber {
        let whole = prefix.isEmpty ? base : base + "/" + prefix
        let slash = whole.bytes.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { ByteString(whole.bytes[..<$0]) } ?? ByteString()
        return InodeNumber(tree.number(parent).rawValue)
    }

    /// Files and directories of the current view may be moved into `compact/`.
    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext
    ) throws(FileTreeError) {
        guard target is CompactDirectory, target.table === tree, view == .current else {
            throw .immutable(
                "\(path)/\(name) cannot be renamed; data files may only be moved into \(tree.path("compact"))"
            )
        }
        let catalogue = Catalogue(tree.table.state)
        if let file = catalogue.file(named: name, in: prefix) {
            let node = try child(name)
            try tree.compaction.gather([file.id])
            return tree.compaction.arrived(newName, node, in: target)
        }
        let below = prefix.isEmpty ? name : prefix + "/" + name
        if catalogue.isDirectory(below) {
            let files = catalogue.partitions(below: below).flatMap { partition in
                catalogue.state.files.files(in: partition).map(\.id)
            }
            let node = try child(name)
            try tree.compaction.gather(files)
            return tree.compaction.arrived(newName, node, in: target)
        }
        if let entry = catalogue.garbage(named: name, in: prefix) {
            throw .gone("\(entry.path) was replaced in version \(entry.removedAtVersion)")
        }
        throw .noEntry
    }
}
