import Bytes

// The partition tree: nodes keep their place and range for ever; the tree is whole at the end of a transaction.
extension StateChange {
    mutating func put(_ partition: Partition) throws(StateError) {
        guard partition.children.isEmpty || partition.children.count == 2 else {
            throw error("partition \"\(partition.id)\" has \(partition.children.count) children")
        }
        if let min = partition.minKey, let max = partition.maxKey, min >= max {
            throw error("partition \"\(partition.id)\" has an empty range")
        }
        if let known = facts.partitions[partition.id] {
            guard known.root == partition.root, known.parent == partition.parent,
                known.minKey == partition.minKey, known.maxKey == partition.maxKey
            else { throw error("partition \"\(partition.id)\" changes its place or range") }
            guard known.children.isEmpty || known.children == partition.children else {
                throw error("partition \"\(partition.id)\" is split twice")
            }
        }
        facts.partitions.put(partition, at: version)
        nodes.insert(partition.id)
        if let parent = partition.parent { nodes.insert(parent) }
        affect(partition.id)
    }

    mutating func removePartition(_ id: PartitionID) throws(StateError) {
        guard let node = facts.partitions[id] else {
            throw error("partition \"\(id)\" is removed and does not exist")
        }
        _ = facts.partitions.remove(id, at: version)
        nodes.insert(id)
        nodes.formUnion(node.children)
        if let parent = node.parent { nodes.insert(parent) }
        affect(id)
    }

    func checkTree() throws(StateError) {
        for id in nodes.sorted() {
            guard let node = facts.partitions[id] else {
                try checkEmpty(id)
                continue
            }
            try checkParent(of: node)
            if !node.isLeaf { try checkChildren(of: node) }
        }
    }

    /// A node that is gone leaves no file behind. A root's name is a partition also without a node.
    private func checkEmpty(_ id: PartitionID) throws(StateError) {
        guard !facts.partitions.contains(id) else { return }
        let holds =
            !facts.references.files(in: id).isEmpty
            || facts.files.files(named: id).contains { facts.references.count(of: $0.id) == 0 }
        if holds { throw error("partition \"\(id)\" is removed while files are referenced in it") }
    }

    private func checkParent(of node: Partition) throws(StateError) {
        let root = PartitionID(RootPath.path(columns: facts.files.partitionColumns, tuple: node.root))
        guard let parent = node.parent else {
            guard node.id == root, node.minKey == nil, node.maxKey == nil else {
                throw error("partition \"\(node.id)\" has no parent and is not the whole of \"\(root)\"")
            }
            return
        }
        guard let above = facts.partitions[parent] else {
            throw error("partition \"\(node.id)\" has the parent \"\(parent)\", which does not exist")
        }
        guard above.root == node.root, above.children.contains(node.id) else {
            throw error("partition \"\(node.id)\" is no child of its parent \"\(parent)\"")
        }
    }

    private func checkChildren(of node: Partition) throws(StateError) {
        guard node.children.count == 2, node.children[0] != node.children[1],
            let left = facts.partitions[node.children[0]], let right = facts.partitions[node.children[1]]
        else { throw error("partition \"\(node.id)\" has a child that does not exist") }
        guard left.parent == node.id, right.parent == node.id else {
            throw error("partition \"\(node.id)\" has a child of another parent")
        }
        guard left.minKey == node.minKey, right.maxKey == node.maxKey, left.maxKey == right.minKey,
            let key = left.maxKey, node.contains(key), key != node.minKey
        else {
            throw error(
                "the children of partition \"\(node.id)\" do not meet in a key of its range, from end to end")
        }
    }
}
