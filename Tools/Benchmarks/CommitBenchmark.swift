import Bytes
import Metadata
import Platform
import Storage
import TransactionLog

/// The cost of one durable commit, and of the system calls that any durable commit needs.
enum CommitBenchmark {
    static func commit(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let table = arguments.text()
        let log = try TableMaking.openOrCreate(storage, table)
        let count = arguments.number()
        let files = arguments.number()
        // Files of a number of their own, whatever the table has already.
        let start = log.current.fileCount
        var series = CommitSeries()
        try series.run(log, count: count) { commit in
            TableMaking.transaction((0..<files).map { TableMaking.entry(start + commit * files + $0) })
        }
        let newest = log.path.versionFile(log.current.version)
        let bytes = try storage.size(of: newest) ?? 0
        series.report([("bytes", Double(bytes)), ("rows", Double(log.current.fileCount))])
    }

    static func floor(_ arguments: inout Arguments) throws {
        let path = arguments.text()
        let count = arguments.number()
        let bytes = [UInt8](repeating: 0x61, count: arguments.number())
        try FileSystemCalls.makeDirectory(path)
        let directory = try FileDescriptor.open(path, .directory)
        var seconds: [Double] = []
        let total = Measurement()
        for number in 0..<count {
            let time = Measurement()
            let file = try directory.openAt("new", [.writeOnly, .create, .exclusive])
            try bytes.withUnsafeBytes { try file.write($0, at: 0) }
            try file.sync()
            try FileSystemCalls.link(
                "new", at: directory.rawValue, to: ByteString("\(number)"), in: directory.rawValue)
            try directory.sync()
            seconds.append(time.elapsed.wall)
            try FileSystemCalls.unlink("new", at: directory.rawValue)
        }
        let (_, user, system) = total.elapsed
        Output.report([
            ("wall", median(seconds)), ("user", user / Double(count)), ("system", system / Double(count)),
        ])
    }
}
