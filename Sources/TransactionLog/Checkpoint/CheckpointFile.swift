package import Bytes
package import Metadata

/// A file of a JSON checkpoint, told by its name.
///
/// `00000000000000000042.checkpoint.json` is the checkpoint: all its lines, or the list of its parts.
/// `00000000000000000042.checkpoint.<id>.00001.json` is a part. Parts that no list names belong to a
/// checkpoint that is being written, or that nobody finished.
package struct CheckpointFile: Hashable, Sendable {
    /// One of several files of a checkpoint.
    package struct Part: Hashable, Sendable {
        /// Of the attempt that wrote it.
        package var id: ByteString
        /// Counts from 1.
        package var number: Int
    }

    /// Below the log's directory.
    package var name: ByteString
    package var version: Version
    package var part: Part?
    /// Epoch milliseconds, where a listing told it.
    package var writtenAt: Int64?
    /// The same.
    package var sizeBytes: Int64?
    /// When its version was committed, at the latest.
    package var datedAt: Int64?

    private static let infix: ByteString = ".checkpoint."

    /// nil for a name that is not exactly that of a checkpoint or a part.
    package init?(name: ByteString) {
        let bytes = name.bytes
        guard bytes.count > 20 + Self.infix.count, let version = LogPath.version(bytes[..<20]),
            bytes[20...].starts(with: Self.infix.bytes)
        else { return nil }
        self.name = name
        self.version = version
        let rest = bytes[(20 + Self.infix.count)...]
        if rest.elementsEqual("json".utf8) { return }
        let words = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[1].count >= 5, words[2].elementsEqual("json".utf8),
            let number = LogPath.version(words[1])?.rawValue
        else { return nil }
        part = Part(id: ByteString(words[0]), number: Int(number))
    }
}

extension LogPath {
    /// `00000000000000000042.checkpoint.json`.
    package static func checkpointName(_ version: Version) -> ByteString {
        ByteString(digits(version) + ".checkpoint.json")
    }

    /// `00000000000000000042.checkpoint.<id>.00001.json`; numbers count from 1.
    static func checkpointPartName(_ version: Version, id: ByteString, number: Int) -> ByteString {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
        return ByteString(Self.digits(version) + ".checkpoint.") + id + ByteString("." + padded + ".json")
    }
}
