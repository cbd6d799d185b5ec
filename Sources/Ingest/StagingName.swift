package import Bytes

/// Whether a name below `ingest/` is that of finished work.
///
/// Programs that replace files write under another name first and rename at the end; such a name only
/// stages, and its rename is the commit.
package enum StagingName {
    /// Suffixes under which download tools, editors and archivers keep unfinished files.
    private static let unfinishedSuffixes: [ByteString] = [
        "~", ".tmp", ".temp", ".part", ".partial", ".swp", ".swo", ".swx", ".swpx", ".lock", ".crdownload",
        ".filepart", ".inprogress", ".bak", ".crc",
    ]

    /// Prefixes of names that programs make up for files in progress.
    private static let unfinishedPrefixes: [ByteString] = [".", "_", "tmp_obj_", "#"]

    /// True where a file or directory of this name is staged until it is renamed.
    package static func isUnfinished(_ name: ByteString) -> Bool {
        if unfinishedPrefixes.contains(where: name.hasPrefix) { return true }
        if unfinishedSuffixes.contains(where: name.hasSuffix) { return true }
        return name == "4913" || isSedTemporary(name)
    }

    /// True where any component of a relative path is unfinished.
    package static func isUnfinished(path: ByteString) -> Bool {
        path.bytes.split(separator: UInt8(ascii: "/")).contains { isUnfinished(ByteString(Array($0))) }
    }

    /// `sed -i` writes to `sed` and six letters or digits, without a dot, then renames.
    private static func isSedTemporary(_ name: ByteString) -> Bool {
        guard name.count == 9, name.hasPrefix("sed") else { return false }
        let tail = name.bytes[3...]
        let isAlphanumeric = tail.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: false
            }
        }
        // A word such as `sediments` is a name; what mkostemp made has a digit or a capital.
        let isMade = tail.contains { $0 < UInt8(ascii: "a") }
        return isAlphanumeric && isMade
    }
}
