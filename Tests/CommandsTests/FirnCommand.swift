import Bytes
import Platform
import TestKit
import Testing

/// firn in a process of its own: the tests' executable has no command line of it.
enum FirnCommand {
    /// FIRN_BINARY, or what a build puts beside the tests' own executable.
    static func binary() throws -> ByteString {
        let own = try Processes.executablePath()
        let slash = try #require(own.bytes.lastIndex(of: UInt8(ascii: "/")))
        return Processes.environment("FIRN_BINARY") ?? ByteString(own.bytes[..<slash]) + "/firn"
    }

    /// Its exit status, -1 where a signal ended it, and what it wrote.
    static func run(_ words: [ByteString]) throws -> (status: Int32, output: String, errors: String) {
        let result = try ProcessRunner.run([try binary()] + words)
        guard case .exited(let status) = result.ending else {
            return (-1, result.outputText, result.errorText)
        }
        return (status, result.outputText, result.errorText)
    }
}
