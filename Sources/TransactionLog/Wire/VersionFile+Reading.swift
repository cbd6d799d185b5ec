import Bytes
import Compression
import JSON
package import Metadata

extension VersionFile {
    /// The transactions of a version file, stamped with its version and time.
    ///
    /// The end line is checked before any other is believed: without it the file is incomplete.
    package static func decode(
        _ bytes: [UInt8], version: Version
    ) throws(LogError) -> [CommittedTransaction] {
        let name = LogPath.versionFileName(version).display
        let lines = lineRanges(bytes)
        try checkEnd(bytes, lines, name)
        let wire = ActionWire(partitionColumns: [])
        var transactions: [CommittedTransaction] = []
        for (index, line) in lines.dropLast().enumerated() {
            do throws(WireError) {
                let (key, value) = try member(bytes, line)
                if key == "commitInfo" {
                    transactions.append(
                        try transaction(WireObject("commitInfo", value), version, transactions.count))
                } else if transactions.isEmpty {
                    throw WireError(.malformed, "an action stands before the first commitInfo")
                } else {
                    let last = transactions.count - 1
                    let action = try wire.action(key: key, value: value)
                    transactions[last].actions.append(action.stamped(transactions[last]))
                }
            } catch {
                throw .damaged(file: name, line: index + 1, error)
            }
        }
        guard !transactions.isEmpty else { throw .damaged(file: name, line: 1, "there is no transaction") }
        return transactions
    }

    /// Each line without its line end; what follows the last line end is a line of its own.
    static func lineRanges(_ bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        bytes.withUnsafeBufferPointer { buffer in
            for index in buffer.indices where buffer[index] == 0x0A {
                ranges.append(start..<index)
                start = index + 1
            }
        }
        if start < bytes.count { ranges.append(start..<bytes.count) }
        return ranges
    }

    static func checkEnd(
        _ bytes: [UInt8], _ lines: [Range<Int>], _ name: String
    ) throws(LogError) {
        guard let last = lines.last, let member = try? member(bytes, last), member.0 == "end",
            bytes.last == 0x0A
        else {
            throw .damaged(
                file: name, line: max(1, lines.count),
                "the end line is missing or damaged: the file is cut at byte \(bytes.count), or was changed")
        }
        let count = member.1["lines"]?.int64Value
        guard count == Int64(lines.count - 1) else {
            throw .damaged(
                file: name, line: lines.count,
                "\(count ?? -1) lines are announced, \(lines.count - 1) are there")
        }
        let stated = member.1["crc32"]?.stringValue
        let found = bytes.withUnsafeBytes {
            CRC32.checksum(of: UnsafeRawBufferPointer(rebasing: $0[..<last.lowerBound]))
        }
        guard stated == ByteString(Hex.string(UInt64(found), width: 8)) else {
            throw damage(bytes, lines, name)
        }
    }

    /// Where a file that does not have its checksum is damaged, as far as its lines tell.
    private static func damage(_ bytes: [UInt8], _ lines: [Range<Int>], _ name: String) -> LogError {
        for (index, line) in lines.dropLast().enumerated() {
            do throws(WireError) { _ = try member(bytes, line) } catch {
                return .damaged(file: name, line: index + 1, error)
            }
        }
        return .damaged(
            file: name, line: lines.count,
            "the checksum does not match: a byte before byte \(lines.last?.lowerBound ?? 0) was changed")
    }

    /// The one member of a line's object.
    static func member(
        _ bytes: [UInt8], _ line: Range<Int>
    ) throws(WireError) -> (ByteString, JSONValue) {
        let value: JSONValue
        do throws(DecodeError) { value = try JSONValue.parse(Array(bytes[line])) } catch {
            throw WireError(.malformed, error.shifted(by: line.lowerBound).description)
        }
        guard let members = value.objectValue?.members, members.count == 1 else {
            throw WireError(
                .malformed, "the line at byte \(line.lowerBound) is not an object of one key")
        }
        return (members[0].key, members[0].value)
    }

    private static func transaction(
        _ wire: WireObject, _ version: Version, _ ordinal: Int
    ) throws(WireError) -> CommittedTransaction {
        guard try wire.integer("version") == version.rawValue else {
            throw WireError(.malformed, "the file says that it is version \(try wire.integer("version"))")
        }
        guard try wire.count("ordinal", default: -1) == ordinal else {
            throw wire.wrong("ordinal", "\(ordinal)")
        }
        let id = try wire.string("id")
        guard id.count == 32, let high = Hex.parse(id.bytes[..<16]), let low = Hex.parse(id.bytes[16...])
        else {
            throw wire.wrong("id", "32 hexadecimal digits")
        }
        var notes: [(name: ByteString, value: ByteString)] = []
        for member in try wire.optionalMembers("notes") ?? [] {
            notes.append((name: member.key, value: member.value.stringValue ?? ""))
        }
        return CommittedTransaction(
            id: CommitID(high: high, low: low), version: version, ordinal: ordinal,
            timestamp: try wire.integer("timestamp"), operation: try wire.string("operation"),
            session: try wire.optionalHex("session").map(SessionID.init), notes: notes, actions: [])
    }
}

extension Action {
    /// The action with the version and time of its commit, where it carries them.
    func stamped(_ transaction: CommittedTransaction) -> Action {
        switch self {
        case .add(var entry):
            entry.addedAtVersion = transaction.version
            entry.addedAtTimestamp = transaction.timestamp
            return .add(entry)
        case .remove(var removal) where removal.deletionTimestamp == 0:
            removal.deletionTimestamp = transaction.timestamp
            return .remove(removal)
        case .operation(.receipt(var receipt)):
            receipt.version = transaction.version
            receipt.timestamp = transaction.timestamp
            return .operation(.receipt(receipt))
        case .operation(.putJob(var job)) where job.createdAtTimestamp == 0:
            job.createdAtVersion = transaction.version
            job.createdAtTimestamp = transaction.timestamp
            return .operation(.putJob(job))
        default: return self
        }
    }
}
