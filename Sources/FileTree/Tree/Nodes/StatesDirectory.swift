import Bytes
import Metadata
import Platform
import Tables

/// `states/`: the newest 32 versions, those that are tagged or pinned, and `latest`. Every version that can be
/// had resolves by its number.
final class StatesDirectory: TreeNode {
    static let listedCount = 32
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("states")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("states") }

    func isSlow(_ question: NodeQuestion) -> Bool {
        switch question {
        case .child(let name): Self.version(name).map { !tree.isReady(.version($0)) } ?? false
        case .listing: true
        default: false
        }
    }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    /// A version's number in its one form: no sign, no leading zeros.
    static func version(_ name: ByteString) -> Version? {
        guard let first = name.bytes.first, name.count <= 18,
            name.bytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            first != UInt8(ascii: "0") || name.count == 1
        else { return nil }
        return Int64(name.display).map { Version($0) }
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        if name == "latest" {
            let version = tree.table.state.version
            return SymbolicLinkNode(tree, "states/latest", target: ByteString(version.description))
        }
        guard let version = Self.version(name), version <= tree.table.state.version else { throw .noEntry }
        do throws(FileTreeError) {
            _ = try tree.state(.version(version))
        } catch {
            // What expired is not there; anything else is worth a reason.
            guard error.code == Errno.estale.rawValue || error.code == Errno.enoent.rawValue else {
                throw error
            }
            throw .noEntry
        }
        return VersionDirectory(tree, version)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let available: [Version]
        do throws(StoreError) {
            available = try tree.table.availableVersions()
        } catch {
            throw FileTreeError(error)
        }
        let state = tree.table.state
        var listed = Set(available.suffix(Self.listedCount))
        listed.formUnion(Set(available).intersection(state.tags.values))
        listed.formUnion(Set(available).intersection(tree.table.pinnedVersions.map(\.version)))
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("").rawValue), expectedCount: listed.count)
        for version in listed.sorted() where version <= state.version {
            let name = ByteString(version.description)
            let number = tree.number("states/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        let latest = tree.number("states/latest")
        builder.append("latest", inode: InodeNumber(latest.rawValue), kind: .symbolicLink)
        return builder.finish()
    }
}

/// `states/<version>/`: the whole table as of one version.
final class VersionDirectory: TreeNode {
    private let tree: TableTree
    private let version: Version
    private let base: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ version: Version) {
        self.tree = tree
        self.version = version
        base = "states/" + ByteString(version.description)
        id = tree.number(base)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }

    /// The version may expire; then the next look finds that out.
    var entryLifetime: CacheLifetime { CacheLifetime(seconds: 60) }

    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .child(let name) = question, name == "changes.jsonl" || name == "state.json" { return true }
        return !tree.isReady(.version(version))
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let state = try tree.state(.version(version))
        return tree.directory(id, permissions: 0o555, time: state.timestamp * 1_000_000)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        let state = try tree.state(.version(version))
        let time = state.timestamp * 1_000_000
        switch name {
        case tree.filesName:
            return HiveDirectory(
                tree, .version(version), base: base + "/" + name, prefix: ByteString())
        case "partitions":
            return PartitionDirectory(tree, .version(version), base: base + "/" + name)
        case "manifests": return ManifestsDirectory(tree, version)
        case "state.json":
            return try GeneratedFile(tree, base + "/state.json", maxAgeNanoseconds: .max) {
                [tree, version] () throws(FileTreeError) in
                do throws(StoreError) {
                    let commits = try tree.table.commitLines(at: version)
                    return Picture(StateText.json(state, commits: commits), modified: time)
                } catch {
                    throw FileTreeError(error)
                }
            }.node()
        case "changes.jsonl":
            return try GeneratedFile(tree, base + "/changes.jsonl", maxAgeNanoseconds: .max) {
                [tree, version] () throws(FileTreeError) in
                do throws(StoreError) {
                    return Picture(try tree.table.changesText(at: version), modified: time)
                } catch {
                    throw FileTreeError(error)
                }
            }.node()
        default: throw .noEntry
        }
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        _ = try tree.state(.version(version))
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("states").rawValue))
        for name in [tree.filesName, "manifests", "partitions"] {
            let number = tree.number(base + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        for name: ByteString in ["state.json", "changes.jsonl"] {
            let number = tree.number(base + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }
}

/// A link inside the mount.
final class SymbolicLinkNode: TreeNode {
    private let tree: TableTree
    private let below: ByteString
    private let target: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ path: ByteString, target: ByteString) {
        self.tree = tree
        below = path
        self.target = target
        // Another target is another node, so that a known one never changes.
        id = NodeNumbers.path(path, seed: NodeNumbers.hash(target, seed: tree.seed))
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(below) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        FileAttributes(
            inode: InodeNumber(tree.number(below).rawValue), kind: .symbolicLink, permissions: 0o777,
            sizeBytes: UInt64(target.count), user: tree.user, group: tree.group, time: tree.time)
    }

    func linkTarget() throws(FileTreeError) -> ByteString { target }
}
