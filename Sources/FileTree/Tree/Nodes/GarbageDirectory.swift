import Bytes
import Metadata
import Platform
import Tables

/// `gc/`: the files that nothing references and that wait, and `plan` and `plan.json`, which say why.
final class GarbageDirectory: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("gc")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("gc") }
    var listsDetails: Bool { true }

    /// The plan reads the sessions and lists the log.
    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .child(let name) = question { return Self.plans.contains(name) }
        return false
    }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        if Self.plans.contains(name) { return try plan(name).node() }
        // Ours are found by the id in their name; another program's by looking at each.
        let garbage = tree.table.state.garbage
        if let entry = garbage[FileID(path: name)], Self.shownName(entry) == name {
            return DataFileNode(tree, entry)
        }
        guard tree.table.isForeign, let entry = garbage.sorted().first(where: { Self.shownName($0) == name })
        else { throw .noEntry }
        return DataFileNode(tree, entry)
    }

    private static let plans: [ByteString] = ["plan", "plan.json"]

    private func plan(_ name: ByteString) -> GeneratedFile {
        GeneratedFile(tree, "gc/" + name, maxAgeNanoseconds: 1_000_000_000) {
            [tree] () throws(FileTreeError) in
            do throws(StoreError) {
                let report = try tree.table.garbageReport()
                return Picture(
                    name == "plan" ? report.text : report.json,
                    modified: tree.services.clock.nowMilliseconds() * 1_000_000)
            } catch {
                throw FileTreeError(error)
            }
        }
    }

    private static func shownName(_ entry: GarbageEntry) -> ByteString {
        let name = Catalogue.name(of: entry.path)
        return FileID(path: name) == entry.file ? name : ByteString(entry.file.description + ".parquet")
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let garbage = tree.table.state.garbage
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("").rawValue), expectedCount: garbage.count)
        for name in Self.plans {
            builder.append(name, inode: InodeNumber(tree.number("gc/" + name).rawValue), kind: .regular)
        }
        for entry in garbage.sorted() {
            let number = tree.number(entry.file)
            builder.append(
                Self.shownName(entry), inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }
}
