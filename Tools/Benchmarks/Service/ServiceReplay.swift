import Bytes
import Glibc
import Platform

/// What writers were acknowledged, told again: as rows for a comparison, or as batches for another store.
enum ServiceReplay {
    /// `service-rows TABLE JOURNAL…`: all rows of a table as CSV. The journal of writer n is the n-th.
    static func rows(_ arguments: inout Arguments) throws {
        let name = arguments.text().display
        guard let table = ServiceLoad.Table.allCases.first(where: { $0.name == name }) else {
            Output.fail("there is no table \(name)")
        }
        var output = StandardOutput()
        output.buffer.append(text: ServiceLoad.File.header(table) + "\n")
        var number = 0
        while !arguments.isEmpty {
            try replay(writer: number, arguments.text()) { file in
                guard file.table == table else { return }
                for row in file.rows { row.appendCSV(to: &output.buffer, table) }
                try output.flush(beyond: StandardOutput.blockBytes)
            }
            number += 1
        }
        try output.flush()
    }

    /// `service-feed WRITER JOURNAL`: each file as one batch of keys and values, see ``ServiceLoad/File/feed``.
    static func feed(_ arguments: inout Arguments) throws {
        var output = StandardOutput()
        try replay(writer: arguments.number(), arguments.text()) { file in
            output.buffer.append(file.feed)
            try output.flush(beyond: StandardOutput.blockBytes)
        }
        try output.flush()
    }

    private static func replay(
        writer: Int, _ journal: ByteString, _ body: (ServiceLoad.File) throws -> Void
    ) throws {
        let load = ServiceLoad(writer: writer)
        for number in try ServiceJournal.acknowledged(journal) { try body(load.file(number)) }
    }
}

/// Bytes for another program, written in blocks.
private struct StandardOutput: ~Copyable {
    static let blockBytes = 1 << 16

    var buffer = ByteWriter(capacity: 2 * blockBytes)
    private let file = FileDescriptor(owning: dup(1))

    mutating func flush(beyond limit: Int = 0) throws {
        guard buffer.count > limit else { return }
        try file.write(buffer.bytes)
        buffer.removeAll()
    }
}
