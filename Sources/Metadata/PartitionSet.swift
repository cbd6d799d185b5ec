package import Bytes
import Synchronization

/// The nodes of the partition trees that were split; a root that never was is implied by its files.
package struct PartitionSet: Sendable {
    package typealias Entries = ManifestSet<PartitionID, Partition>

    package private(set) var entries: Entries
    private let partitionColumns: [ByteString]
    /// Made when asked for; replaced where a root comes or goes.
    private var rootNames = LazyRootNames()

    package init(partitionColumns: [ByteString], _ entries: Entries = Entries()) {
        self.entries = entries
        self.partitionColumns = partitionColumns
    }

    /// The same nodes as the manifest writer left their entries.
    package func rewritten(_ entries: Entries) -> PartitionSet {
        precondition(entries.count == count, "\(count) partitions are rewritten as \(entries.count)")
        var result = self
        result.entries = entries
        return result
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }
    package subscript(id: PartitionID) -> Partition? { entries[id] }

    package func sorted() -> [Partition] { entries.values.sorted { $0.id < $1.id } }

    /// A partition that is not explicit is an unsplit root, hence a leaf.
    package func isLeaf(_ id: PartitionID) -> Bool { entries[id]?.children.isEmpty ?? true }

    /// The root partition whose tree holds the partition.
    package func root(of id: PartitionID) -> PartitionID {
        guard let node = entries[id] else { return id }
        return PartitionID(RootPath.path(columns: partitionColumns, tuple: node.root))
    }

    /// The root partitions that have a tree, with files or without, by name.
    package var roots: [PartitionID] {
        rootNames.get {
            var roots: [PartitionID] = []
            entries.forEach { id, node in
                if node.parent == nil { roots.append(id) }
            }
            return roots.sorted()
        }
    }

    /// The nodes above the partition, nearest first.
    package func ancestors(of id: PartitionID) -> [PartitionID] {
        var result: [PartitionID] = []
        var node = entries[id]
        while let parent = node?.parent, result.count <= entries.count {
            result.append(parent)
            node = entries[parent]
        }
        return result
    }

    /// The leaves of the tree below (or at) the partition, in key order.
    package func leaves(below id: PartitionID) -> [PartitionID] {
        guard let node = entries[id], !node.children.isEmpty else { return [id] }
        return node.children.flatMap { leaves(below: $0) }
    }

    /// The node and all below it, parents before children.
    package func nodes(below id: PartitionID) -> [PartitionID] {
        var found = [id]
        var next = 0
        while next < found.count {
            found += entries[found[next]]?.children ?? []
            next += 1
        }
        return found
    }

    /// The leaf of the root's tree to which a normalised key belongs.
    package func leaf(of root: PartitionID, for key: ByteString) -> PartitionID {
        var id = root
        while let node = entries[id], node.children.count == 2, let right = entries[node.children[1]] {
            id = right.minKey.map { key < $0 } ?? false ? node.children[0] : node.children[1]
        }
        return id
    }

    /// True where the partition may be referenced: a node of a tree, or the name of a root.
    package func contains(_ id: PartitionID) -> Bool { entries[id] != nil || !Self.isChildName(id) }

    /// The lower of the nodes between the root and the leaves of both keys that still holds both.
    package func lowestNode(of root: PartitionID, holding min: ByteString, _ max: ByteString) -> PartitionID {
        var id = root
        while let node = entries[id], node.children.count == 2, let right = entries[node.children[1]],
            let key = right.minKey
        {
            guard (min < key) == (max < key) else { return id }
            id = min < key ? node.children[0] : node.children[1]
        }
        return id
    }

    /// Children of splits have 16 hexadecimal digits, root partitions `column=value` or nothing.
    private static func isChildName(_ id: PartitionID) -> Bool {
        id.name.count == 16 && Hex.parse(id.name.bytes) != nil
    }

    mutating func put(_ partition: Partition, at version: Version) {
        if partition.parent == nil, entries[partition.id] == nil { rootNames = LazyRootNames() }
        entries.put(partition.id, partition, at: version)
    }

    mutating func remove(_ id: PartitionID, at version: Version) -> Bool {
        if let node = entries[id], node.parent == nil { rootNames = LazyRootNames() }
        return entries.remove(id, at: version)
    }
}

/// The names of the roots of one set, made at the first question.
private final class LazyRootNames: Sendable {
    private let names = Mutex<[PartitionID]?>(nil)

    func get(_ make: () -> [PartitionID]) -> [PartitionID] {
        names.withLock { names in
            if let names { return names }
            let made = make()
            names = made
            return made
        }
    }
}

extension Partition {
    package var isLeaf: Bool { children.isEmpty }

    /// Whether a normalised key lies in the partition's range.
    package func contains(_ key: ByteString) -> Bool {
        (minKey.map { $0 <= key } ?? true) && (maxKey.map { key < $0 } ?? true)
    }
}
