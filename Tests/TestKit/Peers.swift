package import Bytes
package import Platform

/// Other people's readers and writers, in a Python environment of their own.
///
/// The interpreter is the environment's `FIRN_PEERS`, or where Tools/setup puts it. A test that needs it says so with
/// `.enabled(if: Peers.isAvailable, Peers.requirement)`.
package enum Peers {
    package static let requirement =
        "needs the Python of FIRN_PEERS (by default ~/.cache/firn/peers/bin/python), which is not there"

    package static var interpreter: ByteString {
        Processes.environment("FIRN_PEERS")
            ?? (Processes.environment("HOME") ?? "") + "/.cache/firn/peers/bin/python"
    }

    package static var isAvailable: Bool {
        ((try? FileSystemCalls.status(interpreter))?.isRegular) ?? false
    }

    /// Runs a script; its `sys.argv[1:]` are `arguments`.
    package static func python(
        _ script: String, _ arguments: [ByteString] = [], input: [UInt8] = [],
        directory: ByteString? = nil, timeoutSeconds: Double = 120
    ) throws(Errno) -> ProcessRunner.Result {
        try ProcessRunner.run(
            [interpreter, "-c", ByteString(script)] + arguments, input: input, directory: directory,
            timeoutSeconds: timeoutSeconds)
    }
}
