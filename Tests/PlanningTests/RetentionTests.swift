import Bytes
import Metadata
import Planning
import TestKit
import Testing

private let hour: Int64 = 3_600_000

/// States and version files of versions committed one an hour; `now` is the hour of `current`.
private func retention(
    states: [Int64], files: ClosedRange<Int64>, current: Int64, tags: [ByteString: Version] = [:],
    pins: [VersionPin] = [], set: [ByteString: ByteString] = [:]
) -> Retention {
    Retention(
        states: states.map { .init(version: Version($0), timestamp: $0 * hour) },
        versionFiles: files.map { .init(version: Version($0), timestamp: $0 * hour) },
        current: Version(current), tags: tags, pins: pins, properties: TableProperties(overrides: set),
        now: current * hour)
}

extension Retention {
    fileprivate var keptStates: [Int64] { states.filter { $0.hold != nil }.map(\.version.rawValue) }
    fileprivate var keptFiles: [Int64] { versionFiles.filter { $0.hold != nil }.map(\.version.rawValue) }
    fileprivate func hold(state: Int64) -> Hold? { states.first { $0.version == Version(state) }?.hold }
}

@Suite("Retention")
struct RetentionTests {
    private let short: [ByteString: ByteString] = ["state.retention.hours": "0", "log.retention.hours": "0"]

    @Test("without any state every version file is needed")
    func noState() {
        let plan = retention(states: [], files: 0...30, current: 30, set: short)
        #expect(plan.keptFiles == Array(0...30))
    }

    @Test("the newest states stay, and the version files after the newest")
    func testRetentionByVersionCount() {
        let plan = retention(states: [10, 20, 30], files: 0...33, current: 33, set: short)
        #expect(plan.keptStates == [20, 30] && plan.keptFiles == [31, 32, 33])
        #expect(plan.hold(state: 20) == .newest(Version(20)))
    }

    @Test("young states stay as long as they are young")
    func testRetentionByAge() {
        let set: [ByteString: ByteString] = ["state.retention.hours": "21", "log.retention.hours": "0"]
        let plan = retention(states: [10, 20, 30, 40], files: 35...40, current: 40, set: set)
        #expect(plan.keptStates == [20, 30, 40])
        #expect(plan.hold(state: 20) == .young(Version(20), until: 41 * hour))
    }

    @Test("a tag keeps its state, or the state below and the version files between")
    func tags() {
        let plan = retention(
            states: [10, 20, 30, 40], files: 0...40, current: 40, tags: ["a": Version(10), "b": Version(23)],
            set: short)
        #expect(plan.keptStates == [10, 20, 30, 40])
        #expect(plan.hold(state: 20) == .tag("b", Version(23)))
        #expect(plan.keptFiles == [21, 22, 23])
    }

    @Test("a pin keeps its version as long as it is published, whatever end it names")
    func pins() {
        let pins = [
            VersionPin(session: SessionID(1), version: Version(12), until: 41 * hour),
            VersionPin(session: SessionID(2), version: Version(2), until: 40 * hour),
        ]
        let plan = retention(states: [0, 10, 20, 30, 40], files: 0...40, current: 40, pins: pins, set: short)
        #expect(plan.keptStates == [0, 10, 30, 40] && plan.keptFiles == [1, 2, 11, 12])
        let without = retention(states: [0, 10, 20, 30, 40], files: 0...40, current: 40, set: short)
        #expect(without.keptStates == [30, 40] && without.keptFiles == [])
    }

    @Test("what a clock that was ahead has dated waits for that date, unless there is no age to reach")
    func datedAhead() {
        let aged: [ByteString: ByteString] = ["state.retention.hours": "1", "log.retention.hours": "1"]
        for (set, isKept) in [(aged, true), (short, false)] {
            let plan = Retention(
                states: [1, 2, 3, 4].map { .init(version: Version($0), timestamp: $0 * 9_000 * hour) },
                versionFiles: [.init(version: Version(1), timestamp: 9_000 * hour)],
                current: Version(4), tags: [:], pins: [], properties: TableProperties(overrides: set),
                now: 10 * hour)
            #expect(plan.keptStates == (isKept ? [1, 2, 3, 4] : [3, 4]))
            #expect(plan.keptFiles == (isKept ? [1] : []))
        }
    }

    @Test("within the log's retention every version can be had")
    func log() {
        let set: [ByteString: ByteString] = ["state.retention.hours": "0", "log.retention.hours": "15"]
        let plan = retention(states: [0, 10, 20, 30, 40], files: 0...40, current: 40, set: set)
        #expect(plan.keptFiles == Array(21...40))
        #expect(plan.keptStates == [20, 30, 40])
        #expect(plan.hold(state: 20) == .log(Version(29), until: 44 * hour))
    }

    @Test("what is not held tells since when nothing needs it")
    func since() {
        let set: [ByteString: ByteString] = ["state.retention.hours": "5", "log.retention.hours": "3"]
        let plan = retention(states: [10, 20, 30, 40], files: 0...50, current: 50, set: set)
        #expect(plan.keptStates == [30, 40])
        // Young until 15, the ground of version 19 until 23, among the newest until state 30 was written.
        #expect(plan.states.map(\.unneededSince) == [30 * hour, 40 * hour, nil, nil])
        // Version 17 led to versions below 20, which were within the log's retention until 23 at the latest.
        #expect(plan.versionFiles[17].unneededSince == 23 * hour)
        #expect(plan.versionFiles[30].unneededSince == 33 * hour)
        #expect(plan.versionFiles[45].unneededSince == nil)
        #expect(plan.keptFiles == Array(41...50))
    }

    @Test("of kept versions, the one that lasts longest in an interval is found as by going through them")
    func keptVersions() {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let holds = (0..<Int.random(in: 0...40, using: &random)).map { _ -> Hold in
                let version = Version(Int64.random(in: 0...30, using: &random))
                return Int.random(in: 0..<8, using: &random) == 0
                    ? .newest(version) : .young(version, until: Int64.random(in: 0...9, using: &random))
            }
            let kept = KeptVersions(holds)
            #expect(kept.versions == Set(holds.map(\.version)).sorted(), "FIRN_SEED=\(seed)")
            for first in 0...31 as ClosedRange<Int64> {
                for end in first...32 {
                    let inside = holds.filter { $0.version >= Version(first) && $0.version < Version(end) }
                    let found = kept.hold(from: Version(first), below: Version(end))
                    #expect((found == nil) == inside.isEmpty, "FIRN_SEED=\(seed)")
                    let isEndless = inside.contains { $0.until == nil }
                    let longest = isEndless ? nil : inside.compactMap(\.until).max()
                    #expect(found?.until == longest, "FIRN_SEED=\(seed)")
                    #expect(found.map(inside.contains) ?? true, "FIRN_SEED=\(seed)")
                }
                #expect(kept.contains(Version(first)) == holds.contains { $0.version == Version(first) })
            }
        }
    }

    @Test("an unknown age is never old, and what is newer than what was read stays")
    func unknown() {
        let plan = Retention(
            states: [.init(version: Version(1), timestamp: nil), .init(version: Version(9), timestamp: 0)],
            versionFiles: [
                .init(version: Version(1), timestamp: nil), .init(version: Version(9), timestamp: 0),
            ],
            current: Version(5), tags: [:], pins: [],
            properties: TableProperties(overrides: ["state.retention.versions": "1"]), now: 1000 * hour)
        #expect(plan.keptStates == [1, 9] && plan.keptFiles == [1, 9])
    }
}

@Suite("Garbage")
struct GarbagePlanTests {
    private func garbage(_ id: UInt64, _ added: Int64, _ removed: Int64, condemned: Int64? = nil)
        -> GarbageEntry
    {
        GarbageEntry(
            file: FileID(id), path: "f", sizeBytes: 1, addedAtVersion: Version(added),
            removedAtVersion: Version(removed), removedAtTimestamp: removed * hour,
            condemnedAtVersion: condemned.map { Version($0) })
    }

    @Test("a file goes when no kept version lies in its life, nobody reads it and the delay is over")
    func verdicts() {
        let plan = retention(
            states: [10, 20, 30], files: 0...30, current: 30, tags: ["t": Version(5)],
            pins: [VersionPin(session: SessionID(4), version: Version(15))],
            set: ["state.retention.hours": "0", "log.retention.hours": "0"])
        let entries = [
            garbage(1, 0, 5), garbage(2, 0, 6), garbage(3, 11, 15), garbage(4, 11, 16), garbage(5, 16, 20),
            garbage(6, 16, 21), garbage(7, 21, 30), garbage(8, 6, 10, condemned: 12), garbage(9, 6, 10),
            garbage(10, 6, 10, condemned: 12),
        ]
        let result = GarbagePlan(
            garbage: entries.reversed(), kept: plan.keptVersions,
            filePins: [.init(session: SessionID(8), file: FileID(9))],
            properties: TableProperties(), now: 30 * hour + 60_000, live: { $0 == FileID(10) })
        let expected: [GarbagePlan.Verdict] = [
            .condemnable, .held(.version(.tag("t", Version(5)))), .condemnable,
            .held(.version(.pin(SessionID(4), Version(15), until: nil))), .condemnable,
            .held(.version(.newest(Version(20)))), .held(.delay(until: 30 * hour + 15 * 60_000)), .deletable,
            .held(.pinned(SessionID(8))), .held(.live),
        ]
        #expect(result.decisions.map(\.verdict) == expected)
        #expect(result.decisions.map(\.entry.file.rawValue) == Array(1...10))
        #expect(result.condemnable == [FileID(1), FileID(3), FileID(5)])
        #expect(result.deletable.map(\.file) == [FileID(8)])
    }

    @Test("of several kept versions the one that lasts longest is told")
    func longest() {
        let kept = KeptVersions([
            .young(Version(3), until: 5), .young(Version(4), until: 9), .young(Version(6), until: 7),
            .young(Version(4), until: 8),
        ])
        let result = GarbagePlan(
            garbage: [garbage(1, 2, 6), garbage(2, 6, 7), garbage(3, 8, 9)], kept: kept, filePins: [],
            properties: TableProperties(overrides: ["gc.delayMinutes": "0"]), now: 100 * hour,
            live: { _ in false })
        let equal = KeptVersions([1, 2, 3].map { .young(Version($0), until: 5) })
        #expect(equal.hold(from: Version(0), below: Version(3)) == .young(Version(2), until: 5))
        #expect(result.decisions[0].verdict == .held(.version(.young(Version(4), until: 9))))
        #expect(result.decisions[1].verdict == .held(.version(.young(Version(6), until: 7))))
        #expect(result.decisions[2].verdict == .condemnable)
    }

    @Test("a file that several things hold tells all of them")
    func reasons() {
        let hold = Hold.tag("t", Version(3))
        let result = GarbagePlan(
            garbage: [garbage(1, 2, 6)], kept: KeptVersions([hold]),
            filePins: [
                .init(session: SessionID(8), file: FileID(1)), .init(session: SessionID(9), file: FileID(1)),
                .init(session: SessionID(9), file: FileID(2)),
            ], properties: TableProperties(overrides: ["gc.enabled": "false"]), now: 6 * hour,
            live: { _ in false })
        #expect(
            result.decisions[0].reasons == [
                .disabled, .pinned(SessionID(8)), .pinned(SessionID(9)), .version(hold),
                .delay(until: 6 * hour + 15 * 60_000),
            ])
        #expect(result.free.isEmpty)
    }

    @Test("a removal that a clock ahead has dated waits for that date, unless there is no delay")
    func datedAhead() {
        for (delay, isFree) in [("15", false), ("0", true)] as [(ByteString, Bool)] {
            let result = GarbagePlan(
                garbage: [garbage(1, 2, 9_000)], kept: KeptVersions([]), filePins: [],
                properties: TableProperties(overrides: ["gc.delayMinutes": delay]), now: 10 * hour,
                live: { _ in false })
            #expect(result.decisions[0].reasons.isEmpty == isFree)
        }
    }

    @Test("with collection switched off everything is held")
    func disabled() {
        let result = GarbagePlan(
            garbage: [garbage(1, 0, 1)], kept: KeptVersions([]), filePins: [],
            properties: TableProperties(overrides: ["gc.enabled": "false"]), now: 100 * hour,
            live: { _ in false })
        #expect(result.decisions.map(\.verdict) == [.held(.disabled)])
    }
}
