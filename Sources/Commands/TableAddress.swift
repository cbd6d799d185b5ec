import Bytes
import Platform
import Tables
import Telemetry

/// A table as a command line names it: the path of its directory in the store.
struct TableAddress {
    var store: ByteString
    var table: ByteString

    init(_ path: ByteString) throws(UsageError) {
        var bytes = path.bytes
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        if let slash = bytes.lastIndex(of: UInt8(ascii: "/")) {
            store = slash == 0 ? "/" : ByteString(bytes[..<slash])
            table = ByteString(bytes[(slash + 1)...])
        } else {
            store = "."
            table = ByteString(bytes)
        }
        guard TableName.isValid(table) else {
            throw UsageError(
                "\"\(path)\" does not name a table: STORE/TABLE is expected, and \(TableName.rule)")
        }
    }

    /// The one operand of a command on a table.
    init(of arguments: ParsedArguments, command syntax: CommandSyntax) throws(UsageError) {
        guard arguments.operands.count == 1 else {
            throw UsageError("one STORE/TABLE is expected", command: syntax.name)
        }
        try self.init(arguments.operands[0])
    }

    /// Opens the store for one command and closes it afterwards.
    func withTable<R>(
        command: ByteString, readOnly: Bool = false, watchesSessions: Bool = false,
        _ body: (Store, Table) throws -> R
    ) throws -> R {
        let clock = SystemClock()
        let log = Log.descriptor(level: .warning, clock: clock)
        let options = StoreOptions(
            clock: clock, log: log, isReadOnly: readOnly, command: command, watchesSessions: watchesSessions)
        let store = try Store.open(at: store, options: options)
        defer { store.close() }
        return try body(store, try store.table(table))
    }
}
