import Bytes

// References: a file comes with all of them, a split replaces one by those of the children, a compaction takes one.
extension StateChange {
    mutating func put(_ reference: FileReference) throws(StateError) {
        guard let file = liveFile(reference.file) else {
            throw error("file \(reference.file) is referenced and is not live")
        }
        guard pendingIDs[reference.file] != nil else {
            throw error(
                "file \(file.path.display) is live already: it is referenced by splits of what it has")
        }
        try checkPlace(of: reference, file)
        // The first explicit reference takes the place of the implicit one.
        if facts.references.count(of: file.id) == 0 { release(implicit: file) }
        guard !facts.references.contains(file.id, in: reference.partition) else {
            throw error("file \(file.path.display) is referenced twice in \"\(reference.partition)\"")
        }
        facts.references.put(reference, at: version)
        affect(reference.partition)
        referenced.insert(file.id)
    }

    private func checkPlace(of reference: FileReference, _ file: LiveFile) throws(StateError) {
        let root = PartitionID(
            RootPath.path(columns: facts.files.partitionColumns, tuple: file.partitionValues))
        guard facts.partitions.root(of: reference.partition) == root else {
            throw error(
                "file \(file.path.display) is referenced outside its root, in \"\(reference.partition)\"")
        }
    }

    private mutating func release(implicit file: LiveFile) {
        released.append(ReferenceKey(file: file.id, partition: implicitPartition(of: file)))
    }

    /// The reference as it stands, the implicit one too.
    private func current(_ file: LiveFile, in partition: PartitionID) -> FileReference? {
        if facts.references.count(of: file.id) > 0 {
            return facts.references.reference(file.id, in: partition)
        }
        guard implicitPartition(of: file) == partition else { return nil }
        return FileReference(file: file.id, partition: partition, rowCount: file.rowCount ?? 0)
    }

    mutating func split(_ split: ReferenceSplit) throws(StateError) {
        guard let file = liveFile(split.file) else {
            throw error("file \(split.file) is split and is not live")
        }
        guard let before = current(file, in: split.partition) else {
            throw error("file \(file.path.display) has no reference in \"\(split.partition)\" to split")
        }
        let children = facts.partitions[split.partition]?.children ?? []
        guard !children.isEmpty else {
            throw error("partition \"\(split.partition)\" has no children to split a reference into")
        }
        let places = split.parts.map(\.partition)
        guard !places.isEmpty, Set(places).count == places.count, places.allSatisfy(children.contains),
            split.parts.allSatisfy({ $0.file == split.file })
        else {
            throw error(
                "the reference of \(file.path.display) in \"\(split.partition)\" is not split into its children"
            )
        }
        if let left = children.first(where: { !places.contains($0) }) { try checkAbsence(of: file, in: left) }
        let rows = split.parts.reduce(0) { $0 + $1.rowCount }
        guard rows == before.rowCount, split.parts.allSatisfy({ $0.rowCount >= 0 }) else {
            throw error(
                "the reference of \(file.path.display) in \"\(split.partition)\" has \(before.rowCount) rows, its "
                    + "parts have \(rows)")
        }
        if facts.references.count(of: file.id) == 0 {
            release(implicit: file)
        } else {
            _ = facts.references.remove(file.id, in: split.partition, at: version)
            released.append(ReferenceKey(file: file.id, partition: split.partition))
        }
        for part in split.parts {
            facts.references.put(part, at: version)
            affect(part.partition)
        }
    }

    /// A split may leave out a child only where no key of the file is in it.
    private func checkAbsence(of file: LiveFile, in child: PartitionID) throws(StateError) {
        guard file.rowCount != 0 else { return }
        guard let node = facts.partitions[child], let keys = keyRange(of: file.id),
            node.minKey.map({ keys.max < $0 }) ?? false || node.maxKey.map({ $0 <= keys.min }) ?? false
        else {
            throw error("file \(file.path.display) may have rows in \"\(child)\", of which it gets no part")
        }
    }

    private func keyRange(of id: FileID) -> (min: ByteString, max: ByteString)? {
        if let index = pendingIDs[id] {
            guard let min = pending[index].minKey, let max = pending[index].maxKey else { return nil }
            return (min, max)
        }
        return facts.files.view(id)?.keyRange
    }

    mutating func removeReference(
        _ file: FileID, _ partition: PartitionID, rowCount: Int64
    ) throws(StateError) {
        guard let reference = facts.references.reference(file, in: partition) else {
            throw error("file \(file) has no reference in partition \"\(partition)\" to remove")
        }
        guard reference.isEstimated || reference.rowCount == rowCount else {
            throw error(
                "file \(file) has \(reference.rowCount) rows in partition \"\(partition)\", \(rowCount) are taken"
            )
        }
        _ = facts.references.remove(file, in: partition, at: version)
        released.append(ReferenceKey(file: file, partition: partition))
        facts.takenRows? += rowCount
        bereft.insert(file)
        if reference.isEstimated { try rescale(file, by: reference.rowCount - rowCount) }
    }

    /// What was estimated wrongly belongs to the other estimated references, in proportion; where one is left, it
    /// is what remains of the file, exactly.
    private mutating func rescale(_ file: FileID, by difference: Int64) throws(StateError) {
        var estimated = facts.references.references(of: file).filter(\.isEstimated)
        if estimated.isEmpty, difference == 0 { return }
        guard !estimated.isEmpty else {
            throw error("file \(file) has \(abs(difference)) rows more or less than its references say")
        }
        let before = estimated.reduce(0) { $0 + $1.rowCount }
        let after = before + difference
        guard after >= 0 else { throw error("file \(file) has fewer rows than were taken out of it") }
        var seen: Int64 = 0
        var given: Int64 = 0
        for index in estimated.indices {
            seen += estimated[index].rowCount
            // Cumulative, so that the parts add up.
            let until =
                before > 0
                ? Int64(Int128(after) * Int128(seen) / Int128(before))
                : after * Int64(index + 1) / Int64(estimated.count)
            estimated[index].rowCount = until - given
            given = until
            if estimated.count == 1 { estimated[index].isEstimated = false }
            facts.references.put(estimated[index], at: version)
            affect(estimated[index].partition)
        }
    }

    // MARK: At the end

    mutating func checkReferences() throws(StateError) {
        for file in bereft where isLive(file) && facts.references.count(of: file) == 0 {
            throw error("file \(file) loses its last reference and stays live")
        }
        for id in referenced {
            guard let file = liveFile(id) else { continue }
            let references = facts.references.references(of: id)
            let places = Set(references.map(\.partition))
            for place in places {
                if let above = facts.partitions.ancestors(of: place).first(where: places.contains) {
                    throw error(
                        "file \(file.path.display) is referenced in \"\(place)\" and in \"\(above)\" above it"
                    )
                }
            }
            // Fewer where a file comes back that was live by halves.
            let rows = references.reduce(0) { $0 + $1.rowCount }
            facts.takenRows? += (file.rowCount ?? rows) - rows
            guard rows <= file.rowCount ?? rows else {
                throw error(
                    "file \(file.path.display) has \(file.rowCount ?? 0) rows, its references have \(rows)")
            }
        }
    }
}
