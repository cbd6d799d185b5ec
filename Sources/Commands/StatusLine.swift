import Platform

/// A line that is written over itself on a terminal; elsewhere nothing.
struct StatusLine {
    let console: Console
    private let isTerminal = Processes.isTerminal(2)

    init(console: Console) { self.console = console }

    func show(_ text: String) {
        if isTerminal { console.noteInPlace("\r\(text)\u{1B}[K") }
    }

    func end() {
        if isTerminal { console.noteInPlace("\r\u{1B}[K") }
    }
}
