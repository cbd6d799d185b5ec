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
/// split day=2024-01-01/region=eu      split . 500      split --at=500      split . --into=16
/// split day=2024-01-01 New%20York
/// jobs retry 00c0ffee00c0ffee
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
        (
            "split",
            "PARTITION [KEY]: split a partition in its middle or at a key, a space in which is written %20; --into=N "
                + "makes N leaves"
        ),
        ("jobs", "retry|cancel|pause|resume JOB: do that with a compaction job"),
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
        case "split": request = try Self.split(operands, &flags)
        case "jobs":
            try expect(2, "retry, cancel, pause or resume, and a JOB")
            guard let action = operands[0].utf8Text.flatMap(JobVerb.init) else {
                throw StoreError(
                    .einval, "jobs has no \"\(operands[0])\"; it has retry, cancel, pause and resume")
            }
            request = .job(action, id: operands[1])
        default: throw StoreError(.eopnotsupp, "there is no \"\(verb)\"")
        }
        if let other = flags.min() { throw StoreError(.einval, "\(verb) has no option \(other) here") }
    }

    private static func split(
        _ operands: [ByteString], _ flags: inout Set<ByteString>
    ) throws(StoreError) -> VerbRequest {
        let option = take("--at=", &flags)
        let count = take("--into=", &flags)
        guard operands.count <= 2, operands.count < 2 || option == nil else {
            throw StoreError(
                .einval,
                "split takes a PARTITION and perhaps a KEY; a space in them is written %20, as in New%20York")
        }
        let key = operands.count == 2 ? operands[1] : option
        guard let count else { return .split(partition: operands.first, at: key) }
        guard key == nil, let number = count.utf8Text.flatMap({ Int($0) }) else {
            throw StoreError(.einval, "--into=N is a number of leaves, and goes without a KEY")
        }
        return .spread(partition: operands.first, leafCount: number)
    }

    /// The value of an option.
    private static func take(_ name: ByteString, _ flags: inout Set<ByteString>) -> ByteString? {
        guard let word = flags.first(where: { $0.hasPrefix(name) }) else { return nil }
        flags.remove(word)
        return ByteString(word.bytes[name.count...])
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
