import Bytes
import Glibc
import JSON
import Records

/// The lines of a JSON Lines file that have something on them.
final class JSONLineScanner {
    private let window: TextWindow
    private let isSample: Bool
    /// The number of the current line, from 1.
    private(set) var lineNumber = 0
    private var consumed = 0
    private var hasStarted = false

    init(source: @escaping ChunkSource, options: TextOptions, isSample: Bool = false) {
        window = TextWindow(source: source, options: options)
        self.isSample = isSample
    }

    /// The next line without its end, valid until the next call; nil at the end of the file.
    func next() throws(TextError) -> UnsafeRawBufferPointer? {
        if !hasStarted { try start() }
        while true {
            let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[consumed...])
            let line: UnsafeRawBufferPointer
            if let base = bytes.baseAddress, let newline = memchr(base, 0x0A, bytes.count) {
                let length = UnsafeRawPointer(newline) - base
                line = UnsafeRawBufferPointer(rebasing: bytes[..<length])
                consumed += length + 1
            } else if window.isAtEnd {
                guard !bytes.isEmpty, !isSample else { return nil }
                line = bytes
                consumed += bytes.count
            } else {
                window.consume(consumed, lines: 0)
                consumed = 0
                try refill()
                continue
            }
            lineNumber += 1
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return line }
        }
    }

    private func refill() throws(TextError) {
        do {
            try window.refill()
        } catch {
            var error = error
            error.line = lineNumber + 1
            throw error
        }
    }

    private func start() throws(TextError) {
        hasStarted = true
        while window.bytes.count < 3, !window.isAtEnd { try refill() }
        if window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { window.consume(3, lines: 0) }
    }

    /// What is wrong with the current line, at an offset in it.
    func error(at offset: Int, _ message: String, key: ByteString? = nil) -> TextError {
        TextError(line: lineNumber, column: offset + 1, columnName: key, message: message)
    }

    func error(_ error: DecodeError) -> TextError { self.error(at: error.offset, error.message) }

    /// A value that is an object or an array, which no column holds.
    func nested(at offset: Int, _ token: JSONToken, key: ByteString) -> TextError {
        let kind = token == .objectBegin ? "an object" : "an array"
        return error(
            at: offset, "the key \(key.display) holds \(kind); only flat values can be columns", key: key)
    }
}
