package import Bytes
package import Platform

/// Runs a program to its end.
package enum ProcessRunner {
    /// How it ended, and what it wrote.
    package struct Result: Sendable {
        package var ending: ChildProcess.Ending
        package var standardOutput: [UInt8]
        package var standardError: [UInt8]

        package var succeeded: Bool { ending == .exited(0) }
        package var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
        package var errorText: String { String(decoding: standardError, as: UTF8.self) }
    }

    /// Runs `arguments`; throws ETIMEDOUT, with the program killed, once the time is over.
    package static func run(
        _ arguments: [ByteString], input: [UInt8] = [], environment: [String: String] = [:],
        directory: ByteString? = nil, timeoutSeconds: Double = 60
    ) throws(Errno) -> Result {
        let child = try ChildProcess(
            arguments, input: input, environment: environment, directory: directory)
        guard let ending = child.wait(atMostSeconds: timeoutSeconds) else { throw .etimedout }
        return Result(
            ending: ending, standardOutput: child.standardOutput, standardError: child.standardError)
    }
}
