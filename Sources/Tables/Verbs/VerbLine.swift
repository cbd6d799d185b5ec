package import Bytes
import Platform

/// A line of `ctl`: a request as the command line has it, without the table.
///
/// ```
/// tag 42 good            tag --delete good
/// restore good --dry-run
/// remove live/day=1/….parquet
/// remove --keep-partial --where day < '2024-01-01' AND region = 'eu'
/// drop-partition day=2024-01-01/region=eu
/// ```
package struct VerbLine: Hashable, Sendable {
    package var request: VerbRequest
    package var isDryRun: Bool

    /// The names by which requests are made, with what they do.
    package static let verbs: [(name: String, summary: String)] = [
        ("tag", "VERSION NAME: name a version, so that it is kept; --delete NAME lets it go"),
        ("restore", "VERSION: make the live files exactly those of a version or tag"),
        ("remove", "PATH… or --where FILTER: remove live files from the table"),
        ("drop-partition", "PARTITION: remove all files of a partition (date=2024-01-01) or of all below it"),
    ]

    /// - Parameter line: what follows the verb. Options may stand anywhere; all behind `--where` is the filter.
    package init(verb: ByteString, line: ByteString) throws(StoreError) {
        let (words, filter) = Self.words(line)
        var flags = Set(words.filter { $0.hasPrefix("--") })
        let operands = words.filter { !$0.hasPrefix("--") }
        isDryRun = flags.remove("--dry-run") != nil
        func expect(_ count: Int, _ what: String) throws(StoreError) {
            guard operands.count == count else {
                throw StoreError(.einval, "\(verb) takes \(what); \(operands.count) words are there")
            }
        }
        switch verb {
        case "tag" where flags.remove("--delete") != nil:
            try expect(1, "one NAME with --delete")
            request = .deleteTag(name: operands[0])
        case "tag":
            try expect(2, "VERSION and NAME")
            request = .tag(
                version: operands[0], name: operands[1], moving: flags.remove("--move") != nil)
        case "restore":
            try expect(1, "one VERSION or tag")
            request = .restore(version: operands[0])
        case "remove" where filter != nil:
            try expect(0, "either PATHs or --where FILTER")
            guard let filter, !filter.isEmpty else { throw StoreError(.einval, "--where takes a FILTER") }
            request = .removeMatching(
                filter: filter, keepingPartial: flags.remove("--keep-partial") != nil)
        case "remove":
            guard !operands.isEmpty else {
                throw StoreError(.einval, "remove takes one PATH at least, or --where FILTER")
            }
            request = .remove(paths: operands)
        case "drop-partition":
            try expect(1, "one PARTITION, such as date=2024-01-01")
            request = .dropPartition(operands[0])
        default: throw StoreError(.eopnotsupp, "there is no \"\(verb)\"")
        }
        if let other = flags.min() { throw StoreError(.einval, "\(verb) has no option \(other) here") }
    }

    /// The words before `--where`, and what stands behind it.
    private static func words(_ line: ByteString) -> ([ByteString], filter: ByteString?) {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var words: [ByteString] = []
        var rest = line.bytes.drop(while: isSpace)
        while !rest.isEmpty {
            let word = ByteString(rest.prefix { !isSpace($0) })
            rest = rest.dropFirst(word.count).drop(while: isSpace)
            if word == "--where" {
                while rest.last.map(isSpace) ?? false { rest.removeLast() }
                return (words, ByteString(rest))
            }
            words.append(word)
        }
        return (words, nil)
    }
}
