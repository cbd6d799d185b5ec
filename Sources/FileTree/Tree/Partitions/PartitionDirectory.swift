import Bytes
import Metadata
import Tables
import Platform

/// A directory of `partitions/`: root partitions by their paths, and below the directory of one the tree of its key
/// ranges. Every node lists the files that it references, a file with several references in several directories.
final class PartitionDirectory: CatalogueDirectory {
    typealias Place = PartitionCatalogue.Place

    let tree: TableTree
    let view: TableView
    /// Below the table: `partitions`, `states/42/partitions`.
    let base: ByteString
    let place: Place
    let id: NodeID
    private let newest = VersionedValue<DirectorySnapshot>()
    private let facts = VersionedValue<[(name: ByteString, value: ByteString)]>()

    init(_ tree: TableTree, _ view: TableView, base: ByteString, _ place: Place = .path(ByteString())) {
        self.tree = tree
        self.view = view
        self.base = base
        self.place = place
        id = tree.number(place, below: base)
    }

    var path: ByteString {
        guard let state = try? tree.state(view) else { return tree.path(base) }
        let below = PartitionCatalogue(state).path(of: place)
        return tree.path(below.isEmpty ? base : base + "/" + below)
    }

    private func catalogue() throws(FileTreeError) -> PartitionCatalogue {
        let catalogue = PartitionCatalogue(try settledState())
        // Of a tree that was made anew no node has an id that there was before.
        if case .node(let id) = place, !catalogue.exists(place) {
            throw .gone("partition \(id) does not exist any more")
        }
        return catalogue
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        let catalogue = try catalogue()
        if let file = catalogue.file(named: name, in: place) { return DataFileNode(tree, file, view) }
        if let below = catalogue.directory(named: name, in: place) {
            return PartitionDirectory(tree, view, base: base, below)
        }
        if view == .current, let entry = catalogue.garbage(named: name, in: place) {
            // Nothing tells the kernel in how many directories it was found when its bytes go.
            return DataFileNode(tree, entry, entryLifetime: CacheLifetime(seconds: 1))
        }
        if let target = catalogue.link(named: name, in: place) {
            return SymbolicLinkNode(tree, tree.below(base, place.partition.name, name), target: target)
        }
        throw .noEntry
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let catalogue = try catalogue()
        return newest.get(catalogue.state.version) { makeSnapshot(catalogue) }
    }

    private func makeSnapshot(_ catalogue: PartitionCatalogue) -> DirectorySnapshot {
        let files = catalogue.files(in: place)
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: parentInode(catalogue), expectedCount: files.count + 2)
        for (name, below) in catalogue.directories(in: place) where name.count <= 255 {
            let number = tree.number(below, below: base)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        for file in files {
            let number = tree.number(file.id)
            builder.append(catalogue.shownName(file), inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }

    private func parentInode(_ catalogue: PartitionCatalogue) -> InodeNumber {
        guard let parent = catalogue.parent(of: place) else {
            return InodeNumber(tree.number(Catalogue.parent(of: base)).rawValue)
        }
        return InodeNumber(tree.number(parent, below: base).rawValue)
    }

    func extendedAttributes() -> [(name: ByteString, value: ByteString)] {
        // Nothing is read from storage for an attribute.
        guard tree.isReady(view), let state = try? tree.state(view) else { return [] }
        return facts.get(state.version) { PartitionFacts.attributes(of: place, in: state, tree.table) }
    }

    // MARK: Moving into compact/

    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext
    ) throws(FileTreeError) {
        try checkMove(name, to: target)
        let catalogue = try catalogue()
        let request: CompactionRequest
        if let file = catalogue.file(named: name, in: place) {
            request = CompactionRequest(references: [ReferenceKey(file: file.id, partition: place.partition)])
        } else if let below = catalogue.directory(named: name, in: place) {
            request = try PartitionDirectory(tree, view, base: base, below).wholeRequest()
        } else if let file = catalogue.fileElsewhere(named: name, in: place) {
            throw moved(file, catalogue)
        } else if let entry = catalogue.garbage(named: name, in: place) {
            throw .replaced(entry)
        } else {
            throw .noEntry
        }
        let node = try child(name)
        try tree.compaction.gather(request)
        tree.compaction.arrived(newName, node, in: target)
    }

    /// A split came between the look and the move.
    private func moved(_ file: FileView, _ catalogue: PartitionCatalogue) -> FileTreeError {
        let now = catalogue.state.orderedPartitions(of: file).prefix(4).map { partition in
            tree.path(tree.below("partitions", catalogue.texts.path(of: partition))).display
        }
        return .gone(
            "\(file.path) is not referenced in \(path) any more",
            remedy: "it is in \(now.joined(separator: ", "))")
    }

    func wholeRequest() throws(FileTreeError) -> CompactionRequest {
        let catalogue = PartitionCatalogue(tree.table.state)
        return try tree.compaction.whole(
            catalogue.partitions(below: place), of: path, in: catalogue.state)
    }
}

extension TableTree {
    /// The node of a directory of `partitions/`: of a tree's node by its id, which never changes.
    func number(_ place: PartitionCatalogue.Place, below base: ByteString) -> NodeID {
        switch place {
        case .path(let path): number(path.isEmpty ? base : base + "/" + path)
        // No path has two slashes.
        case .node(let id): number(base + "//" + id.name)
        }
    }

    /// A path of several parts, of which some may be empty.
    func below(_ parts: ByteString...) -> ByteString {
        ByteString(Array(parts.filter { !$0.isEmpty }.map(\.bytes).joined(separator: [UInt8(ascii: "/")])))
    }
}
