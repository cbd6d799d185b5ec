import Bytes
import Platform

/// What a file's bytes are.
enum FileFormat: Equatable, Sendable {
    case csv, tsv, jsonLines, parquet

    /// How they are wrapped.
    enum Wrapping: Equatable, Sendable { case none, gzip, zstd }

    static func wrapping(of head: [UInt8]) -> Wrapping {
        if head.starts(with: [0x1F, 0x8B]) { return .gzip }
        if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        return .none
    }

    /// The format by the first bytes, else by the name; text has no mark of its own.
    static func detect(
        name: ByteString, head: [UInt8], wrapping: Wrapping
    ) throws(IngestRefusal) -> FileFormat {
        if head.starts(with: "PAR1".utf8) || head.starts(with: "PARE".utf8) {
            guard wrapping == .none else {
                throw IngestRefusal(
                    .eopnotsupp, .format, "a Parquet file inside gzip or zstd is not read",
                    remedy: "copy the Parquet file itself; its pages are compressed already")
            }
            return .parquet
        }
        if head.starts(with: Array("Obj".utf8) + [1]) {
            throw IngestRefusal(
                .eopnotsupp, .format, "Avro files are not taken",
                expected: known, remedy: "convert it to Parquet, CSV or JSON Lines")
        }
        switch fileExtension(of: name) {
        case "csv": return .csv
        case "tsv": return .tsv
        case "jsonl", "ndjson", "json": return .jsonLines
        case "parquet":
            throw IngestRefusal(
                .ebadmsg, .content, "the file does not begin as a Parquet file does",
                remedy: "look whether it is whole, and whether its name is right")
        case let other:
            let what = other.isEmpty ? "has no extension" : "has the unknown extension .\(other)"
            throw IngestRefusal(
                .eopnotsupp, .format, "the format is not known: the name \(what)", expected: known,
                remedy: "rename the file so that its name ends in its format")
        }
    }

    private static let known = ".csv, .tsv, .jsonl, .ndjson, .json, .parquet; text also as .gz and .zst"

    /// Lower case, without a `.gz` or `.zst` behind it; empty where there is none.
    private static func fileExtension(of path: ByteString) -> String {
        var parts =
            path.bytes.split(separator: UInt8(ascii: "/")).last?
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) ?? []
        func last() -> String {
            parts.count > 1 ? String(decoding: parts[parts.count - 1], as: UTF8.self).lowercased() : ""
        }
        if ["gz", "gzip", "zst", "zstd"].contains(last()) { parts.removeLast() }
        return last()
    }
}
