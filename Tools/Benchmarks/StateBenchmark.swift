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

    static func compact(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        // A version has one state, so that a new version is needed for another.
        var touch = TableMaking.transaction([])
        touch.actions = [.operation(.setProperty(name: "compaction.enabled", value: "false"))]
        _ = try log.commit(touch)
        let time = Measurement()
        let outcome = try log.compactState()
        let (wall, user, system) = time.elapsed
        guard case .written(let summary) = outcome else { Output.fail("there was nothing to write") }
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("rows", Double(summary.fileCount)),
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
