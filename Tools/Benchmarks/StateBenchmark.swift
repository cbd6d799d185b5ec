import Bytes
import Metadata
import Platform
import TransactionLog

/// Opening a table and writing its whole state anew.
enum StateBenchmark {
    static func open(_ arguments: inout Arguments) throws {
        let time = Measurement()
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        Output.report([("rows", Double(log.current.fileCount)), ("inner", time.elapsed.wall)])
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
}
