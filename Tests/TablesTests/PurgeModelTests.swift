import Bytes
import Metadata
import Planning
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// A table's past by a model that knows nothing of holds and plans, and what is promised of it.
private struct PurgeModel {
    var files: [Version: Set<ByteString>] = [:]
    var committedAt: [Version: Int64] = [:]
    var stateWrittenAt: [Version: Int64] = [:]
    var tags: [ByteString: Version] = [:]
    var pins: [Version: Int64] = [:]
    let newest: Int
    let stateHours: Int64
    let logHours: Int64

    /// The versions that must open now with exactly their files.
    func promised(current: Version? = nil, now: Int64) -> Set<Version> {
        var promised = Set(tags.values)
        if let current { promised.insert(current) }
        promised.formUnion(pins.filter { $0.value > now }.keys)
        // An age of nothing is reached at once, also by what the log has dated ahead of the clock.
        if logHours > 0 {
            promised.formUnion(committedAt.filter { $0.value + logHours * PurgeFixture.hour > now }.keys)
        }
        if stateHours > 0 {
            promised.formUnion(stateWrittenAt.filter { $0.value + stateHours * PurgeFixture.hour > now }.keys)
        }
        promised.formUnion(stateWrittenAt.keys.sorted().suffix(newest))
        return promised
    }
}

@Suite("Purge of random histories")
struct PurgeModelTests {
    @Test("what retention promises opens with exactly its files, and nothing deletable stays for ever")
    func histories() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<25 { try history(&random, "FIRN_SEED=\(seed)") }
    }

    private func history(_ random: inout SeededGenerator, _ seed: Comment) throws {
        var model = PurgeModel(
            newest: Int.random(in: 1...3, using: &random),
            stateHours: Int64.random(in: 0...30, using: &random),
            logHours: Int64.random(in: 0...20, using: &random))
        let fixture = try PurgeFixture(
            seed: random.next(),
            properties: [
                ("state.retention.versions", ByteString("\(model.newest)")),
                ("state.retention.hours", ByteString("\(model.stateHours)")),
                ("log.retention.hours", ByteString("\(model.logHours)")),
                ("gc.delayMinutes", ByteString("\(Int.random(in: 0...120, using: &random))")),
                ("state.compaction.maxManifests", ByteString("\(Int.random(in: 1...4, using: &random))")),
            ])
        var live: [FileEntry] = []
        try learn(&model, fixture)
        for _ in 0..<50 {
            try step(&model, &live, fixture, &random, seed)
            try learn(&model, fixture)
            check(
                model.promised(current: fixture.table.state.version, now: fixture.now), model, fixture, seed)
        }
        try finish(&model, fixture, seed)
    }

    private func step(
        _ model: inout PurgeModel, _ live: inout [FileEntry], _ fixture: PurgeFixture,
        _ random: inout SeededGenerator, _ seed: Comment
    ) throws {
        switch Int.random(in: 0..<14, using: &random) {
        case 0...2: live += try fixture.add(Int.random(in: 1...3, using: &random))
        case 3, 4:
            guard let index = live.indices.randomElement(using: &random) else { return }
            try fixture.remove([live.remove(at: index)])
        case 5: _ = try fixture.table.log.writeState()
        case 6: try fixture.table.checkpoint()
        case 7:
            let promised = model.promised(current: fixture.table.state.version, now: fixture.now)
            guard let version = promised.sorted().randomElement(using: &random) else { return }
            try fixture.table.commit(
                "TAG", actions: [.operation(.putTag(name: ByteString("t\(version)"), version: version))])
            model.tags[ByteString("t\(version)")] = version
        case 8:
            guard let name = model.tags.keys.sorted().randomElement(using: &random) else { return }
            try fixture.table.commit("UNTAG", actions: [.operation(.removeTag(name: name))])
            model.tags[name] = nil
        case 9:
            let promised = model.promised(current: fixture.table.state.version, now: fixture.now)
            guard let version = promised.sorted().randomElement(using: &random) else { return }
            _ = try fixture.table.pin(version)
            model.pins[version] = fixture.now + Session.versionPinMilliseconds
        case 10: try fixture.write()
        case 11: fixture.clock.advance(milliseconds: 60_000 * Int64.random(in: 1...20, using: &random))
        case 12: fixture.advance(hours: Int64.random(in: 1...30, using: &random))
        default:
            // What was promised before is, whatever the purge thinks of it.
            let promised = model.promised(now: fixture.now)
            defer { check(promised, model, fixture, seed) }
            if Bool.random(using: &random) {
                _ = try fixture.table.collectGarbage()
            } else {
                let ages: [ByteString] = ["0h", "1h", "24h", "72h"]
                _ = try fixture.purge(ages.randomElement(using: &random) ?? "24h")
            }
        }
    }

    /// Takes in the versions and states that are new.
    private func learn(_ model: inout PurgeModel, _ fixture: PurgeFixture) throws {
        let state = fixture.table.state
        var version = state.version
        while version.rawValue >= 0, model.files[version] == nil {
            let old = version == state.version ? state : try fixture.table.log.state(at: version)
            model.files[version] = PurgeFixture.paths(old)
            model.committedAt[version] = old.timestamp
            version = Version(version.rawValue - 1)
        }
        let states = Set(try fixture.table.log.stateVersions())
        for version in states where model.stateWrittenAt[version] == nil {
            model.stateWrittenAt[version] = fixture.now
        }
        // What has gone is among the newest no more.
        model.stateWrittenAt = model.stateWrittenAt.filter { states.contains($0.key) }
    }

    private func check(
        _ versions: Set<Version>, _ model: PurgeModel, _ fixture: PurgeFixture, _ seed: Comment
    ) {
        let there = fixture.dataFiles
        for version in versions {
            let expected = model.files[version]
            do {
                #expect(try fixture.files(at: version) == expected, seed)
            } catch {
                Issue.record("version \(version) cannot be had: \(error); \(seed)")
            }
            #expect(expected?.isSubset(of: there) ?? false, seed)
        }
    }

    /// Lets everything go that may, and looks for what stays.
    private func finish(_ model: inout PurgeModel, _ fixture: PurgeFixture, _ seed: Comment) throws {
        for name in model.tags.keys.sorted() {
            try fixture.table.commit("UNTAG", actions: [.operation(.removeTag(name: name))])
        }
        for _ in 0..<model.newest {
            try fixture.add()
            try fixture.table.checkpoint()
        }
        fixture.end()
        fixture.advance(hours: 24 * 20)
        let last = try PurgeFixture(storage: fixture.storage, clock: fixture.clock, seed: 99)
        for _ in 0..<3 {
            _ = try last.purge("24h")
            last.advance(hours: 30)
        }
        #expect(try last.plan("24h").items == [], seed)
        #expect(last.dataFiles == PurgeFixture.paths(last.table.state), seed)
        #expect(last.table.state.garbage.isEmpty, seed)
        #expect(try last.table.log.stateVersions().count == model.newest, seed)
        let used = Set(try last.table.log.surveyManifests().used.map { "_transaction_log/" + $0 })
        #expect(last.keys.filter { $0.hasPrefix("_transaction_log/manifests/") } == used, seed)
        #expect(try last.table.log.unreferencedNote().since.isEmpty, seed)
        let needed =
            last.table.state.version.rawValue - (try last.table.log.stateVersions().last?.rawValue ?? 0)
        let files = last.keys.filter {
            LogPath.version(ofVersionFile: ByteString(Array($0.bytes.dropFirst(17)))) != nil
        }
        #expect(files.filter { $0.hasPrefix("_transaction_log/0") }.count <= Int(max(1, needed)), seed)
    }
}
