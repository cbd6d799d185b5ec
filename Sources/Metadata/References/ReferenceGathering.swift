import Bytes

/// Rows in any order on their way to a layer.
struct ReferenceGathering {
    private var names = ByteInterner()
    private var rows = ReferenceRows()

    var count: Int { rows.count }

    mutating func reserve(_ count: Int) { rows.reserve(count) }

    mutating func append(
        file: UInt64, partition: UnsafeRawBufferPointer, flags: UInt8, rowCount: Int64, version: Int64,
        manifest: Int64
    ) {
        rows.append(
            file: file, partition: UInt32(names.code(partition)), flags: flags, rowCount: rowCount,
            version: version, manifest: manifest)
    }

    /// The layer; nil where there are no rows.
    ///
    /// - Precondition: each reference was appended once.
    consuming func finish() -> ReferenceColumns? {
        guard count > 0 else { return nil }
        let (names, numbers) = names.sorted()
        let order = Self.order(rows, numbers)
        return rows.arranged(order, partitions: numbers).finish(names, manifests: [])
    }

    /// The layer of what lives of the rows, and what is dead in manifests. Of the entries of one reference the newest
    /// counts; a tombstone kills those that are older than it.
    consuming func finish(
        tombstones: [ManifestSet<ReferenceKey, FileReference>.Tombstone], manifests: [any ManifestIdentity]
    ) -> (columns: ReferenceColumns?, graves: ManifestGraves<ReferenceKey>) {
        guard count > 0 else { return (nil, ManifestGraves()) }
        let (names, numbers) = names.sorted()
        var order = Self.order(rows, numbers)
        var choice = NewestReferences(rows, numbers, order, names)
        choice.kill(tombstones)
        order = choice.choose()
        var graves = ManifestGraves<ReferenceKey>()
        for (row, version) in choice.dead {
            let manifest = Int(rows.manifests[row])
            guard manifest > 0 else { continue }
            graves.bury(
                ReferenceKey(
                    file: FileID(rows.files[row]),
                    partition: PartitionID(names[Int(numbers[Int(rows.partitions[row])])])),
                before: version, in: manifests[manifest - 1])
        }
        guard !order.isEmpty else { return (nil, graves) }
        return (rows.arranged(order, partitions: numbers).finish(names, manifests: manifests), graves)
    }

    /// The rows by file, partition, manifest and place.
    private static func order(_ rows: borrowing ReferenceRows, _ numbers: [UInt32]) -> [UInt32] {
        struct Place {
            var file: UInt64
            var partition: UInt32
            var row: UInt32
        }
        var isSorted = true
        var places: [Place] = []
        places.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let place = Place(
                file: rows.files[row], partition: numbers[Int(rows.partitions[row])], row: UInt32(row))
            if isSorted, let last = places.last {
                isSorted = (last.file, last.partition) <= (place.file, place.partition)
            }
            places.append(place)
        }
        if !isSorted {
            places.sort { left, right in
                if left.file != right.file { return left.file < right.file }
                if left.partition != right.partition { return left.partition < right.partition }
                return left.row < right.row
            }
        }
        return places.map(\.row)
    }
}

/// Chooses among the entries of each reference.
private struct NewestReferences {
    private let rows: ReferenceRows
    private let numbers: [UInt32]
    private let order: [UInt32]
    private let names: NameTable
    /// Where in the order the entries of a killed reference begin, and the version below which they are dead.
    private var killed: [Int: Int64] = [:]
    /// Dead rows and the version below which they are.
    private(set) var dead: [(row: Int, version: Version)] = []

    init(_ rows: ReferenceRows, _ numbers: [UInt32], _ order: [UInt32], _ names: NameTable) {
        self.rows = rows
        self.numbers = numbers
        self.order = order
        self.names = names
    }

    mutating func kill(_ tombstones: [ManifestSet<ReferenceKey, FileReference>.Tombstone]) {
        for tombstone in tombstones {
            guard let number = names.find(tombstone.key.partition.name) else { continue }
            let key = (tombstone.key.file.rawValue, UInt32(number))
            var low = 0
            var high = order.count
            while low < high {
                let middle = (low + high) / 2
                if self.key(middle) < key { low = middle + 1 } else { high = middle }
            }
            guard low < order.count, self.key(low) == key else { continue }
            killed[low] = max(killed[low] ?? .min, tombstone.version.rawValue)
        }
    }

    /// The rows that live, in order.
    mutating func choose() -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(order.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, key(end) == key(start) { end += 1 }
            let version = killed.isEmpty ? nil : killed[start]
            if end == start + 1, version == nil {
                result.append(order[start])
            } else if let newest = newest(of: order[start..<end], killedBefore: version) {
                result.append(newest)
            }
            start = end
        }
        return result
    }

    private mutating func newest(of entries: ArraySlice<UInt32>, killedBefore killed: Int64?) -> UInt32? {
        var newest: UInt32?
        for row in entries {
            let version = rows.versions[Int(row)]
            if let killed, version < killed { continue }
            guard let known = newest else {
                newest = row
                continue
            }
            let other = rows.versions[Int(known)]
            // Of the same version the manifest that comes first counts.
            let isNewer =
                other < version || (other == version && rows.manifests[Int(row)] < rows.manifests[Int(known)])
            if isNewer { newest = row }
        }
        for row in entries where row != newest {
            let version = rows.versions[Int(row)]
            if let killed, version < killed {
                dead.append((Int(row), Version(killed)))
            } else if let newest {
                dead.append((Int(row), Version(rows.versions[Int(newest)])))
            }
        }
        return newest
    }

    private func key(_ place: Int) -> (UInt64, UInt32) {
        let row = Int(order[place])
        return (rows.files[row], numbers[Int(rows.partitions[row])])
    }
}
