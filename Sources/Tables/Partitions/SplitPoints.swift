package import Bytes
import Ingest
package import Metadata
import Planning
package import Platform
package import Records

/// A file of split points: one key a line, ascending; lines that are empty or begin with `#` are passed over.
///
/// ```
/// # split points of flights, version 7
/// 250
/// 500
/// ```
package enum SplitPoints {
    /// The keys of a file.
    ///
    /// - Throws: with the line that is no key, or is not above the one before.
    package static func parse(_ bytes: [UInt8], _ keys: KeyText) throws(StoreError) -> [ByteString] {
        var found: [ByteString] = []
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = line
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            let key: ByteString
            do throws(StoreError) { key = try keys.key(ByteString(line)) } catch {
                throw StoreError(.einval, "line \(number): \(error.message)")
            }
            if let last = found.last, !(last < key) {
                throw StoreError(
                    .einval,
                    "line \(number): \(keys.text(key)) is not above \(keys.text(last)), which is before it")
            }
            found.append(key)
        }
        return found
    }

    /// The keys that part the rows of a file into so many leaves, as evenly as they can.
    ///
    /// - Parameter file: of a format that is copied in; it need not have more columns than those of the key.
    package static func keys(
        ofSample file: ByteString, schema: TableSchema, leafCount: Int, entropy: any Entropy
    ) throws -> [ByteString] {
        let keys = try KeyReservoir.keys(ofFile: file, schema: schema, entropy: entropy)
        let found = SplitKeys(sample: keys.map { .init(key: $0, rows: 1) }, leaves: leafCount).keys
        guard !found.isEmpty else {
            throw StoreError(.einval, "a sample of \(keys.count) rows and one key cannot say where to split")
        }
        return found
    }

    /// What ``parse(_:_:)`` reads back.
    package static func text(_ points: [ByteString], _ keys: KeyText, title: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(text: "# \(title)\n")
        for point in points {
            let text = keys.text(point)
            // The key of an empty string, and one that reads like a comment, are written as bytes.
            let isPlain = text.bytes.first.map { $0 != UInt8(ascii: "#") } ?? false
            writer.append(isPlain ? text : KeyText.rawText(point))
            writer.append(text: "\n")
        }
        return writer.bytes
    }
}

extension Table {
    /// The keys at which the tree below a partition is split, ascending, as a file of split points.
    package func exportedSplitPoints(
        below partition: ByteString?, in state: TableState
    ) throws(StoreError) -> [UInt8] {
        let keys = try KeyText(state.definition)
        let paths = PartitionPathText(state)
        let top: PartitionID
        if let partition { top = try paths.known(partition) } else { top = try tree(nil, in: state) }
        var points: [ByteString] = []
        for leaf in state.partitions.leavesInOrder(below: top).dropFirst() {
            if let key = state.partitions[leaf]?.minKey { points.append(key) }
        }
        let path = paths.path(of: top)
        let place = path.isEmpty ? "\(name)" : "\(name), partition \(path)"
        return SplitPoints.text(points, keys, title: "split points of \(place), version \(state.version)")
    }

    /// The partition that a person means; without one, the one tree of a table without partition columns.
    func tree(_ partition: ByteString?, in state: TableState) throws(StoreError) -> PartitionID {
        if let partition { return try PartitionPathText(state).id(partition) }
        guard state.definition.partitionColumns.isEmpty else {
            throw StoreError(
                .einval,
                "the table has a tree for each value of its partition columns: name a partition, such as "
                    + (state.files.rootPartitions().first?.path.display
                        ?? state.definition.partitionColumns.map { "\($0.display)=…" }.joined(separator: "/"))
            )
        }
        return PartitionID("")
    }
}

extension PartitionSet {
    /// The leaves below (or at) a node in the order of keys; as deep as the tree is.
    func leavesInOrder(below top: PartitionID) -> [PartitionID] {
        var leaves: [PartitionID] = []
        var waiting = [top]
        while let id = waiting.popLast() {
            let children = self[id]?.children ?? []
            if children.isEmpty { leaves.append(id) } else { waiting += children.reversed() }
        }
        return leaves
    }
}
