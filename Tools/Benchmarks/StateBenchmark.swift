import Bytes
import Metadata
import Platform
import TransactionLog

/// Opening a table and writing its state.
enum StateBenchmark {
    /// Opens the table and takes the path of every file, as a listing would.
    static func open(_ arguments: inout Arguments) throws {
        let time = Measurement()
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        let opened = time.elapsed.wall
        var path: [UInt8] = []
        var pathBytes = 0
        var count = 0
        log.current.files.forEach { file in
            path.removeAll(keepingCapacity: true)
            file.appendPath(to: &path)
            pathBytes += path.count
            count += 1
        }
        Output.report([
            ("rows", Double(count)), ("pathBytes", Double(pathBytes)), ("opened", opened),
            ("inner", time.elapsed.wall),
        ])
    }

    /// Writes the whole state anew. A state that is clean would be left as it is: a file is added again before.
    static func compact(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        guard let slot = log.current.files.slots.first(where: { $0.liveCount > 0 }),
            let row = (0..<slot.segment.count).first(where: { slot.isLive($0) })
        else { Output.fail("the table has no files") }
        let file = slot.segment[row].entry
        let removal = FileRemoval(
            path: file.path, id: file.id, deletionTimestamp: 0, dataChange: false, sizeBytes: nil)
        var again = TableMaking.transaction([])
        again.actions = [.remove(removal), .add(file)]
        _ = try log.commit(again)
        let time = Measurement()
        let outcome = try log.compactState()
        let (wall, user, system) = time.elapsed
        guard case .written(let summary) = outcome, summary.tombstoneCount == 0 else {
            Output.fail("the state was not written anew")
        }
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("rows", Double(summary.fileCount)),
            ("manifests", Double(log.current.files.slots.count)),
        ])
    }

    /// A table whose files lie in so many manifests, each with some of every partition.
    static func makeFragments(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.create(storage, arguments.text())
        let count = arguments.number()
        let manifests = arguments.number()
        var keep = TableMaking.transaction([])
        keep.actions = [.operation(.setProperty(name: "state.compaction.maxManifests", value: "10000"))]
        _ = try log.commit(keep)
        let size = (count + manifests - 1) / manifests
        for start in stride(from: 0, to: count, by: size) {
            let entries = (start..<min(start + size, count)).map { TableMaking.entry($0) }
            _ = try log.commit(TableMaking.transaction(entries))
            try log.writeState()
        }
        Output.report([
            ("files", Double(log.current.fileCount)), ("manifests", Double(log.current.files.slots.count)),
        ])
    }

    /// A commit of so many files and the state after it: what grows with the commit, not with the table.
    static func addAndWrite(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        let first = log.current.fileCount
        let entries = (0..<arguments.number()).map { TableMaking.entry(first + $0) }
        let time = Measurement()
        _ = try log.commit(TableMaking.transaction(entries))
        let outcome = try log.writeState()
        let (wall, user, system) = time.elapsed
        guard case .written(let summary) = outcome else { Output.fail("there was nothing to write") }
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("rows", Double(summary.fileCount)),
        ])
    }
}
