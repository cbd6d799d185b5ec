import Bytes
import Metadata
import Tables

// What the kernel must forget when versions appear. Names of data files stay valid until the file is deleted,
// and names that are not there are never remembered, so only attributes of directories and of files that lost
// or won a reference change, and names of deleted files go.

extension TableTree {
    private static let changingDirectories: [ByteString] = [
        "", "live", "runs", "partitions", "states", "gc", "compact", "log", "receipts",
    ]

    /// Called by the log for each new version: only queues.
    func announce(old: TableState, new: TableState, _ transactions: [CommittedTransaction]) {
        for name in GeneratedFile.namesOfTable {
            services.pictures.expire(InodeNumber(number(name).rawValue))
        }
        guard let notifier = services.notifier else { return }
        var directories = Set(Self.changingDirectories)
        var changed: Set<FileID> = []
        for transaction in transactions {
            for action in transaction.actions {
                switch action {
                case .add(let file):
                    addDirectories(of: file.path, to: &directories)
                case .remove(let file):
                    addDirectories(of: file.path, to: &directories)
                    changed.insert(file.id)
                case .operation(.putReference(let reference)): changed.insert(reference.file)
                case .operation(.removeReference(let file, _, _)): changed.insert(file)
                case .operation(.splitReference(let split)): changed.insert(split.file)
                case .operation(.forget(let files)): announceDeleted(files, old)
                default: break
                }
            }
        }
        for path in directories { notifier.invalidate(number(path), range: 0..<0) }
        for file in changed { notifier.invalidate(number(file), range: 0..<0) }
    }

    /// The directories in which a file is shown.
    private func addDirectories(of path: ByteString, to directories: inout Set<ByteString>) {
        var prefix = Catalogue.directory(of: path)
        while !prefix.isEmpty {
            for base: ByteString in ["live", "runs", "partitions"] {
                directories.insert(base + "/" + prefix)
            }
            guard let slash = prefix.bytes.lastIndex(of: UInt8(ascii: "/")) else { return }
            prefix = ByteString(prefix.bytes[..<slash])
        }
    }

    private func announceDeleted(_ files: [FileID], _ old: TableState) {
        for file in files {
            guard let entry = old.garbage[file] else { continue }
            let directory = Catalogue.directory(of: entry.path)
            let name = Catalogue.name(of: entry.path)
            for base: ByteString in ["live", "runs", "partitions"] {
                let parent = directory.isEmpty ? base : base + "/" + directory
                services.notifier?.invalidateEntry(number(parent), name)
            }
            services.notifier?.invalidateEntry(number("gc"), name)
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
