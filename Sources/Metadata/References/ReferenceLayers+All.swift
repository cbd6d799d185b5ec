import Bytes

/// What looks at everything.
extension ReferenceLayers {
    /// All references in one layer, none of which is gone; nil where there are none.
    func flattened() -> ReferenceColumns? {
        var top: ReferenceColumns?
        for layer in sealed().layers.reversed() { top = top.map { layer.merged(with: $0) } ?? layer }
        return top
    }

    /// The files with references, ascending.
    func forEachFile(_ body: (FileID) throws -> Void) rethrows {
        let layers = sealed().layers
        var places = [Int](repeating: 0, count: layers.count)
        while true {
            var lowest: UInt64?
            for (number, layer) in layers.enumerated() where places[number] < layer.files.count {
                lowest = min(lowest ?? .max, layer.files[places[number]])
            }
            guard let lowest else { return }
            var gain = 0
            for (number, layer) in layers.enumerated() {
                let place = places[number]
                guard place < layer.files.count, layer.files[place] == lowest else { continue }
                gain += layer.gain(ofFile: place)
                places[number] += 1
            }
            if gain > 0 { try body(FileID(lowest)) }
        }
    }

    /// The partitions with references, ascending.
    func forEachPartition(_ body: (PartitionID) throws -> Void) rethrows {
        let layers = sealed().layers
        var places = [Int](repeating: 0, count: layers.count)
        while true {
            var lowest: (layer: ReferenceColumns, place: Int)?
            for (number, layer) in layers.enumerated() where places[number] < layer.names.count {
                if let known = lowest, Self.compare(known, (layer, places[number])) <= 0 { continue }
                lowest = (layer, places[number])
            }
            guard let lowest else { return }
            var gain = 0
            for (number, layer) in layers.enumerated() {
                let place = places[number]
                guard place < layer.names.count, Self.compare(lowest, (layer, place)) == 0 else { continue }
                gain += layer.gain(ofPartition: place)
                places[number] += 1
            }
            if gain > 0 { try body(PartitionID(lowest.layer.names[lowest.place])) }
        }
    }

    private static func compare(_ left: (ReferenceColumns, Int), _ right: (ReferenceColumns, Int)) -> Int {
        left.0.names.withName(left.1) { a in right.0.names.withName(right.1) { compareBytes(a, $0) } }
    }

    /// The references that no manifest lists or one of `gone`, as a layer that replaces them; nil where there are
    /// none.
    ///
    /// Costs what it gives and a look at the manifest's number of each row in the layers that have such.
    func listed(byNoneOr gone: Set<ObjectIdentifier>) -> ReferenceColumns? {
        let layers = sealed().layers
        var gathering = ReferenceGathering()
        for (number, layer) in layers.enumerated() {
            var isWanted = layer.manifests.map { gone.contains(ObjectIdentifier($0)) }
            isWanted.insert(layer.unwrittenCount > 0, at: 0)
            guard isWanted.contains(true) else { continue }
            for index in layer.files.indices {
                for row in layer.rows(ofFile: index) where isWanted[Int(layer.manifestNumbers[row])] {
                    guard layer.effect(row) != .remove else { continue }
                    let file = FileID(layer.files[index])
                    // What a layer above has of it is newer.
                    if number + 1 < layers.count {
                        let partition = layer.partition(row)
                        let isOld = layers[(number + 1)...].contains { $0.find(file, partition) != nil }
                        if isOld { continue }
                    }
                    layer.names.withName(Int(layer.partitions[row])) { name in
                        gathering.append(
                            file: file.rawValue, partition: name,
                            flags: ReferenceRows.flags(.replace, isEstimated: layer.isEstimated(row)),
                            rowCount: layer.rowCounts[row], version: layer.versions[row], manifest: 0)
                    }
                }
            }
        }
        return gathering.finish()
    }
}
