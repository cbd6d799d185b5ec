/// Rows that are being gathered for a layer, one array a field.
struct ReferenceRows {
    static let effectMask: UInt8 = 3
    static let estimatedBit: UInt8 = 4

    private(set) var files: [UInt64] = []
    private(set) var partitions: [UInt32] = []
    private(set) var flags: [UInt8] = []
    private(set) var rowCounts: [Int64] = []
    private(set) var versions: [Int64] = []
    /// Place in the layer's manifests, plus one; 0 is none.
    private(set) var manifests: [Int64] = []

    var count: Int { files.count }

    static func effect(_ flags: UInt8) -> ReferenceEffect {
        ReferenceEffect(rawValue: flags & effectMask) ?? .insert
    }

    static func flags(_ effect: ReferenceEffect, isEstimated: Bool) -> UInt8 {
        effect.rawValue | (isEstimated ? estimatedBit : 0)
    }

    func effect(_ row: Int) -> ReferenceEffect { Self.effect(flags[row]) }

    mutating func reserve(_ count: Int) {
        files.reserveCapacity(count)
        partitions.reserveCapacity(count)
        flags.reserveCapacity(count)
        rowCounts.reserveCapacity(count)
        versions.reserveCapacity(count)
        manifests.reserveCapacity(count)
    }

    mutating func append(
        file: UInt64, partition: UInt32, flags: UInt8, rowCount: Int64, version: Int64, manifest: Int64
    ) {
        files.append(file)
        partitions.append(partition)
        self.flags.append(flags)
        rowCounts.append(rowCount)
        versions.append(version)
        manifests.append(manifest)
    }

    /// The rows of `order`, in that order, with other numbers for their partitions.
    func arranged(_ order: [UInt32], partitions numbers: [UInt32]) -> ReferenceRows {
        var result = ReferenceRows()
        result.files = order.map { files[Int($0)] }
        result.partitions = order.map { numbers[Int(partitions[Int($0)])] }
        result.flags = order.map { flags[Int($0)] }
        result.rowCounts = order.map { rowCounts[Int($0)] }
        result.versions = order.map { versions[Int($0)] }
        result.manifests = order.map { manifests[Int($0)] }
        return result
    }

    /// The rows with other numbers for their partitions.
    mutating func renumber(_ numbers: [UInt32]) {
        for row in partitions.indices { partitions[row] = numbers[Int(partitions[row])] }
    }

    /// A layer of the rows, with those of the names that a row has.
    consuming func finish(_ names: NameTable, manifests: [any ManifestIdentity]) -> ReferenceColumns {
        var numbers = [UInt32](repeating: .max, count: names.count)
        for partition in partitions { numbers[Int(partition)] = 0 }
        guard numbers.contains(.max) else {
            return ReferenceColumns(self, names: names, manifests: manifests)
        }
        let kept = names.filtered { numbers[$0] == 0 }
        var next: UInt32 = 0
        for number in numbers.indices where numbers[number] == 0 {
            numbers[number] = next
            next += 1
        }
        renumber(numbers)
        return ReferenceColumns(self, names: kept, manifests: manifests)
    }
}
