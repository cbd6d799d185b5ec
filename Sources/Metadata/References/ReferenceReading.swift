import Bytes
import Synchronization

/// What one manifest of references lists, as it is decoded.
package struct ReferenceManifestRows: Sendable {
    fileprivate var files: [UInt64] = []
    fileprivate var names: [UInt8] = []
    fileprivate var nameEnds: [Int] = []
    fileprivate var flags: [UInt8] = []
    fileprivate var rowCounts: [Int64] = []
    fileprivate var versions: [Int64] = []

    package init() {}

    package var count: Int { files.count }

    package mutating func reserve(_ count: Int) {
        files.reserveCapacity(count)
        names.reserveCapacity(count * 16)
        nameEnds.reserveCapacity(count)
        flags.reserveCapacity(count)
        rowCounts.reserveCapacity(count)
        versions.reserveCapacity(count)
    }

    package mutating func append(
        file: Int64, partition: UnsafeRawBufferPointer, rowCount: Int64, isEstimated: Bool, version: Int64
    ) {
        files.append(UInt64(bitPattern: file))
        names.append(contentsOf: partition)
        nameEnds.append(names.count)
        flags.append(ReferenceRows.flags(.insert, isEstimated: isEstimated))
        rowCounts.append(rowCount)
        versions.append(version)
    }
}

/// Takes what the manifests of a state list, from several threads and in any order.
package final class ReferenceReading: Sendable {
    private let gathering: Mutex<ReferenceGathering>

    /// - Parameter expectedCount: for so many entries space is reserved.
    package init(expectedCount: Int) {
        var empty = ReferenceGathering()
        empty.reserve(expectedCount)
        gathering = Mutex(empty)
    }

    /// - Parameter manifest: its place among those of the state.
    package func add(_ rows: ReferenceManifestRows, manifest: Int) {
        gathering.withLock { gathering in
            rows.names.withUnsafeBytes { names in
                var start = 0
                for row in 0..<rows.count {
                    let end = rows.nameEnds[row]
                    gathering.append(
                        file: rows.files[row],
                        partition: UnsafeRawBufferPointer(rebasing: names[start..<end]),
                        flags: rows.flags[row], rowCount: rows.rowCounts[row], version: rows.versions[row],
                        manifest: Int64(manifest + 1))
                    start = end
                }
            }
        }
    }

    /// The references, without those that tombstones kill.
    package func finish(
        tombstones: [ReferenceEntries.Tombstone], manifests: [any ManifestIdentity]
    ) -> ReferenceEntries {
        var all = ReferenceGathering()
        gathering.withLock { swap(&$0, &all) }
        let (columns, graves) = all.finish(tombstones: tombstones, manifests: manifests)
        return ReferenceEntries(columns, graves: graves, manifests: manifests)
    }
}
