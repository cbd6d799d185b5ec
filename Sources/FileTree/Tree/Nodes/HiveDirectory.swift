import Bytes
import Metadata
import Tables

/// A directory of `live/` or `runs/`: every live file once, below the path of its root partition.
final class HiveDirectory: CatalogueDirectory {
    let tree: TableTree
    let view: TableView
    /// Below the table: `live`, `states/42/runs`, ….
    let base: ByteString
    /// `date=2024-01-01/region=eu`; empty at the top.
    let prefix: ByteString
    let id: NodeID
    private let newest = VersionedValue<DirectorySnapshot>()

    init(_ tree: TableTree, _ view: TableView, base: ByteString, prefix: ByteString) {
        self.tree = tree
        self.view = view
        self.base = base
        self.prefix = prefix
        id = tree.number(prefix.isEmpty ? base : base + "/" + prefix)
    }

    var path: ByteString { tree.path(prefix.isEmpty ? base : base + "/" + prefix) }

    func isSlow(_ question: NodeQuestion) -> Bool {
        if mayWait(question) { return true }
        switch question {
        case .child, .listing: return !tree.hasCountedTakenRows
        default: return false
        }
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        let state = try settledState()
        try checkWhole(state)
        let catalogue = Catalogue(state)
        if let file = catalogue.file(named: name, in: prefix) { return DataFileNode(tree, file, view) }
        let below = self.below(name)
        if catalogue.isDirectory(below) { return HiveDirectory(tree, view, base: base, prefix: below) }
        if view == .current, let entry = catalogue.garbage(named: name, in: prefix) {
            return DataFileNode(tree, entry)
        }
        throw .noEntry
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let state = try settledState()
        try checkWhole(state)
        return newest.get(state.version) { makeSnapshot(Catalogue(state)) }
    }

    /// While some files are live by halves, no set of whole files has each row once: better nothing than that.
    private func checkWhole(_ state: TableState) throws(FileTreeError) {
        guard tree.takenRows(of: state) > 0 else { return }
        let name = tree.table.name
        throw .unsupported(
            "\(path) shows whole files, and \(state.takenRows) rows of live files are no longer theirs: they were "
                + "compacted for some of the partitions alone (compaction.partialReferences)",
            remedy: "read by key with `firn files STORE/\(name) --key FROM..TO`, or finish the files: "
                + "echo false > \(tree.path("properties/compaction.partialReferences")); "
                + "echo compact > \(tree.path("ctl"))")
    }

    private func below(_ name: ByteString) -> ByteString { prefix.isEmpty ? name : prefix + "/" + name }

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
        return InodeNumber(tree.number(Catalogue.parent(of: whole)).rawValue)
    }

    // MARK: Moving into compact/

    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext
    ) throws(FileTreeError) {
        try checkMove(name, to: target)
        let node = try child(name)
        let state = tree.table.state
        let catalogue = Catalogue(state)
        let request: CompactionRequest
        if let file = catalogue.file(named: name, in: prefix) {
            request = CompactionRequest(files: [file.id])
        } else if let directory = node as? HiveDirectory {
            request = try directory.wholeRequest()
        } else if let entry = catalogue.garbage(named: name, in: prefix) {
            throw .replaced(entry)
        } else {
            throw .noEntry
        }
        try tree.compaction.gather(request)
        tree.compaction.arrived(newName, node, in: target)
    }

    func wholeRequest() throws(FileTreeError) -> CompactionRequest {
        let state = tree.table.state
        try checkWhole(state)
        let catalogue = Catalogue(state)
        let partitions = catalogue.partitions(below: prefix).flatMap { state.partitions.nodes(below: $0) }
        return try tree.compaction.whole(partitions, of: path, in: state)
    }
}
