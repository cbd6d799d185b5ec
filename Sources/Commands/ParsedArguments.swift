import Bytes
import Metadata

/// The words of a command line, sorted into options and operands.
struct ParsedArguments: Sendable {
    private(set) var operands: [ByteString] = []
    private var values: [(name: String, value: ByteString)] = []
    private var flags: Set<String> = []
    private(set) var wantsHelp = false

    /// - Throws: ``UsageError`` for an unknown option, a missing value or one too many.
    init(_ words: [ByteString], syntax: CommandSyntax) throws(UsageError) {
        var rest = words[...]
        var takesOptions = true
        while let word = rest.popFirst() {
            guard takesOptions, word.count > 1, word.hasPrefix("-") else {
                operands.append(word)
                continue
            }
            if word == "--" {
                takesOptions = false
            } else if word == "--help" || word == "-h" {
                wantsHelp = true
            } else if word.hasPrefix("--") {
                try takeLong(word, &rest, syntax)
            } else {
                try takeShort(word, &rest, syntax)
            }
        }
    }

    private mutating func takeLong(
        _ word: ByteString, _ rest: inout ArraySlice<ByteString>, _ syntax: CommandSyntax
    ) throws(UsageError) {
        let body = word.bytes.dropFirst(2)
        let equals = body.firstIndex(of: UInt8(ascii: "="))
        let name = String(decoding: equals.map { body[..<$0] } ?? body, as: UTF8.self)
        guard let option = syntax.options.first(where: { $0.name == name }) else {
            throw UsageError("firn \(syntax.name) has no option --\(name)", command: syntax.name)
        }
        guard option.placeholder != nil else {
            guard equals == nil else { throw UsageError("--\(name) takes no value", command: syntax.name) }
            flags.insert(name)
            return
        }
        if let equals {
            values.append((name, ByteString(body[(equals + 1)...])))
        } else if let value = rest.popFirst() {
            values.append((name, value))
        } else {
            throw UsageError("--\(name) needs a value: \(option.spelling)", command: syntax.name)
        }
    }

    private mutating func takeShort(
        _ word: ByteString, _ rest: inout ArraySlice<ByteString>, _ syntax: CommandSyntax
    ) throws(UsageError) {
        var letters = word.bytes.dropFirst()
        while let letter = letters.popFirst() {
            let character = Character(UnicodeScalar(letter))
            guard let option = syntax.options.first(where: { $0.short == character }) else {
                throw UsageError("firn \(syntax.name) has no option -\(character)", command: syntax.name)
            }
            guard option.placeholder != nil else {
                flags.insert(option.name)
                continue
            }
            if !letters.isEmpty {
                values.append((option.name, ByteString(Array(letters))))
            } else if let value = rest.popFirst() {
                values.append((option.name, value))
            } else {
                throw UsageError("-\(character) needs a value: \(option.spelling)", command: syntax.name)
            }
            return
        }
    }

    func has(_ name: String) -> Bool { flags.contains(name) }

    /// The last value given.
    func value(_ name: String) -> ByteString? { values.last { $0.name == name }?.value }

    /// Every value given, in order.
    func all(_ name: String) -> [ByteString] { values.filter { $0.name == name }.map(\.value) }
}

extension ParsedArguments {
    /// The number behind `--version`.
    func version(command: String) throws(UsageError) -> Version? {
        guard let text = value("version") else { return nil }
        guard let number = text.utf8Text.flatMap({ Int64($0) }), number >= 0 else {
            throw UsageError("--version is a number, and \"\(text)\" is none", command: command)
        }
        return Version(number)
    }
}

/// A mistake in how a command was called.
struct UsageError: Error, CustomStringConvertible {
    var message: String
    var command: String?

    init(_ message: String, command: String? = nil) {
        self.message = message
        self.command = command
    }

    var description: String {
        "\(message)\nTry: firn \(command.map { "\($0) " } ?? "")--help"
    }
}
