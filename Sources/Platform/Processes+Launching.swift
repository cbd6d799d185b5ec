package import Bytes
import Glibc

extension Processes {
    /// Starts a program in a session of its own, away from the terminal, and returns its process id.
    ///
    /// Its standard input is empty; standard output and error go to `output`. The descriptor `kept` is open in it
    /// under the same number, everything else is closed.
    package static func launchInBackground(
        _ executable: ByteString, arguments: [ByteString], output: borrowing FileDescriptor,
        keeping kept: borrowing FileDescriptor
    ) throws(Errno) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
        posix_spawn_file_actions_adddup2(&actions, output.rawValue, 2)
        // A duplicate onto itself is how a descriptor is kept through exec(3).
        posix_spawn_file_actions_adddup2(&actions, kept.rawValue, kept.rawValue)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let newSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, which the importer does not show
        posix_spawnattr_setflags(&attributes, newSession)

        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in [executable] + arguments {
            try word.withPath { (text) throws(Errno) in words.append(strdup(text)) }
        }
        words.append(nil)
        defer { for word in words { free(word) } }
        guard let program = words[0] else { throw .enomem }
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, &attributes, words, environ)
        guard code == 0 else { throw Errno(rawValue: code) }
        return process
    }
}
