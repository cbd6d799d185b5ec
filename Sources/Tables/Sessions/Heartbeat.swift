package import Bytes
import JSON
package import Metadata

/// What one session says of itself in `_sessions/<id>.json`, written anew with every beat.
///
/// ```json
/// {"id":"00c0ffee00c0ffee","counter":17,"host":"db1","boot":"3e0c…/4026531836","pid":4711,"processStart":12345,
///  "command":"mount","startedAt":1760000000000,"writesSince":1760000300000,
///  "pins":{"flights":{"versions":[41],"until":[1760001200000],"files":["7f3a…"]}},
///  "jobs":{"flights":[{"job":"00beef…","attempt":1,"phase":"merging","bytesTotal":900,"bytesDone":450}]},
///  "pauses":{"flights":{"table":false,"jobs":["00beef…"]}}}
/// ```
package struct Heartbeat: Hashable, Sendable {
    package var id: SessionID
    /// Grows with every beat; others judge by it and their own clock, never by this host's time.
    package var counter: UInt64
    package var host: ByteString
    /// Where process ids mean the same: ``Processes/idSpace()``. Empty where that is not known.
    package var boot: ByteString
    package var processID: Int32
    /// The start time of the process in clock ticks since boot: tells a process from a later one of the same id.
    package var processStart: UInt64
    package var command: ByteString
    package var startedAtMilliseconds: Int64
    package var pins: [ByteString: Pins]
    /// Data files older than this, by the host's time, are committed or not this session's; of a session that does not
    /// say, since its start.
    package var writesSinceMilliseconds: Int64
    /// What it compacts and what it holds back, by table: for people, as of this beat.
    package var work: [ByteString: CompactionWork] = [:]

    /// What the session holds of one table.
    package struct Pins: Hashable, Sendable {
        package var versions: Set<Version> = []
        package var files: Set<FileID> = []
        /// When the session means to let go of a version, by the host's time, epoch milliseconds: for people. What is
        /// pinned is pinned until it is no longer published.
        package var until: [Version: Int64] = [:]
        package var isEmpty: Bool { versions.isEmpty && files.isEmpty }
        package init(versions: Set<Version> = [], files: Set<FileID> = [], until: [Version: Int64] = [:]) {
            self.versions = versions
            self.files = files
            self.until = until
        }

        /// Adds what the other holds; of ends the other's count.
        mutating func merge(_ other: Pins) {
            versions.formUnion(other.versions)
            files.formUnion(other.files)
            for version in other.versions { until[version] = other.until[version] }
        }
    }

    package init(
        id: SessionID, counter: UInt64, host: ByteString, boot: ByteString, processID: Int32,
        processStart: UInt64, command: ByteString, startedAtMilliseconds: Int64,
        pins: [ByteString: Pins] = [:]
    ) {
        self.id = id
        self.counter = counter
        self.host = host
        self.boot = boot
        self.processID = processID
        self.processStart = processStart
        self.command = command
        self.startedAtMilliseconds = startedAtMilliseconds
        self.pins = pins
        writesSinceMilliseconds = startedAtMilliseconds
    }
}

extension Heartbeat {
    package var encoded: [UInt8] {
        var pinned = JSONObject()
        for (table, held) in pins.sorted(by: { $0.key < $1.key }) where !held.isEmpty {
            pinned[table] = .object(held.json)
        }
        var object: JSONObject = [
            "id": .string(ByteString(id.description)),
            "counter": .integer(Int64(counter)),
            "host": .string(host),
            "boot": .string(boot),
            "pid": .integer(Int64(processID)),
            "processStart": .integer(Int64(processStart)),
            "command": .string(command),
            "startedAt": .integer(startedAtMilliseconds),
            "writesSince": .integer(writesSinceMilliseconds),
            "pins": .object(pinned),
        ]
        let tables = work.sorted { $0.key < $1.key }
        let jobs = tables.filter { !$0.value.jobs.isEmpty }.map {
            JSONObject.Member(key: $0.key, value: .array($0.value.jobs.map { .object($0.json) }))
        }
        let pauses = tables.filter { !$0.value.pauses.isEmpty }.map {
            JSONObject.Member(key: $0.key, value: .object($0.value.pauses.json))
        }
        if !jobs.isEmpty { object["jobs"] = .object(JSONObject(jobs)) }
        if !pauses.isEmpty { object["pauses"] = .object(JSONObject(pauses)) }
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }

    /// - Throws: `DecodeError` where the bytes are not a whole heartbeat. Whoever decides what may be deleted
    ///   must then delete nothing.
    package init(decoding bytes: [UInt8]) throws(DecodeError) {
        let value = try JSONValue.parse(bytes)
        guard let object = value.objectValue,
            let id = object["id"]?.stringValue.flatMap({ Hex.parse($0.bytes) }),
            let counter = object["counter"]?.int64Value, counter >= 0,
            let pinObject = object["pins"]?.objectValue
        else { throw DecodeError(.malformed, at: 0, "not a session's heartbeat") }
        var pins: [ByteString: Pins] = [:]
        for member in pinObject.members { pins[member.key] = try Pins(member.value, table: member.key) }
        self.init(
            id: SessionID(id), counter: UInt64(counter), host: object["host"]?.stringValue ?? "",
            boot: object["boot"]?.stringValue ?? "",
            processID: Int32(clamping: object["pid"]?.int64Value ?? 0),
            processStart: UInt64(clamping: object["processStart"]?.int64Value ?? 0),
            command: object["command"]?.stringValue ?? "",
            startedAtMilliseconds: object["startedAt"]?.int64Value ?? 0, pins: pins)
        if let since = object["writesSince"]?.int64Value { writesSinceMilliseconds = since }
        // Nothing rests on it: what is not understood is passed over.
        for member in object["jobs"]?.objectValue?.members ?? [] {
            work[member.key, default: .init()].jobs =
                member.value.arrayValue?.compactMap(JobProgress.init) ?? []
        }
        for member in object["pauses"]?.objectValue?.members ?? [] {
            work[member.key, default: .init()].pauses = JobPauses(member.value)
        }
    }
}

extension Heartbeat.Pins {
    fileprivate var json: JSONObject {
        let sorted = versions.sorted()
        return [
            "versions": .array(sorted.map { .integer($0.rawValue) }),
            "until": .array(sorted.map { until[$0].map { .integer($0) } ?? .null }),
            "files": .array(files.sorted().map { .string(ByteString($0.description)) }),
        ]
    }

    fileprivate init(_ value: JSONValue, table: ByteString) throws(DecodeError) {
        guard let versions = value.objectValue?["versions"]?.arrayValue,
            let files = value.objectValue?["files"]?.arrayValue
        else { throw DecodeError(.malformed, at: 0, "the pins of table \(table) are not understood") }
        self.init()
        let ends = value.objectValue?["until"]?.arrayValue ?? []
        for (index, version) in versions.enumerated() {
            guard let number = version.int64Value else {
                throw DecodeError(.malformed, at: 0, "a pinned version of table \(table) is not a number")
            }
            self.versions.insert(Version(number))
            if index < ends.count { until[Version(number)] = ends[index].int64Value }
        }
        for file in files {
            guard let number = file.stringValue.flatMap({ Hex.parse($0.bytes) }) else {
                throw DecodeError(.malformed, at: 0, "a pinned file of table \(table) is not an id")
            }
            self.files.insert(FileID(number))
        }
    }
}
