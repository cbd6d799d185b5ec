import Bytes
import Metadata
import Tables

// What the kernel must forget when versions appear. Names that are not there are never remembered. So there are
// attributes of directories that changed and of files that lost or won a reference, and names: in `partitions/` of a
// file that its partition references no more and of a partition that is gone, elsewhere of a file that was deleted.

extension TableTree {
    private static let changingDirectories: [ByteString] = [
        "", "live", "runs", "partitions", "states", "gc", "compact", "log", "receipts", "reports",
        "properties",
        "rejected",
    ]

    /// Called by the log for each new version: only queues.
    func announce(old: TableState, new: TableState, _ transactions: [CommittedTransaction]) {
        for name in GeneratedFile.namesOfTable {
            services.pictures.expire(InodeNumber(number(name).rawValue))
        }
        // These may be large: of a version that is gone they are not kept.
        for name in ReportsDirectory.names.map({ "reports/" + $0 })
            + HistoryFile.names.map({ "compact/" + $0 })
        {
            services.pictures.remove(InodeNumber(number(name).rawValue))
        }
        guard let notifier = services.notifier else { return }
        var change = CatalogueChange(self, old: old, new: new)
        for transaction in transactions {
            for action in transaction.actions { change.add(action) }
        }
        var directories = change.directories
        for path in Self.changingDirectories { directories.insert(number(path)) }
        for (parent, name) in change.names { notifier.invalidateEntry(parent, name) }
        for node in directories { notifier.invalidate(node, range: 0..<0) }
        for file in change.files { notifier.invalidate(number(file), range: 0..<0) }
        // Not what some names mean has changed, but whether any is shown; who never looked has nothing to forget.
        if hasCountedTakenRows, (old.takenRows > 0) != (new.takenRows > 0) {
            notifier.invalidateEntry(number(""), filesName)
        }
    }

    /// After a rename was answered: where it only asked for something, nothing has moved.
    func announceRename(
        from source: any TreeNode, _ name: ByteString, to target: any TreeNode, _ newName: ByteString
    ) {
        guard let notifier = services.notifier else { return }
        notifier.invalidateEntry(target.id, newName)
        notifier.invalidateEntry(source.id, name)
        notifier.invalidate(target.id, range: 0..<0)
        notifier.invalidate(source.id, range: 0..<0)
    }
}

/// What some transactions change of what a table's directories show.
private struct CatalogueChange {
    private let tree: TableTree
    private let old: PartitionCatalogue
    private let new: PartitionCatalogue
    /// Directories whose content is another.
    private(set) var directories: Set<NodeID> = []
    /// Files whose references are others.
    private(set) var files: Set<FileID> = []
    /// Names that stand for something else, or for nothing.
    private(set) var names: [(parent: NodeID, name: ByteString)] = []

    init(_ tree: TableTree, old: TableState, new: TableState) {
        self.tree = tree
        self.old = PartitionCatalogue(old)
        self.new = PartitionCatalogue(new)
    }

    mutating func add(_ action: Action) {
        switch action {
        case .add(let file):
            addPaths(of: file.path)
            if let partition = file.partition { directories.insert(directory(partition, new)) }
        case .remove(let file): remove(file)
        case .operation(let operation): add(operation)
        case .tableProtocol, .definition, .mergeSkip: break
        }
    }

    private mutating func add(_ operation: Action.Operation) {
        switch operation {
        case .putReference(let reference):
            files.insert(reference.file)
            directories.insert(directory(reference.partition, new))
        case .splitReference(let split):
            leave(split.file, split.partition)
            for part in split.parts { directories.insert(directory(part.partition, new)) }
        case .removeReference(let file, let partition, _): leave(file, partition)
        case .putPartition(let node):
            directories.insert(directory(node.id, new))
            if let parent = node.parent { directories.insert(directory(parent, new)) }
        case .removePartition(let id): removePartition(id)
        case .removeJob(let job, _): JobDirectory.forget(job, tree)
        case .forget(let ids): forget(ids)
        default: break
        }
    }

    private mutating func remove(_ file: FileRemoval) {
        addPaths(of: file.path)
        files.insert(file.id)
        // What these transactions added themselves was never shown.
        guard let view = old.state.files.view(file.id) else { return }
        for partition in old.state.partitions(of: view) { leave(file.id, partition) }
    }

    private mutating func leave(_ file: FileID, _ partition: PartitionID) {
        files.insert(file)
        let parent = directory(partition, old)
        directories.insert(parent)
        if let view = old.state.files.view(file) { names.append((parent, old.shownName(view))) }
    }

    private mutating func removePartition(_ id: PartitionID) {
        guard let node = old.state.partitions[id], let parent = node.parent else { return }
        let directory = directory(parent, old)
        directories.insert(directory)
        names.append((directory, old.texts.name(of: id)))
    }

    private func directory(_ partition: PartitionID, _ catalogue: PartitionCatalogue) -> NodeID {
        tree.number(catalogue.place(of: partition), below: "partitions")
    }

    /// The directories in which a file is shown, by the path of its root partition.
    private mutating func addPaths(of path: ByteString) {
        var prefix = Catalogue.directory(of: path)
        while !prefix.isEmpty {
            for base: ByteString in ["live", "runs", "partitions"] {
                directories.insert(tree.number(base + "/" + prefix))
            }
            prefix = Catalogue.parent(of: prefix)
        }
    }

    /// In `partitions/` such names are not remembered.
    private mutating func forget(_ ids: [FileID]) {
        for file in ids {
            guard let entry = old.state.garbage[file] else { continue }
            let directory = Catalogue.directory(of: entry.path)
            let name = Catalogue.name(of: entry.path)
            for base: ByteString in ["live", "runs"] {
                names.append((tree.number(tree.below(base, directory)), name))
            }
            names.append((tree.number("gc"), name))
        }
    }
}
