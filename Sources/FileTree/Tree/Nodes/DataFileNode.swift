import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import Tables

/// A data file: one node and one inode number wherever it is shown.
final class DataFileNode: TreeNode {
    private let tree: TableTree
    private let file: FileID
    private let objectPath: ByteString
    private let sizeBytes: Int64
    private let timeMilliseconds: Int64
    /// The version below `states/` in which it was looked up last, -1 for none: opened there, it keeps that version.
    private let lastVersion: Atomic<Int64>
    let id: NodeID
    let entryLifetime: CacheLifetime

    init(_ tree: TableTree, _ view: FileView, _ tableView: TableView) {
        self.tree = tree
        file = view.id
        objectPath = view.path
        sizeBytes = view.sizeBytes
        let added = view.addedAtTimestamp
        timeMilliseconds = added > 0 ? added : view.modificationTime
        id = tree.number(view.id)
        if case .version(let version) = tableView {
            lastVersion = Atomic(version.rawValue)
        } else {
            lastVersion = Atomic(-1)
        }
        entryLifetime = .forever
    }

    /// A file that waits for its deletion. Its time is that of its name or of its removal.
    init(_ tree: TableTree, _ entry: GarbageEntry, entryLifetime: CacheLifetime = .forever) {
        self.tree = tree
        file = entry.file
        objectPath = entry.path
        sizeBytes = entry.sizeBytes
        timeMilliseconds =
            TimestampText.parseCompactMilliseconds(ofFile: entry.path) ?? entry.removedAtTimestamp
        id = tree.number(entry.file)
        lastVersion = Atomic(-1)
        self.entryLifetime = entryLifetime
    }

    func lookedUp(as other: any TreeNode) {
        guard let other = other as? DataFileNode, other !== self else { return }
        lastVersion.store(other.lastVersion.load(ordering: .relaxed), ordering: .relaxed)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(objectPath) }

    /// What is no longer live must be pinned first, and that is published.
    func isSlow(_ question: NodeQuestion) -> Bool {
        guard case .opening = question else { return false }
        return !tree.table.state.files.contains(file)
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let state = tree.table.state
        let references = state.files.contains(file) ? state.referenceCount(of: file) : 0
        return FileAttributes(
            inode: inode, kind: .regular, permissions: 0o444, sizeBytes: UInt64(max(0, sizeBytes)),
            linkCount: UInt32(clamping: 1 + references), user: tree.user, group: tree.group,
            time: timeMilliseconds * 1_000_000)
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        guard !OpenMode(flags).isWriting else {
            throw .immutable("\(path) is a data file and never changes")
        }
        do throws(StoreError) {
            let version = lastVersion.load(ordering: .relaxed)
            return OpenObject(
                try tree.table.openDataFile(
                    objectPath, id: file, in: version < 0 ? nil : Version(version)),
                tree.services)
        } catch {
            throw FileTreeError(error)
        }
    }

    func extendedAttributes() -> [(name: ByteString, value: ByteString)] {
        let state = tree.table.state
        var result: [(name: ByteString, value: ByteString)] = []
        func add(_ name: String, _ value: String) {
            result.append((ByteString("user.firn." + name), ByteString(value)))
        }
        add("id", file.description)
        guard let view = state.files.view(file) else {
            if let entry = state.garbage[file] {
                add("version", entry.addedAtVersion.description)
                add("removed", entry.removedAtVersion.description)
            }
            add("references", "0")
            return result
        }
        let entry = view.entry
        // Other programs' files may not say when they were added.
        if entry.addedAtVersion.rawValue > 0 || !tree.table.isForeign {
            add("version", entry.addedAtVersion.description)
        }
        if let rows = entry.rowCount { add("rows", String(rows)) }
        add("references", String(state.referenceCount(of: file)))
        add("partition", Self.partitions(of: view, in: state))
        if let job = entry.job { add("job", job.description) }
        if let source = entry.source { add("source", source.display) }
        for (name, bounds) in [("min", entry.minValues), ("max", entry.maxValues)] {
            for bound in bounds ?? [] { add("\(name).\(bound.column.display)", bound.text.display) }
        }
        return result.filter { $0.name.count <= 255 }
    }

    /// The paths of all partitions that reference the file, in the order of their keys, one a line; as many as the
    /// kernel takes.
    private static func partitions(of file: FileView, in state: TableState) -> String {
        let texts = PartitionPathText(state)
        let partitions = state.orderedPartitions(of: file)
        var text = ""
        for (index, partition) in partitions.enumerated() {
            let path = texts.path(of: partition).display
            guard text.utf8.count + path.utf8.count < 60_000 else {
                return text + "\n… and \(partitions.count - index) more"
            }
            text += index == 0 ? path : "\n" + path
        }
        return text
    }
}

extension TimestampText {
    /// The time at the start of a data file's name.
    fileprivate static func parseCompactMilliseconds(ofFile path: ByteString) -> Int64? {
        let name = Catalogue.name(of: path)
        guard let dash = name.bytes.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        return ByteString(name.bytes[..<dash]).withUnsafeBytes { parseCompactMilliseconds($0) }
    }
}
