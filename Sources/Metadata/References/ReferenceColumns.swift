import Bytes

/// An immutable layer of references, as columns: sorted by file and partition, with the rows of each partition
/// beside them.
///
/// A partition is a number, its place among the names of the layer, so that numbers sort as names do. A row takes
/// about twelve bytes.
final class ReferenceColumns: Sendable {
    let names: NameTable
    /// Each file once, ascending.
    let files: [UInt64]
    /// The rows of file `n` are `fileStarts[n]..<fileStarts[n + 1]`.
    let fileStarts: [UInt32]
    /// The partition of each row, by number; ascending within a file.
    let partitions: [UInt32]
    /// The rows of partition `n`, ascending, are `partitionRows[partitionStarts[n]..<partitionStarts[n + 1]]`.
    let partitionStarts: [UInt32]
    let partitionRows: [UInt32]
    /// What the layer adds to the number of references of each file and of each partition; nil where every row is an
    /// insertion.
    let gains: Gains?
    /// ``ReferenceEffect`` and the estimated bit of each row; nil where all are counted insertions.
    let flags: [UInt8]?
    let rowCounts: IntegerColumn
    let versions: IntegerColumn
    /// Which of ``manifests`` lists the row, plus one; 0 is none.
    let manifestNumbers: IntegerColumn
    let manifests: [any ManifestIdentity]
    /// Rows that are references which no manifest lists.
    let unwrittenCount: Int
    /// What the layer adds to the number of references.
    let gain: Int

    struct Gains: Sendable {
        var ofFile: [Int32]
        var ofPartition: [Int32]
    }

    var count: Int { partitions.count }

    /// - Precondition: the rows are sorted by file and partition, each pair once, and every name has a row.
    init(_ rows: borrowing ReferenceRows, names: NameTable, manifests: [any ManifestIdentity]) {
        let count = rows.count
        self.names = names
        self.manifests = manifests
        partitions = rows.partitions
        rowCounts = rows.rowCounts.withUnsafeBufferPointer { IntegerColumn($0) }
        versions = rows.versions.withUnsafeBufferPointer { IntegerColumn($0) }
        manifestNumbers = rows.manifests.withUnsafeBufferPointer { IntegerColumn($0) }
        flags = rows.flags.allSatisfy { $0 == 0 } ? nil : rows.flags

        var files: [UInt64] = []
        var fileStarts: [UInt32] = []
        for row in 0..<count where row == 0 || rows.files[row] != rows.files[row - 1] {
            files.append(rows.files[row])
            fileStarts.append(UInt32(row))
        }
        fileStarts.append(UInt32(count))
        self.files = files.withUnsafeBufferPointer { Array($0) }
        self.fileStarts = fileStarts.withUnsafeBufferPointer { Array($0) }

        (partitionStarts, partitionRows) = Self.byPartition(rows.partitions, nameCount: names.count)
        let isPlain = rows.flags.allSatisfy { $0 & ReferenceRows.effectMask == 0 }
        gains = isPlain ? nil : Self.gains(rows, fileStarts, nameCount: names.count)
        var unwritten = 0
        var gain = 0
        for row in 0..<count {
            let effect = rows.effect(row)
            gain += effect.gain
            if effect != .remove, rows.manifests[row] == 0 { unwritten += 1 }
        }
        unwrittenCount = unwritten
        self.gain = gain
    }

    /// The same rows, each listed by one of some manifests.
    ///
    /// - Precondition: the ranges ascend and have all rows.
    func listed(in written: [(range: Range<Int>, manifest: any ManifestIdentity)]) -> ReferenceColumns {
        ReferenceColumns(self, listedIn: written)
    }

    private init(
        _ other: ReferenceColumns, listedIn written: [(range: Range<Int>, manifest: any ManifestIdentity)]
    ) {
        names = other.names
        files = other.files
        fileStarts = other.fileStarts
        partitions = other.partitions
        partitionStarts = other.partitionStarts
        partitionRows = other.partitionRows
        gains = other.gains
        flags = other.flags
        rowCounts = other.rowCounts
        versions = other.versions
        gain = other.gain
        unwrittenCount = 0
        manifests = written.map(\.manifest)
        var numbers = [Int64](repeating: 0, count: other.count)
        for (number, part) in written.enumerated() {
            for row in part.range { numbers[row] = Int64(number + 1) }
        }
        manifestNumbers = numbers.withUnsafeBufferPointer { IntegerColumn($0) }
    }

    /// Counted and put in their places, in the order of the rows.
    private static func byPartition(
        _ partitions: [UInt32], nameCount: Int
    ) -> (starts: [UInt32], rows: [UInt32]) {
        var starts = [UInt32](repeating: 0, count: nameCount + 1)
        for partition in partitions { starts[Int(partition) + 1] += 1 }
        for number in 0..<nameCount { starts[number + 1] += starts[number] }
        var next = starts
        var rows = [UInt32](repeating: 0, count: partitions.count)
        for (row, partition) in partitions.enumerated() {
            rows[Int(next[Int(partition)])] = UInt32(row)
            next[Int(partition)] += 1
        }
        return (starts, rows)
    }

    private static func gains(
        _ rows: borrowing ReferenceRows, _ fileStarts: [UInt32], nameCount: Int
    ) -> Gains {
        var gains = Gains(
            ofFile: [Int32](repeating: 0, count: fileStarts.count - 1),
            ofPartition: [Int32](repeating: 0, count: nameCount))
        for file in gains.ofFile.indices {
            for row in Int(fileStarts[file])..<Int(fileStarts[file + 1]) {
                let gain = Int32(rows.effect(row).gain)
                gains.ofFile[file] += gain
                gains.ofPartition[Int(rows.partitions[row])] += gain
            }
        }
        return gains
    }

    // MARK: One row

    func effect(_ row: Int) -> ReferenceEffect {
        guard let flags else { return .insert }
        return ReferenceRows.effect(flags[row])
    }

    func isEstimated(_ row: Int) -> Bool {
        flags.map { $0[row] & ReferenceRows.estimatedBit != 0 } ?? false
    }

    func manifest(_ row: Int) -> (any ManifestIdentity)? {
        let number = Int(manifestNumbers[row])
        return number == 0 ? nil : manifests[number - 1]
    }

    func row(_ row: Int) -> ReferenceRow {
        ReferenceRow(
            effect: effect(row), rowCount: rowCounts[row], isEstimated: isEstimated(row),
            version: Version(versions[row]), manifest: manifest(row))
    }

    func partition(_ row: Int) -> PartitionID { PartitionID(names[Int(partitions[row])]) }

    /// Calls `body` with every row, by key.
    func forEach(_ body: (ReferenceKey, ReferenceRow) throws -> Void) rethrows {
        // One string a name, not one a row.
        let ids = (0..<names.count).map { PartitionID(names[$0]) }
        for (index, file) in files.enumerated() {
            for row in rows(ofFile: index) {
                let key = ReferenceKey(file: FileID(file), partition: ids[Int(partitions[row])])
                try body(key, self.row(row))
            }
        }
    }

    // MARK: Looking up

    func fileIndex(_ file: FileID) -> Int? {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            let found = files[middle]
            if found == file.rawValue { return middle }
            if found < file.rawValue { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    func rows(ofFile index: Int) -> Range<Int> { Int(fileStarts[index])..<Int(fileStarts[index + 1]) }

    /// The file of a row.
    func file(_ row: Int) -> FileID {
        var low = 0
        var high = files.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if fileStarts[middle] <= UInt32(row) { low = middle } else { high = middle - 1 }
        }
        return FileID(files[low])
    }

    /// The row of a reference. Looks only among the partitions of the file.
    func find(_ file: FileID, _ partition: PartitionID) -> Int? {
        guard let index = fileIndex(file) else { return nil }
        let range = rows(ofFile: index)
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            let order = names.compare(Int(partitions[middle]), partition.name)
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    func rows(ofPartition number: Int) -> ArraySlice<UInt32> {
        partitionRows[Int(partitionStarts[number])..<Int(partitionStarts[number + 1])]
    }

    func gain(ofFile index: Int) -> Int {
        gains.map { Int($0.ofFile[index]) } ?? rows(ofFile: index).count
    }

    func gain(ofPartition number: Int) -> Int {
        gains.map { Int($0.ofPartition[number]) } ?? rows(ofPartition: number).count
    }

    /// Memory of the columns.
    var byteCount: Int {
        let perFile = files.capacity * 8 + fileStarts.capacity * 4 + (gains?.ofFile.capacity ?? 0) * 4
        let perPartition =
            names.byteCount + partitionStarts.capacity * 4 + (gains?.ofPartition.capacity ?? 0) * 4
        let perRow = partitions.capacity * 4 + partitionRows.capacity * 4 + (flags?.capacity ?? 0)
        return perFile + perPartition + perRow + rowCounts.byteCount + versions.byteCount
            + manifestNumbers.byteCount
    }
}
