package import Bytes
import Glibc
package import Platform

/// A program that a test starts. Its input and output are files without names, so that neither side ever waits for
/// the other. Killed when it is dropped while it runs.
package final class ChildProcess {
    /// How a program ended.
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package let processID: Int32
    private let output: FileDescriptor
    private let errors: FileDescriptor
    private var ending: Ending?

    /// Starts `arguments`, the first of which is a path or a name to look for in PATH.
    ///
    /// - Parameter environment: what is set besides, or in place of, this process's own variables.
    package init(
        _ arguments: [ByteString], input: [UInt8] = [], environment: [String: String] = [:],
        directory: ByteString? = nil
    ) throws(Errno) {
        let standardInput = try ChildProcess.nameless()
        try standardInput.write(input)
        lseek(standardInput.rawValue, 0, SEEK_SET)
        output = try ChildProcess.nameless()
        errors = try ChildProcess.nameless()
        let program = directory.map { ["/usr/bin/env", "-C", $0] + arguments } ?? arguments
        processID = try ChildProcess.spawn(
            program, [standardInput.rawValue, output.rawValue, errors.rawValue], environment)
    }

    deinit {
        guard ending == nil else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    /// What it has written so far.
    package var standardOutput: [UInt8] { (try? output.readBytes()) ?? [] }
    package var standardError: [UInt8] { (try? errors.readBytes()) ?? [] }

    package func send(_ signal: Int32) { kill(processID, signal) }

    /// Waits for its end; nil where it still runs after that time.
    package func wait(atMostSeconds limit: Double) -> Ending? {
        if let ending { return ending }
        let deadline = SystemClock().monotonicNanoseconds() + UInt64(limit * 1e9)
        var pause: UInt64 = 200_000
        while true {
            var status: Int32 = 0
            if waitpid(processID, &status, WNOHANG) == processID {
                let signal = status & 0x7F
                ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
                return ending
            }
            if SystemClock().monotonicNanoseconds() >= deadline { return nil }
            Thread.sleep(nanoseconds: pause)
            pause = min(pause * 2, 10_000_000)
        }
    }

    private static func nameless() throws(Errno) -> FileDescriptor {
        let path = ByteString("/tmp/.firn-child-\(Hex.string(SystemEntropy().uint64()))")
        let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive], permissions: 0o600)
        try FileSystemCalls.unlink(path)
        return file
    }

    private static func spawn(
        _ arguments: [ByteString], _ descriptors: [Int32], _ environment: [String: String]
    ) throws(Errno) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        // The child must not inherit signals that this process has blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { duplicate($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables(environment).map { duplicate($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        guard let program = argv[0] else { throw .einval }
        let result = posix_spawnp(&child, program, &actions, &attributes, &argv, &envp)
        if result != 0 { throw Errno(rawValue: result) }
        return child
    }

    private static func duplicate(_ text: ByteString) -> UnsafeMutablePointer<CChar>? {
        (text.bytes + [0]).withUnsafeBytes { strdup($0.assumingMemoryBound(to: CChar.self).baseAddress!) }
    }

    /// This process's variables with those given.
    private static func variables(_ changes: [String: String]) -> [ByteString] {
        var result = changes.map { ByteString("\($0.key)=\($0.value)") }
        let own = (try? FileDescriptor.open("/proc/self/environ").readToEnd()) ?? []
        for variable in own.split(separator: 0) {
            let name = String(decoding: variable.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            if changes[name] == nil { result.append(ByteString(variable)) }
        }
        return result
    }
}
