import Bytes
import Metadata
import Synchronization

/// A directory of data files, of the current version or of one that is pinned: `live/`, `runs/`, `partitions/` and
/// what is below.
///
/// In the current view a name resolves as long as the file's bytes are there, listed or not.
protocol CatalogueDirectory: TreeNode {
    var tree: TableTree { get }
    var view: TableView { get }
    /// What is asked for where the whole directory is moved into `compact/`.
    func wholeRequest() throws(FileTreeError) -> CompactionRequest
}

extension CatalogueDirectory {
    var table: TableTree? { tree }
    var listsDetails: Bool { true }

    func isSlow(_ question: NodeQuestion) -> Bool { mayWait(question) }

    /// True where the state must be had first, or a commit that is under way be waited for.
    func mayWait(_ question: NodeQuestion) -> Bool {
        guard tree.isReady(view) else { return true }
        guard view == .current else { return false }
        // While a file is between its last close and its commit, whoever looks for the result waits a moment.
        switch question {
        case .child, .listing: return tree.staging.isSettling
        default: return false
        }
    }

    /// The state to look into; a file that is just being committed is waited for.
    func settledState() throws(FileTreeError) -> TableState {
        if view == .current { tree.staging.waitUntilSettled() }
        return try tree.state(view)
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        guard view != .current else { return tree.directory(id, permissions: 0o555) }
        return tree.directory(id, permissions: 0o555, time: try tree.state(view).timestamp * 1_000_000)
    }

    /// Moving into `compact/` is the one thing that may be done with what is listed here, and only as it is now.
    func checkMove(_ name: ByteString, to target: any TreeNode) throws(FileTreeError) {
        if target is CompactDirectory, target.table === tree, view == .current { return }
        try tree.checkWritable()
        throw .immutable("\(path)/\(name) cannot be renamed", remedy: tree.moveRemedy)
    }
}

extension TableTree {
    var moveRemedy: String {
        "move files, or directories of \(path("partitions")), into \(path("compact")) to have them compacted; "
            + "nothing else can be moved"
    }
}

/// Something that is made of a state: once a version, and shared by all who ask.
final class VersionedValue<Value: Sendable>: Sendable {
    private let newest = Mutex<(version: Version, value: Value)?>(nil)

    func get(_ version: Version, _ make: () -> Value) -> Value {
        if let known = newest.withLock({ $0 }), known.version == version { return known.value }
        let value = make()
        newest.withLock { newest in
            if newest.map({ $0.version < version }) ?? true { newest = (version, value) }
        }
        return value
    }
}
