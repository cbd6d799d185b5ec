/// Lines on their way to standard output, in pieces of 64 KiB.
struct LineBuffer {
    private let console: Console
    private var bytes: [UInt8] = []

    init(_ console: Console) {
        self.console = console
        bytes.reserveCapacity(1 << 16)
    }

    mutating func append(_ line: String) { append { $0.append(contentsOf: line.utf8) } }

    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        bytes.append(0x0A)
        if bytes.count >= 1 << 16 { flush() }
    }

    mutating func flush() {
        if !bytes.isEmpty { console.print(bytes: bytes) }
        bytes.removeAll(keepingCapacity: true)
    }
}
