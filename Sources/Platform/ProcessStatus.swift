package import Bytes

/// What `/proc/PID/stat` tells of a process or thread.
package struct ProcessStatus: Equatable, Sendable {
    package var processID: Int32
    /// The name of its program, as the kernel shortened it.
    package var command: ByteString
    /// `R`, `S`, `D`, `Z` …
    package var state: UInt8
    package var parent: Int32
    package var flags: UInt32
    /// Ticks after boot; with the id it names a process for as long as the machine is up.
    package var startTicks: UInt64
    /// What wait(2) will report; set before its files are closed. 0 where we may not see it.
    package var exitCode: Int32

    /// Whether it has begun to end (PF_EXITING).
    package var isExiting: Bool { flags & 0x4 != 0 }

    /// The signal that is ending it, nil while it lives or where it ends by itself.
    package var fatalSignal: Int32? {
        let signal = exitCode & 0x7F
        return isExiting && signal != 0 ? signal : nil
    }

    /// Reads the one line of `/proc/PID/stat`. The command stands in parentheses and may hold anything, also
    /// parentheses and spaces: it ends with the last one of the line.
    package init?(parsing line: [UInt8]) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")),
            let close = line.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        command = ByteString(line[(open + 1)..<close])
        let rest = line[(close + 1)...].split { $0 == 0x20 || $0 == 0x0A }
        // Field 3 of proc(5) is rest[0].
        func field<T: FixedWidthInteger>(_ number: Int) -> T? {
            guard number - 3 < rest.count else { return nil }
            return T(String(decoding: rest[number - 3], as: UTF8.self))
        }
        guard let id = Int32(String(decoding: line[..<open].filter { $0 != 0x20 }, as: UTF8.self)),
            let state = rest.first?.first, let parent: Int32 = field(4), let flags: UInt32 = field(9),
            let startTicks: UInt64 = field(22)
        else { return nil }
        processID = id
        self.state = state
        self.parent = parent
        self.flags = flags
        self.startTicks = startTicks
        exitCode = field(52) ?? 0
    }
}
