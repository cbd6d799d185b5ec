import Bytes
import Metadata
import Platform
import Tables

/// `<table>/`: what there is to see and to do.
final class TableNode: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("")
    }

    var table: TableTree? { tree }
    var isGone: Bool { tree.isGone }
    var path: ByteString { tree.table.name }

    func isSlow(_ question: NodeQuestion) -> Bool { false }

    func attributes() throws(FileTreeError) -> FileAttributes {
        tree.directory(id, permissions: tree.mode)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        if let directory = directory(name) { return directory }
        if let file = GeneratedFile.ofTable(name, tree) { return try file.node() }
        throw .noEntry
    }

    private func directory(_ name: ByteString) -> (any TreeNode)? {
        switch name {
        case "live", "runs":
            name == tree.filesName
                ? HiveDirectory(tree, .current, base: name, prefix: ByteString()) : nil
        case "partitions": PartitionDirectory(tree, .current, base: name)
        case "states": StatesDirectory(tree)
        case "gc": GarbageDirectory(tree)
        case "log": LogDirectory(tree)
        case "receipts": ReceiptsDirectory(tree)
        case "reports": ReportsDirectory(tree)
        case "properties": PropertiesDirectory(tree)
        case "events": EventsNode(tree)
        case "rejected": tree.table.isReadOnly ? nil : RejectedDirectory(tree)
        case "ingest":
            tree.table.isReadOnly ? ReadOnlyDirectory(tree, name) : tree.staging.rootNode(tree)
        case "compact":
            tree.table.isReadOnly ? ReadOnlyDirectory(tree, name) : CompactDirectory(tree)
        default: nil
        }
    }

    /// All of `live/` or `partitions/` may be moved into `compact/`.
    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext
    ) throws(FileTreeError) {
        guard let files = directory(name) as? any CatalogueDirectory, target is CompactDirectory,
            target.table === tree
        else {
            try tree.checkWritable()
            throw .immutable("\(path)/\(name) cannot be renamed", remedy: tree.moveRemedy)
        }
        try tree.compaction.gather(try files.wholeRequest())
        tree.compaction.arrived(newName, files, in: target)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(directory: inode, parent: .root, expectedCount: 24)
        var directories: [ByteString] = [
            tree.filesName, "partitions", "states", "gc", "log", "receipts", "reports", "properties",
            "ingest", "compact",
        ]
        if !tree.table.isReadOnly { directories.append("rejected") }
        for name in directories {
            let isStaging = name == "ingest" && !tree.table.isReadOnly
            let number = isStaging ? tree.staging.root : tree.number(name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        for name in GeneratedFile.namesOfTable + ["events"] {
            builder.append(name, inode: InodeNumber(tree.number(name).rawValue), kind: .regular)
        }
        return builder.finish()
    }
}

extension TableTree {
    /// The directory of all live files: of an upsert table they may hold older versions of a row.
    var filesName: ByteString { table.state.definition.kind == .append ? "live" : "runs" }
}
