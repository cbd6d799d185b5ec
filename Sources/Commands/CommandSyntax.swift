/// What a subcommand takes, and the text that teaches it.
struct CommandSyntax: Sendable {
    /// `--name`, or `--name VALUE` where it has a placeholder.
    struct Option: Sendable {
        var name: String
        var short: Character?
        var placeholder: String?
        var help: String

        init(_ name: String, short: Character? = nil, _ placeholder: String? = nil, help: String) {
            self.name = name
            self.short = short
            self.placeholder = placeholder
            self.help = help
        }

        var spelling: String {
            let long = "--\(name)" + (placeholder.map { " \($0)" } ?? "")
            return short.map { "-\($0), \(long)" } ?? "    \(long)"
        }
    }

    var name: String
    /// After the name: `STORE MOUNTPOINT`.
    var operands: String
    var summary: String
    var options: [Option] = []
    /// Paragraphs and examples below the options.
    var details: String = ""

    var help: String {
        var text = "usage: firn \(name) \(options.isEmpty ? "" : "[OPTION…] ")\(operands)\n\n\(summary)\n"
        let all = options + [Option("help", short: "h", help: "print this and end")]
        let width = all.map(\.spelling.count).max() ?? 0
        text += "\noptions:\n"
        for option in all {
            let padding = String(repeating: " ", count: width - option.spelling.count + 2)
            text += "  \(option.spelling)\(padding)\(option.help)\n"
        }
        if !details.isEmpty { text += "\n\(details)\n" }
        return text
    }
}
