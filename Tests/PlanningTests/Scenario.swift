import Bytes
import Platform
import Testing

/// A file of commands with their input and the output that is expected, which rewrites itself.
///
/// ```
/// # a comment
/// command argument name=value
/// input
/// ----
/// output, up to an empty line
/// ```
///
/// With `FIRN_REWRITE` in the environment the outputs are written down instead of compared; what changed is
/// then to be read in the difference.
struct ScenarioFile: CustomTestStringConvertible, Sendable {
    struct Case {
        /// Comments and empty lines before it.
        var preface: [String]
        /// The number of its first line, from 1.
        var line: Int
        var command: ScenarioCommand
        var head: String
        var input: [String]
        var expected: [String]
    }

    /// Below the folder of all scenarios.
    var name: String
    private var path: ByteString { Self.directory + "/" + ByteString(name) }

    var testDescription: String { name }

    private static let directory: ByteString = {
        let here = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return ByteString("/" + here + "/Scenarios")
    }()

    /// All files, by folder and name.
    static let all: [ScenarioFile] = {
        let folders = (try? FileSystemCalls.list(directory)) ?? []
        let names = folders.flatMap { folder in
            ((try? FileSystemCalls.list(directory + "/" + folder.name)) ?? []).map { file in
                folder.name.display + "/" + file.name.display
            }
        }
        return names.filter { $0.hasSuffix(".txt") }.sorted().map { ScenarioFile(name: $0) }
    }()

    /// Runs each case and compares, or writes down, what comes out.
    func check(_ run: (Case) throws -> [String]) throws {
        let text = String(decoding: try FileDescriptor.open(path).readToEnd(), as: UTF8.self)
        let (cases, tail) = Self.parse(text)
        #expect(!cases.isEmpty, "\(name) has no cases")
        let outputs = try cases.map(run)
        guard Processes.environment("FIRN_REWRITE") == nil else {
            let written = Self.write(zip(cases, outputs).map { ($0, $1) }, tail)
            if written != text {
                try FileDescriptor.open(path, [.writeOnly, .create, .truncate]).write(Array(written.utf8))
            }
            return
        }
        for (scenario, output) in zip(cases, outputs) {
            #expect(
                output == scenario.expected,
                "\(name):\(scenario.line): \(scenario.head)\n\(output.joined(separator: "\n"))")
        }
    }

    private static func parse(_ text: String) -> (cases: [Case], tail: [String]) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        let count = lines.count
        var cases: [Case] = []
        var preface: [String] = []
        while let line = lines.first {
            let number = count - lines.count + 1
            lines.removeFirst()
            if line.isEmpty || line.hasPrefix("#") {
                preface.append(line)
                continue
            }
            let input = Array(lines.prefix { $0 != "----" })
            let rest = lines.dropFirst(input.count + 1)
            let expected = Array(rest.prefix { !$0.isEmpty })
            lines = rest.dropFirst(expected.count)
            cases.append(
                Case(
                    preface: preface, line: number, command: ScenarioCommand(line), head: line, input: input,
                    expected: expected))
            preface = []
        }
        return (cases, preface)
    }

    private static func write(_ cases: [(Case, output: [String])], _ tail: [String]) -> String {
        var lines: [String] = []
        for (scenario, output) in cases {
            lines += scenario.preface + [scenario.head] + scenario.input + ["----"] + output
        }
        return (lines + tail).joined(separator: "\n")
    }
}

/// The first line of a case: a word, and what else is said, by name.
struct ScenarioCommand: Sendable {
    var name: String
    private var values: [String: String] = [:]

    init(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        name = words.first ?? ""
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            values[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }
    func text(_ name: String) -> String? { values[name] }
    func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
}

/// What a line of a scenario has that is not understood.
struct ScenarioError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
