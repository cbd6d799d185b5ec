import Bytes
import Platform

/// Copies small files into a mounted store for so many seconds: `service-write MOUNT WRITER SECONDS JOURNAL`.
enum ServiceWriter {
    static func run(_ arguments: inout Arguments) throws {
        let mount = arguments.text()
        let load = ServiceLoad(writer: arguments.number())
        let seconds = Double(arguments.number())
        var journal = try ServiceJournal(arguments.text())
        let clock = SystemClock()
        let time = Measurement()
        var (number, refused) = (0, 0)
        while time.elapsed.wall < seconds {
            let file = load.file(number)
            let text = file.text
            let name = "/\(file.table.name)/ingest/w\(load.writer)-\(number).\(file.format.rawValue)"
            let start = clock.monotonicNanoseconds()
            var failure: Errno?
            do throws(Errno) { try copy(text, to: mount + ByteString(name)) } catch { failure = error }
            let duration = clock.monotonicNanoseconds() - start
            try journal.append(start: start, duration: duration, error: failure, sizeBytes: text.count)
            if let failure {
                refused += 1
                if refused <= 10 { Output.note("\(name): \(failure)") }
            }
            number += 1
        }
        try journal.flush()
        let (wall, user, system) = time.elapsed
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("files", Double(number)),
            ("refused", Double(refused)),
        ])
    }

    /// What `cp` does of one small file.
    private static func copy(_ bytes: [UInt8], to path: ByteString) throws(Errno) {
        let file = try FileDescriptor.open(path, [.writeOnly, .create, .exclusive])
        try file.write(bytes)
        try file.close()
    }
}
