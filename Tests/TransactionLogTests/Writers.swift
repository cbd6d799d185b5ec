import Bytes
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

/// A table in a directory on which several processes work.
struct Writers {
    static let table: ByteString = "t"
    private let directory: TemporaryDirectory
    let storage: DirectoryStorage

    init(properties: [(ByteString, ByteString)] = []) throws {
        directory = try TemporaryDirectory("writers")
        storage = try DirectoryStorage(root: directory.path, entropy: SystemEntropy())
        _ = try TransactionLog.create(
            storage: storage, table: Self.table, definition: TestTable.definition(),
            actions: properties.map { .operation(.setProperty(name: $0.0, value: $0.1)) },
            clock: SystemClock(), entropy: SystemEntropy())
    }

    func open() throws -> TransactionLog {
        try TransactionLog.open(
            storage: storage, table: Self.table, clock: SystemClock(), entropy: SystemEntropy())
    }

    /// Starts the `Committer` beside the tests.
    func start(_ arguments: String...) throws -> ChildProcess { try start(arguments) }

    func start(_ arguments: [String]) throws -> ChildProcess {
        let tests = try Processes.executablePath()
        let end = try #require(tests.bytes.lastIndex(of: UInt8(ascii: "/")))
        let program = ByteString(tests.bytes[...end]) + "Committer"
        return try ChildProcess([program, directory.path, Self.table] + arguments.map { ByteString($0) })
    }

    /// What a process said, line by line, words apart.
    static func lines(_ child: ChildProcess) -> [[String]] {
        String(decoding: child.standardOutput, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
    }

    /// Waits for the end of processes that must all succeed.
    static func finish(_ children: [ChildProcess]) {
        for child in children {
            let ending = child.wait(atMostSeconds: 120)
            #expect(
                ending == .exited(0),
                "\(String(decoding: (child.standardOutput + child.standardError).suffix(600), as: UTF8.self))"
            )
        }
    }

    /// The files that a process commits, by the rule that it has for their names.
    static func paths(writer: Int, commits: Int, files: Int) -> [ByteString] {
        (0..<commits).flatMap { commit in
            (0..<files).map { number in
                let id = UInt64(writer) << 40 | UInt64(commit) << 16 | UInt64(number + 1)
                return ByteString("data/20240131T123456.123Z-" + Hex.string(id) + ".parquet")
            }
        }
    }

    /// What must hold whoever wrote, and however: versions without a gap, each file added once and live, and
    /// every state that is left the same as the replay of the version files.
    func check(_ expected: [ByteString], _ comment: Comment = "") throws {
        let log = try open()
        let names = try storage.list(LogPath(table: Self.table).logDirectory)
        let versions = names.compactMap { LogPath.version(ofVersionFile: $0.name) }
        #expect(versions == (0..<Int64(versions.count)).map { Version($0) }, comment)
        #expect(log.current.version == versions.last, comment)
        var added: [ByteString] = []
        var ids: [CommitID] = []
        for version in versions {
            for transaction in try #require(try log.transactions(of: version)) {
                ids.append(transaction.id)
                for case .add(let entry) in transaction.actions { added.append(entry.path) }
            }
        }
        #expect(added.sorted() == expected.sorted(), comment)
        #expect(Set(ids).count == ids.count, comment)
        #expect(log.current.filePaths == Set(expected), comment)
        #expect(log.current.fileCount == expected.count, comment)
        try checkStates(versions, comment)
    }

    private func checkStates(_ versions: [Version], _ comment: Comment) throws {
        let path = LogPath(table: Self.table)
        let bare = MemoryStorage()
        for version in versions {
            try bare.putIfAbsent(path.versionFile(version), storage.get(path.versionFile(version)))
        }
        let replayed = try TransactionLog.open(
            storage: bare, table: Self.table, clock: SystemClock(), entropy: SystemEntropy())
        let log = try open()
        #expect(log.current.digest == replayed.current.digest, comment)
        for version in try log.stateVersions().suffix(3) {
            #expect(
                try log.state(at: version).digest == replayed.state(at: version).digest,
                "\(comment) state \(version)")
        }
    }
}
