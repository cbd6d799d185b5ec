package import Bytes

/// One line of `/proc/PID/mountinfo`.
package struct MountEntry: Equatable, Sendable {
    package var id: Int32
    package var parent: Int32
    /// The device number of its files, as stat(2) gives it in two parts.
    package var major: UInt32
    package var minor: UInt32
    package var mountPoint: ByteString
    package var type: ByteString
    package var source: ByteString

    init?(parsing line: ArraySlice<UInt8>) {
        let fields = line.split(separator: 0x20)
        guard fields.count > 6, let dash = fields.firstIndex(of: [UInt8(ascii: "-")]),
            dash + 2 < fields.count,
            let id = Int32(String(decoding: fields[0], as: UTF8.self)),
            let parent = Int32(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        let device = fields[2].split(separator: UInt8(ascii: ":")).compactMap {
            UInt32(String(decoding: $0, as: UTF8.self))
        }
        guard device.count == 2 else { return nil }
        self.id = id
        self.parent = parent
        major = device[0]
        minor = device[1]
        mountPoint = MountEntry.unescape(fields[4])
        type = MountEntry.unescape(fields[dash + 1])
        source = MountEntry.unescape(fields[dash + 2])
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescape(_ field: ArraySlice<UInt8>) -> ByteString {
        var result: [UInt8] = []
        var index = field.startIndex
        while index < field.endIndex {
            if field[index] == UInt8(ascii: "\\"), index + 3 < field.endIndex,
                let code = UInt8(String(decoding: field[(index + 1)...(index + 3)], as: UTF8.self), radix: 8)
            {
                result.append(code)
                index += 4
            } else {
                result.append(field[index])
                index += 1
            }
        }
        return ByteString(result)
    }
}

extension Processes {
    /// The mounts that a process sees; our own by default. Reading them asks no file system anything.
    package static func mounts(of process: Int32 = Processes.currentID) throws(Errno) -> [MountEntry] {
        try read("/proc/\(process)/mountinfo").split(separator: 0x0A).compactMap { MountEntry(parsing: $0) }
    }
}
