import Bytes
import Metadata
import Tables

/// What `partitions/` shows where: pure questions to a state.
///
/// Root partitions stand below their escaped paths as in ``Catalogue``; below the directory of one nest the nodes
/// of its tree. A file is in the directory of each node that references it. No question costs more than what the
/// directory that it is about holds.
struct PartitionCatalogue {
    /// A directory.
    enum Place: Hashable, Sendable {
        /// `date=2024-01-01/region=eu`: a root partition, or values that several begin with; empty at the top.
        case path(ByteString)
        /// A node below a root.
        case node(PartitionID)

        /// Whose files are here; on the way to several root partitions the name of none.
        var partition: PartitionID {
            switch self {
            case .path(let path): PartitionID(path)
            case .node(let id): id
            }
        }
    }

    let state: TableState
    private let catalogue: Catalogue
    let texts: PartitionPathText

    init(_ state: TableState) {
        self.state = state
        catalogue = Catalogue(state)
        texts = PartitionPathText(state)
    }

    // MARK: Directories

    func exists(_ place: Place) -> Bool {
        switch place {
        case .node(let id): return state.partitions[id] != nil
        case .path(let path):
            if catalogue.isDirectory(path) || isTree(PartitionID(path)) { return true }
            return hasColumns && state.partitions.roots.contains { $0.name.hasPrefix(path + "/") }
        }
    }

    /// A root with a tree may be without files.
    private func isTree(_ id: PartitionID) -> Bool {
        state.partitions[id].map { $0.parent == nil } ?? false
    }

    private var hasColumns: Bool { !state.definition.partitionColumns.isEmpty }

    /// The place of a partition, whether it exists or not.
    func place(of partition: PartitionID) -> Place {
        state.partitions[partition]?.parent == nil ? .path(partition.name) : .node(partition)
    }

    /// The place above, nil at the top.
    func parent(of place: Place) -> Place? {
        switch place {
        case .node(let id): return state.partitions[id]?.parent.map { self.place(of: $0) }
        case .path(let path):
            guard !path.isEmpty else { return nil }
            return .path(Catalogue.parent(of: path))
        }
    }

    /// The directories in a directory, with their names.
    func directories(in place: Place) -> [(name: ByteString, place: Place)] {
        var found: [(name: ByteString, place: Place)] = []
        if case .path(let path) = place {
            var names = catalogue.directories(in: path)
            if hasColumns, !state.partitions.isEmpty {
                let trees = Catalogue.directories(of: state.partitions.roots.lazy.map(\.name), in: path)
                if !trees.isEmpty { names = Set(names).union(trees).sorted() }
            }
            for name in names { found.append((name, .path(Self.join(path, name)))) }
        }
        for (name, child) in children(of: place.partition) { found.append((name, .node(child))) }
        return found
    }

    /// The children of a node with the names of their directories.
    private func children(of id: PartitionID) -> [(ByteString, PartitionID)] {
        guard let node = state.partitions[id] else { return [] }
        return Array(zip(texts.childNames(of: node), node.children))
    }

    func directory(named name: ByteString, in place: Place) -> Place? {
        if let child = children(of: place.partition).first(where: { $0.0 == name }) { return .node(child.1) }
        guard case .path(let path) = place, exists(.path(Self.join(path, name))) else { return nil }
        return .path(Self.join(path, name))
    }

    /// The node of a tree that is named by its id in the directory of its root, as in a path that would be too
    /// long: where it stands, from there.
    func link(named name: ByteString, in place: Place) -> ByteString? {
        guard case .path(let path) = place, state.partitions[PartitionID(name)]?.parent != nil,
            state.partitions.root(of: PartitionID(name)).name == path
        else { return nil }
        let above = state.partitions.ancestors(of: PartitionID(name)).dropLast().reversed()
        let names = (above + [PartitionID(name)]).map { texts.name(of: $0).bytes }
        return ByteString(Array(names.joined(separator: [UInt8(ascii: "/")])))
    }

    /// The path of a directory below `partitions/`.
    func path(of place: Place) -> ByteString {
        switch place {
        case .path(let path): path
        case .node(let id): texts.path(of: id)
        }
    }

    /// The directory of a path below `partitions/`, or of what else a person may call a partition.
    func place(at path: ByteString) throws(StoreError) -> Place {
        var place = Place.path(ByteString())
        for component in path.bytes.split(separator: UInt8(ascii: "/")) {
            guard let next = directory(named: ByteString(component), in: place) else {
                return self.place(of: try texts.id(path))
            }
            place = next
        }
        return place
    }

    /// The partitions at a directory and below it that may have files, parents before children.
    func partitions(below place: Place) -> [PartitionID] {
        switch place {
        case .node(let id): return state.partitions.nodes(below: id)
        case .path(let path):
            return catalogue.partitions(below: path).flatMap { state.partitions.nodes(below: $0) }
        }
    }

    private static func join(_ path: ByteString, _ name: ByteString) -> ByteString {
        path.isEmpty ? name : path + "/" + name
    }

    // MARK: Files

    func files(in place: Place) -> [FileView] { state.files(in: place.partition) }

    func shownName(_ file: FileView) -> ByteString { catalogue.shownName(file) }

    /// The live file that a directory shows under a name: one that its partition references.
    func file(named name: ByteString, in place: Place) -> FileView? {
        let partition = place.partition
        for id in Catalogue.candidates(name, in: root(of: place)) {
            if let file = state.files.view(id), state.isReferenced(file, in: partition),
                shownName(file) == name
            {
                return file
            }
        }
        return nil
    }

    /// A live file of this name that other partitions of the same tree reference.
    func fileElsewhere(named name: ByteString, in place: Place) -> FileView? {
        catalogue.file(named: name, in: root(of: place))
    }

    /// A file of this name that waits for its deletion. In which nodes it was live is not kept: it is found in all
    /// of its tree.
    func garbage(named name: ByteString, in place: Place) -> GarbageEntry? {
        catalogue.garbage(named: name, in: root(of: place))
    }

    private func root(of place: Place) -> ByteString { state.partitions.root(of: place.partition).name }
}

extension TableState {
    /// The partitions that reference a file, in the order of their keys.
    func orderedPartitions(of file: FileView) -> [PartitionID] {
        partitions(of: file).map { (id: $0, key: partitions[$0]?.minKey ?? ByteString()) }
            .sorted { $0.key < $1.key }.map(\.id)
    }
}
