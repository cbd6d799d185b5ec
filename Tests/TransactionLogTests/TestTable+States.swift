import Bytes
import Metadata
import Testing
import TransactionLog

extension TestTable {
    /// A property as an action.
    static func property(_ name: ByteString, _ value: ByteString) -> Action {
        .operation(.setProperty(name: name, value: value))
    }

    /// Commits files of these months, `nil` for a null, and returns them.
    @discardableResult
    func commit(months: [Int?]) throws -> [FileEntry] {
        let files = months.map { month -> FileEntry in
            var entry = file(month: month ?? 0)
            if month == nil { entry.partitionValues = PartitionTuple([nil]) }
            return entry
        }
        _ = try log.commit(transaction(files.map { .add($0) }))
        return files
    }

    /// Commits this many files and returns them.
    @discardableResult
    func commit(_ count: Int) throws -> [FileEntry] {
        let files = (0..<count).map { _ in file() }
        _ = try log.commit(transaction(files.map { .add($0) }))
        return files
    }

    /// Writes the current version's state and returns its record.
    @discardableResult
    func write() throws -> StateManifest {
        _ = try log.writeState()
        return try log.stateManifest(at: log.current.version)
    }

    /// Compacts the state and returns the record of the version that it is of.
    @discardableResult
    func compact() throws -> StateManifest {
        _ = try log.compactState()
        return try log.stateManifest(at: log.current.version)
    }

    /// The files that the manifests of the state list, live or dead, each manifest's in its order.
    func listed() throws -> [[FileEntry]] {
        try open().current.files.slots.map { slot in
            (0..<slot.segment.count).map { slot.segment[$0].entry }
        }
    }
}

extension StateManifest {
    /// The sums that a state must have, whatever was done before.
    func expectSums(_ live: [FileEntry], _ comment: Comment? = nil) {
        #expect(fileCount == Int64(live.count), comment)
        #expect(totalBytes == live.reduce(0) { $0 + $1.sizeBytes }, comment)
        #expect(files.manifests.reduce(0) { $0 + $1.liveEntryCount } == Int64(live.count), comment)
        for info in files.manifests {
            #expect(info.entryCount == info.liveEntryCount + info.tombstoneCount, comment)
        }
        let dead = files.manifests.reduce(0) { $0 + $1.tombstoneCount }
        // Two manifests may list one dead path.
        #expect(dead >= Int64(files.tombstones.count), comment)
        #expect(Set(files.tombstones).count == files.tombstones.count, comment)
        #expect(Set(files.tombstones).isDisjoint(with: live.map(\.path)), comment)
    }
}
