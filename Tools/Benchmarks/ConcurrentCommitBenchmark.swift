import Bytes
import Glibc
import Metadata
import Platform
import Synchronization
import TransactionLog

/// Several writers that commit to one table at the same time: what a commit costs is the time of all of them
/// over the number of commits.
enum ConcurrentCommitBenchmark {
    /// Threads of this process, whose waiting commits go out together.
    static func threads(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.openOrCreate(storage, arguments.text())
        let writers = arguments.number()
        let commits = arguments.number()
        let files = arguments.number()
        let manifests = ManifestWriter(log)
        let before = log.current.version
        let failures = Mutex<[String]>([])
        let time = Measurement()
        let threads = (0..<writers).map { writer in
            Thread.spawn(name: "writer-\(writer)") {
                do { try commit(log, writer: writer, commits, files) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { thread.join() }
        let elapsed = time.elapsed
        manifests.stop()
        if let failure = failures.withLock({ $0.first }) { Output.fail(failure) }
        try report(log, elapsed, writers * commits, versions: log.current.version.rawValue - before.rawValue)
    }

    /// Processes of their own, each with a background writer of states.
    static func processes(_ arguments: inout Arguments) throws {
        let root = arguments.text()
        let table = arguments.text()
        let storage = try TableMaking.storage(root)
        let log = try TableMaking.openOrCreate(storage, table)
        let writers = arguments.number()
        let commits = arguments.number()
        let files = arguments.number()
        let before = log.current.version
        let group = WriterProcesses(
            count: writers,
            arguments: { ["commit-process", root.display, table.display, "\($0)", "\(commits)", "\(files)"] })
        group.waitUntilReady()
        let time = Measurement()
        group.begin()
        let times = group.wait()
        let wall = time.elapsed.wall
        try log.refresh()
        try report(
            log, (wall, times.user, times.system), writers * commits,
            versions: log.current.version.rawValue - before.rawValue)
    }

    /// One of those: tells that it is ready, and begins when its input ends.
    static func process(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let log = try TableMaking.open(storage, arguments.text())
        let writer = arguments.number()
        let commits = arguments.number()
        let files = arguments.number()
        let manifests = ManifestWriter(log)
        WriterProcesses.tellReadyAndWait()
        try commit(log, writer: writer, commits, files)
        manifests.stop()
    }

    private static func commit(_ log: TransactionLog, writer: Int, _ commits: Int, _ files: Int) throws {
        // Numbers far from those of the table and of the other writers.
        let start = (writer + 1) << 32
        for commit in 0..<commits {
            let entries = (0..<files).map { TableMaking.entry(start + commit * files + $0) }
            _ = try log.commit(TableMaking.transaction(entries))
        }
    }

    private static func report(
        _ log: TransactionLog, _ elapsed: (wall: Double, user: Double, system: Double), _ commits: Int,
        versions: Int64
    ) throws {
        let count = Double(commits)
        Output.report([
            ("wall", elapsed.wall / count), ("user", elapsed.user / count),
            ("system", elapsed.system / count),
            ("perSecond", count / elapsed.wall), ("versions", Double(versions)),
            ("rows", Double(log.current.fileCount)),
        ])
    }
}

/// Children of this program that begin their work together.
final class WriterProcesses {
    private var children: [pid_t] = []
    private var go: (read: Int32, write: Int32)
    private var ready: (read: Int32, write: Int32)

    init(count: Int, arguments: (Int) -> [String]) {
        go = Self.pipe()
        ready = Self.pipe()
        for number in 0..<count { children.append(start(arguments(number))) }
        close(go.read)
        close(ready.write)
    }

    /// What a child does first.
    static func tellReadyAndWait() {
        var byte: UInt8 = 1
        _ = write(1, &byte, 1)
        while read(0, &byte, 1) > 0 {}
    }

    func waitUntilReady() {
        var byte: UInt8 = 0
        for _ in children where read(ready.read, &byte, 1) != 1 { Output.fail("a writer did not start") }
    }

    func begin() { close(go.write) }

    /// The processor time of all, once they have ended.
    func wait() -> (user: Double, system: Double) {
        var total = (user: 0.0, system: 0.0)
        for child in children {
            var status: Int32 = 0
            var usage = rusage()
            wait4(child, &status, 0, &usage)
            if status != 0 { Output.fail("a writer failed") }
            total.user += Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
            total.system += Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
        }
        return total
    }

    private func start(_ arguments: [String]) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, go.read, 0)
        posix_spawn_file_actions_adddup2(&actions, ready.write, 1)
        let words = ["firn-bench"] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var child: pid_t = 0
        guard posix_spawn(&child, "/proc/self/exe", &actions, nil, &argv, environ) == 0 else {
            Output.fail("a writer cannot be started")
        }
        return child
    }

    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { Output.fail("there are no pipes") }
        // A child must not hold the end whose closing it waits for.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
