package import Bytes
package import Metadata
import Platform
import Records

/// The paths of a table's partitions, as people read and write them and as a mount has them below `partitions/`:
/// `date=2024-01-01/id-to-500/id-from-250`.
///
/// The values of the partition columns name a root partition, what follows its children by ``PartitionName``. The
/// path of the one root of a table without partition columns is empty. A node may also be named by its id.
package struct PartitionPathText: Sendable {
    let state: TableState
    private let keys: KeyText?
    private let keyColumns: [ByteString]
    private let partitionColumns: [ByteString]

    /// Trees grow deep where keys come in order; of a longer path only the root and the node's id are told.
    package static let maxBytes = 1_000

    package init(_ state: TableState) {
        self.state = state
        keys = try? KeyText(state.definition)
        keyColumns = state.definition.rowKey
        partitionColumns = state.definition.partitionColumns
    }

    // MARK: From partition to text

    /// The directory names of a node's children, left first; none of a leaf.
    package func childNames(of node: Partition) -> [ByteString] {
        guard node.children.count == 2, let key = state.partitions[node.children[1]]?.minKey else {
            return []
        }
        return [PartitionName.Side.left, .right].map {
            PartitionName.name($0, columns: keyColumns, at: key, keys)
        }
    }

    /// The name of the partition in its parent's directory; of a root its whole path.
    package func name(of id: PartitionID) -> ByteString {
        guard let node = state.partitions[id], let parent = node.parent.flatMap({ state.partitions[$0] }),
            let index = parent.children.firstIndex(of: id)
        else { return id.name }
        let names = childNames(of: parent)
        return index < names.count ? names[index] : id.name
    }

    /// The path of a partition; of one that does not exist its id.
    package func path(of id: PartitionID) -> ByteString {
        guard state.partitions[id]?.parent != nil else { return id.name }
        let root = state.partitions.root(of: id)
        var names: [ByteString] = []
        var bytes = root.name.isEmpty ? -1 : root.name.count
        for node in [id] + state.partitions.ancestors(of: id).dropLast() {
            let name = name(of: node)
            names.append(name)
            bytes += name.count + 1
            if bytes > Self.maxBytes { return Self.join(root.name, id.name) }
        }
        return names.reversed().reduce(root.name, Self.join)
    }

    /// The path of a child whose parent's path is known: of a whole tree, each name is made once.
    package func path(of child: Partition, named name: ByteString, below parent: ByteString) -> ByteString {
        let path = Self.join(parent, name)
        // Below a path that was cut, all are.
        let isCut = child.parent.map { Self.isChildID($0.name) && parent.hasSuffix($0.name) } ?? false
        guard path.count > Self.maxBytes || isCut else { return path }
        return Self.join(RootPath.path(columns: partitionColumns, tuple: child.root), child.id.name)
    }

    private static func join(_ parent: ByteString, _ name: ByteString) -> ByteString {
        parent.isEmpty ? name : parent + "/" + name
    }

    // MARK: From text to partition

    /// The partition of a path, or of an id. A leading `partitions/` and slashes at the end are passed over.
    ///
    /// A root partition need not have files, nor a node of its own.
    package func id(_ text: ByteString) throws(StoreError) -> PartitionID {
        let components = Self.components(text)
        if components.count == 1, let node = node(components[0]) { return node.id }
        guard components.count >= partitionColumns.count else {
            let form = partitionColumns.map { "\($0.display)=…" }.joined(separator: "/")
            throw StoreError(
                .einval,
                "\"\(text)\" names no partition: it begins with \(form), as in partitions/ of a mount")
        }
        var id = try root(Array(components[..<partitionColumns.count]))
        for component in components[partitionColumns.count...] {
            id = try child(component, of: id)
        }
        return id
    }

    /// The same of a partition that there is: a node of a tree, or a root that files are in.
    package func known(_ text: ByteString) throws(StoreError) -> PartitionID {
        let id = try id(text)
        let isWhole = partitionColumns.isEmpty && id.name.isEmpty
        guard isWhole || state.partitions[id] != nil || state.files.rootPartition(id) != nil else {
            throw Self.unknown(text)
        }
        return id
    }

    static func unknown(_ text: ByteString) -> StoreError {
        StoreError(.enoent, "there is no partition \"\(text)\": no file is in it, and it was not split")
    }

    /// Where a text has fewer components than there are partition columns: they, and they alone, as a path.
    func rootPrefix(_ text: ByteString) throws(StoreError) -> ByteString? {
        let components = Self.components(text)
        guard components.count < partitionColumns.count else { return nil }
        if components.count == 1, node(components[0]) != nil { return nil }
        return try root(components).name
    }

    private static func components(_ text: ByteString) -> [ByteString] {
        var parts = text.bytes.split(separator: UInt8(ascii: "/")).map { ByteString($0) }.filter { $0 != "." }
        if parts.first == "partitions" { parts.removeFirst() }
        return parts
    }

    private func node(_ name: ByteString) -> Partition? {
        Self.isChildID(name) ? state.partitions[PartitionID(name)] : nil
    }

    private static func isChildID(_ name: ByteString) -> Bool {
        name.count == 16 && Hex.parse(name.bytes) != nil
    }

    /// The root of these components: as they are written where that is known, else with each value in the one text
    /// of its type.
    private func root(_ components: [ByteString]) throws(StoreError) -> PartitionID {
        var values: [ByteString?] = []
        var canonical: [ByteString?] = []
        let columns = Array(partitionColumns[..<components.count])
        for (component, column) in zip(components, columns) {
            guard let pair = PartitionPath.parse(component: component), pair.column == column else {
                throw StoreError(
                    .einval, "\"\(component)\" names no partition: \(column)=… is expected in this place")
            }
            values.append(pair.value)
            canonical.append(try canonicalText(pair.value, of: column))
        }
        let written = PartitionID(PartitionPath.path(columns: columns, values: values))
        if state.files.rootPartition(written) != nil || state.partitions[written] != nil { return written }
        return PartitionID(PartitionPath.path(columns: columns, values: canonical))
    }

    /// The values of a root partition, also of one that has no file.
    func tuple(ofRoot id: PartitionID) throws(StoreError) -> PartitionTuple {
        if let known = state.files.rootPartition(id)?.tuple ?? state.partitions[id]?.root { return known }
        guard let pairs = PartitionPath.parse(id.name), pairs.map(\.column) == partitionColumns else {
            throw StoreError(.einval, "\"\(id)\" names no partition of the table")
        }
        return PartitionTuple(pairs.map(\.value))
    }

    private func canonicalText(
        _ text: ByteString?, of name: ByteString
    ) throws(StoreError) -> ByteString? {
        guard let text, let type = state.definition.schema?.column(name)?.type, type != .undecided else {
            return text
        }
        guard let value = ValueText.parse(text, type) else {
            throw StoreError(.einval, "column \(name): \"\(text)\" is no value of type \(type.name)")
        }
        return ValueText.text(value, type)
    }

    private func child(_ name: ByteString, of parent: PartitionID) throws(StoreError) -> PartitionID {
        if let node = node(name), state.partitions.root(of: node.id) == state.partitions.root(of: parent) {
            return node.id
        }
        let names = state.partitions[parent].map(childNames) ?? []
        // More may be percent-encoded than has to be.
        let plain = PartitionPath.unescape(name)
        let index =
            names.firstIndex(of: name) ?? names.firstIndex { PartitionPath.unescape($0) == plain }
        if let index, let node = state.partitions[parent] {
            return node.children[index]
        }
        let known =
            names.isEmpty
            ? "it was not split" : "its parts are " + names.map(\.display).joined(separator: " and ")
        throw StoreError(.enoent, "partition \"\(path(of: parent))\" has no part \"\(name)\": \(known)")
    }
}
