import Bytes
import Metadata
import Planning
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing
import TransactionLog

@Suite("Purge")
struct PurgeTests {
    static let short: [(ByteString, ByteString)] = [
        ("state.retention.hours", "1"), ("state.retention.versions", "1"), ("log.retention.hours", "1"),
    ]

    /// States at several versions, garbage, and two days since.
    private func aged() throws -> (PurgeFixture, [FileEntry]) {
        let fixture = try PurgeFixture(properties: Self.short)
        let first = try fixture.add(3)
        try fixture.table.checkpoint()
        try fixture.remove(Array(first[..<2]))
        let second = try fixture.add()
        try fixture.table.checkpoint()
        fixture.advance(hours: 48)
        try fixture.add()
        try fixture.table.checkpoint()
        return (fixture, [first[2]] + second)
    }

    @Test("a purge deletes old states, version files and garbage, and its dry run is what it does")
    func testCleanupWithPurgeIntegration() throws {
        let (fixture, _) = try aged()
        fixture.advance(hours: 72)
        let live = PurgeFixture.paths(fixture.table.state)
        let before = fixture.keys
        let plan = try fixture.plan("24h")
        #expect(fixture.keys == before, "a dry run changes nothing")
        #expect(plan.names(.state).count == 2 && plan.names(.dataFile).count == 2)
        #expect(plan.names(.versionFile).count == Int(fixture.table.state.version.rawValue))
        #expect(
            plan.items.allSatisfy {
                $0.since <= plan.cutoff && !$0.why.isEmpty && $0.since > PurgeFixture.begin
            })
        let outcome = try fixture.purge("24h")
        #expect(outcome.plan.items == plan.items && outcome.deleted == plan.items)
        #expect(outcome.passedOver.isEmpty && outcome.obstacles.isEmpty)
        #expect(Set(plan.items.map(\.name)).isDisjoint(with: fixture.keys))
        #expect(PurgeFixture.paths(fixture.table.state) == live && fixture.dataFiles == live)
        #expect(fixture.table.state.garbage.isEmpty)
        // The log says what the state says.
        let again = try PurgeFixture(storage: fixture.storage.crashedCopy(), clock: fixture.clock, seed: 8)
        #expect(PurgeFixture.paths(again.table.state) == live)
        #expect(again.table.state.version == fixture.table.state.version)
    }

    @Test("manifests that a purge leaves without a state count from then, and go with a later one")
    func testCleanupOrphanedManifests() throws {
        let (fixture, _) = try aged()
        try fixture.table.setProperty("state.compaction.maxManifests", "1")
        try fixture.add()
        try fixture.table.checkpoint()
        fixture.advance(hours: 72)
        let stray: ByteString = "_transaction_log/manifests/manifest-00000000000000aa.avro"
        try fixture.storage.putIfAbsent(fixture.table.key(stray), [1])
        #expect(try fixture.purge("0h").deleted.filter { $0.kind == .manifest }.isEmpty)
        // The stray one and those of the states that went were months old by their storage's time, perhaps.
        let used = Set(try fixture.table.log.surveyManifests().used.map { "_transaction_log/" + $0 })
        let waiting = fixture.keys.filter { $0.hasPrefix("_transaction_log/manifests/") }.subtracting(used)
        #expect(waiting.count > 1 && waiting.contains(stray))
        #expect(
            try fixture.plan("0h").kept(.manifest) == [
                "unreferenced, a state that names it may be on its way"
            ])
        fixture.advance(hours: 2)
        let plan = try fixture.plan("0h")
        #expect(Set(plan.names(.manifest)) == waiting)
        #expect(
            plan.items.filter { $0.kind == .manifest }.allSatisfy {
                $0.since == plan.now - 2 * PurgeFixture.hour
            })
        #expect(try fixture.plan("24h").names(.manifest).isEmpty, "two hours are not a day")
        #expect(Set(try fixture.purge("0h").deleted.map(\.name)).isSuperset(of: waiting))
        #expect(fixture.keys.filter { $0.hasPrefix("_transaction_log/manifests/") } == used)
        #expect(try fixture.table.log.unreferencedNote().since.isEmpty)
    }

    @Test("two purges of two processes do each deletion once, without an error for what the other did")
    func testConcurrentCleanup() throws {
        for _ in 0..<12 {
            let (fixture, _) = try aged()
            try fixture.write()
            fixture.advance(hours: 72)
            let other = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 9)
            let live = PurgeFixture.paths(fixture.table.state)
            let planned = Set(try fixture.plan("24h").items.map(\.name))
            let outcomes = Results()
            let threads = [fixture, other].map { one in
                let table = one.table
                return Thread.spawn(name: "purge") {
                    do {
                        let age = try PurgeAge(
                            "24h", isForced: true, now: table.context.clock.nowMilliseconds())
                        let outcome = try Purger(table: table, pause: { _ in }).run(age)
                        outcomes.add(Set(outcome.deleted.map(\.name)), nil)
                    } catch {
                        outcomes.add([], "\(error)")
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(outcomes.failures == [])
            #expect(outcomes.deleted.isSuperset(of: planned.filter { !$0.hasPrefix("data/") }))
            #expect(planned.isDisjoint(with: fixture.keys))
            #expect(PurgeFixture.paths(try fixture.table.refresh()) == live)
            #expect(fixture.table.state.garbage.isEmpty && live.isSubset(of: fixture.dataFiles))
        }
    }

    @Test("a file that no version knows goes after a day, once no session that could be writing it lives")
    func orphans() throws {
        let fixture = try PurgeFixture(properties: Self.short)
        try fixture.add()
        let lost = try fixture.write()
        try fixture.storage.putIfAbsent("t/data/notes.txt", [1])
        let session = fixture.table.context.session.id
        #expect(try fixture.plan("0h").names(.orphan).isEmpty)
        fixture.advance(hours: 25)
        let byHand = "unknown, and its name is none of Firn's: delete it by hand"
        #expect(
            Set(try fixture.plan("0h").kept(.orphan)) == [
                "unknown; session \(session), which lives, may be writing it", byHand,
            ])
        // With its next beat the session says that it writes nothing as old.
        try fixture.table.context.session.beat()
        #expect(try fixture.plan("0h").kept(.orphan) == [byHand])
        let later = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 8)
        #expect(try later.plan("0h").names(.orphan) == [lost.path])
        #expect(try later.plan("26h").names(.orphan).isEmpty)
        // What is younger stays, whatever is asked.
        let young = try later.write(0x99)
        #expect(try later.purge("0h").deleted.map(\.name) == [lost.path])
        #expect(later.dataFiles.isSuperset(of: [young.path, "data/notes.txt"]))
        #expect(later.dataFiles.count == 3)
    }

    @Test("a pinned version and an open file are left, also where the pin comes after the plan")
    func pins() throws {
        let fixture = try PurgeFixture(properties: Self.short)
        let first = try fixture.add(2)
        try fixture.table.checkpoint()
        let old = fixture.table.state.version
        try fixture.remove(first)
        try fixture.add()
        try fixture.table.checkpoint()
        // Another process reads the old version and has a file open.
        let reader = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 9)
        fixture.advance(hours: 48)
        try reader.table.setProperty("state.retention.hours", "200")
        _ = try reader.table.pin(old)
        try reader.table.setProperty("state.retention.hours", "1")
        let held = try fixture.purge("0h")
        #expect(held.deleted.filter { $0.kind == .dataFile || $0.kind == .state }.isEmpty)
        #expect(held.plan.kept(.state).contains("read by session \(reader.table.context.session.id)"))
        #expect(try fixture.files(at: old) == Set(first.map(\.path)))
        let open = try reader.table.openDataFile(first[0].path, id: first[0].id)
        fixture.clock.advance(milliseconds: 16 * 60_000)
        try reader.table.context.session.beat()
        let outcome = try fixture.purge("0h")
        #expect(outcome.deleted.filter { $0.kind == .dataFile }.map(\.name) == [first[1].path])
        #expect(outcome.plan.kept(.dataFile) == ["open in session \(reader.table.context.session.id)"])
        withExtendedLifetime(open) {}
        reader.end()
    }

    @Test("a state that has not been unneeded for long enough keeps its files")
    func waitingStates() throws {
        let fixture = try PurgeFixture(properties: Self.short)
        let first = try fixture.add(2)
        try fixture.table.checkpoint()
        let old = fixture.table.state.version
        try fixture.remove(first)
        fixture.advance(hours: 30)
        try fixture.add()
        try fixture.table.checkpoint()
        fixture.advance(hours: 2)
        // The files went 32 hours ago, the state is needed by nobody since 2.
        let outcome = try fixture.purge("24h")
        #expect(outcome.deleted.allSatisfy { $0.kind == .versionFile })
        #expect(
            outcome.plan.kept(.dataFile) == ["lived in versions that are kept: not unneeded for long enough"])
        #expect(try fixture.files(at: old) == Set(first.map(\.path)))
        fixture.advance(hours: 24)
        #expect(try fixture.purge("24h").deleted.filter { $0.kind == .dataFile }.count == 2)
    }

    @Test("whatever cannot be read ends a purge with nothing deleted")
    func unreadable() throws {
        let (fixture, _) = try aged()
        fixture.advance(hours: 72)
        let before = fixture.keys
        try fixture.storage.overwriteHint("_sessions/00000000000000aa.json", Array("{".utf8))
        #expect(throws: StoreError.self) { try fixture.purge("24h") }
        #expect(fixture.keys == before)
        try fixture.storage.delete("_sessions/00000000000000aa.json")
        // Where no state reads whole, the log is all there is.
        for version in try fixture.table.log.stateVersions() {
            let key = LogPath(table: "t").stateManifest(version)
            let bytes = try fixture.storage.get(key)
            try fixture.storage.delete(key)
            try fixture.storage.putIfAbsent(key, Array(bytes.dropLast(9)))
        }
        let again = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 8)
        let outcome = try again.purge("24h")
        #expect(
            outcome.deleted.filter { $0.kind == .state || $0.kind == .versionFile || $0.kind == .manifest }
                .isEmpty)
        #expect(outcome.plan.kept(.manifest).first?.contains("cannot be read") == true)
        #expect(PurgeFixture.paths(again.table.state) == PurgeFixture.paths(fixture.table.state))
    }

    @Test("a session that was declared dead is forgotten a week after its last trace went")
    func deadSessions() throws {
        let fixture = try PurgeFixture(properties: Self.short)
        try fixture.table.commit(
            "DECLARE",
            actions: [.operation(.declareDead(SessionID(5))), .operation(.declareDead(SessionID(6)))])
        let beat = Heartbeat(
            id: SessionID(6), counter: 1, host: "elsewhere", boot: "another", processID: 1, processStart: 1,
            command: "mount", startedAtMilliseconds: fixture.now)
        try fixture.store.context.sessions.publish(beat)
        #expect(try fixture.purge("24h").plan.kept(.session) == ["dead and gone for less than 7 days"])
        fixture.advance(hours: 24 * 8)
        #expect(
            try fixture.purge("24h").deleted.filter { $0.kind == .session }.map(\.name) == [
                "0000000000000005"
            ])
        #expect(fixture.table.state.deadSessions == [SessionID(6)])
        try fixture.store.context.sessions.remove(SessionID(6))
        #expect(try fixture.purge("24h").deleted.filter { $0.kind == .session }.isEmpty)
        fixture.advance(hours: 24 * 8)
        #expect(try fixture.purge("24h").deleted.filter { $0.kind == .session }.count == 1)
        #expect(fixture.table.state.deadSessions.isEmpty)
        let again = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 8)
        #expect(again.table.state.deadSessions.isEmpty)
    }

    @Test("JSON checkpoints go once a state supersedes them, parts that no checkpoint names after a day")
    func checkpoints() throws {
        let fixture = try PurgeFixture(properties: Self.short)
        let paths = Set(try fixture.add(2).map(\.path))
        _ = try fixture.table.checkpoint(.json)
        let version = fixture.table.state.version
        let names = [
            LogPath.checkpointName(version), "00000000000000000003.checkpoint.cd.00001.json",
            "00000000000000000004.checkpoint.ab.00001.json",
        ].map { "_transaction_log/" + $0 }
        for name in names[1...] { try fixture.storage.putIfAbsent(fixture.table.key(name), [1]) }
        #expect(version == Version(4) && fixture.keys.isSuperset(of: names))
        let newest = "among the newest states (state.retention.versions)"
        #expect(try fixture.plan("0h").kept(.checkpoint).contains(newest))
        try fixture.table.commit("TAG", actions: [.operation(.putTag(name: "t", version: version))])
        try fixture.add()
        try fixture.table.checkpoint()
        fixture.advance(hours: 2)
        #expect(try fixture.plan("0h").kept(.checkpoint).contains("kept by tag t"))
        // The version files below it may go: the tagged version is read from the checkpoint.
        #expect(try fixture.purge("0h").deleted.contains { $0.kind == .versionFile })
        #expect(try fixture.files(at: version) == paths)
        try fixture.table.commit("UNTAG", actions: [.operation(.removeTag(name: "t"))])
        fixture.advance(hours: 25)
        let plan = try fixture.plan("0h")
        #expect(plan.names(.checkpoint) == names, "each checkpoint before its parts")
        #expect(plan.items.allSatisfy { $0.since <= plan.now - PurgeFixture.hour })
        #expect(try fixture.purge("0h").deleted.filter { $0.kind == .checkpoint }.count == 3)
        #expect(fixture.keys.isDisjoint(with: names))
        let again = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 8)
        #expect(PurgeFixture.paths(again.table.state) == PurgeFixture.paths(fixture.table.state))
    }

    @Test("a table of JSON states expires like one of Avro states")
    func jsonStates() throws {
        let fixture = try PurgeFixture(properties: Self.short + [("state.format", "json")])
        for _ in 0..<3 {
            try fixture.add()
            try fixture.table.checkpoint()
            fixture.advance(hours: 10)
        }
        let live = PurgeFixture.paths(fixture.table.state)
        let outcome = try fixture.purge("0h")
        #expect(outcome.deleted.filter { $0.kind == .checkpoint }.count == 2)
        #expect(outcome.deleted.filter { $0.kind == .versionFile }.count > 4)
        #expect(fixture.keys.filter { $0.hasSuffix(".checkpoint.json") }.count == 1)
        let again = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 8)
        #expect(PurgeFixture.paths(again.table.state) == live)
        #expect(again.table.state.version == fixture.table.state.version)
    }

    @Test("a table of another program is not purged, and it is said why")
    func foreign() throws {
        let fixture = try PurgeFixture()
        let lines = [
            #"{"protocol":{"minReaderVersion":4,"minWriterVersion":4}}"#,
            #"{"metaData":{"id":"a-b","name":null,"format":{"provider":"indextables","options":{}},"#
                + #""schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"#
                + #""configuration":{},"createdTime":17}}"#,
        ]
        let path = LogPath(table: "x")
        try fixture.storage.putIfAbsent(
            path.versionFile(Version(0)), Array((lines.joined(separator: "\n") + "\n").utf8))
        let table = try fixture.store.table("x")
        let age = try fixture.age("7d")
        for isDry in [true, false] {
            do {
                if isDry { _ = try table.purgePlan(age) } else { _ = try table.purge(age) }
                Issue.record("a foreign table was purged")
            } catch {
                #expect(error.errno == .erofs)
                #expect(error.message.contains("indextables and is read-only"), "\(error)")
            }
        }
    }

    @Test("ages are minutes, hours, days or a time; below a day only by force, never in the future")
    func ages() throws {
        let now: Int64 = 1_700_000_000_000
        let day: Int64 = 86_400_000
        #expect(try PurgeAge("7d", isForced: false, now: now).milliseconds == 7 * day)
        #expect(try PurgeAge("36h", isForced: false, now: now).milliseconds == 36 * 3_600_000)
        #expect(try PurgeAge("1440m", isForced: false, now: now).milliseconds == day)
        #expect(try PurgeAge("0m", isForced: true, now: now).milliseconds == 0)
        #expect(try PurgeAge("2023-11-12T22:13:20Z", isForced: false, now: now).milliseconds == 2 * day)
        let refused: [(ByteString, Bool, String)] = [
            ("23h", false, "--force"), ("2023-11-14T22:00:00Z", false, "--force"),
            ("2023-11-15", true, "lies in the future"), ("-1d", true, "is no age"), ("7", true, "is no age"),
            ("7w", true, "is no age"), ("", true, "is no age"), ("d", true, "is no age"),
            ("99999999d", true, "is no age"), ("soon", true, "is no age"), ("7 d", true, "is no age"),
        ]
        for (text, isForced, part) in refused {
            do {
                _ = try PurgeAge(text, isForced: isForced, now: now)
                Issue.record("\(text) was taken")
            } catch {
                #expect(error.message.contains(part), "\(text): \(error)")
                #expect(error.errno == .einval)
            }
        }
    }
}

/// What two threads report.
private final class Results: Sendable {
    private let state = Mutex<(deleted: Set<ByteString>, failures: [String])>(([], []))

    func add(_ deleted: Set<ByteString>, _ failure: String?) {
        state.withLock { state in
            state.deleted.formUnion(deleted)
            if let failure { state.failures.append(failure) }
        }
    }

    var deleted: Set<ByteString> { state.withLock { $0.deleted } }
    var failures: [String] { state.withLock { $0.failures } }
}
