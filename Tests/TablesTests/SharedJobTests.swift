import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing

@Suite("Jobs of which other sessions tell")
struct SharedJobTests {
    private func scene() throws -> (scene: CollectorTable, other: CollectorTable.Process, jobs: [JobID]) {
        let scene = try CollectorTable()
        let files = try scene.add(3)
        for (number, file) in files.enumerated() {
            let job = Job(
                id: JobID(UInt64(number + 1)), partition: PartitionID(""), inputs: [file.id],
                status: number == 2 ? .running : .waiting,
                session: number == 2 ? scene.collector.store.session.id : nil, strategy: "requested",
                reason: "requested: 1 file")
            try scene.table.commit("REQUEST COMPACTION", actions: [.operation(.putJob(job))])
        }
        return (scene, try scene.open(seed: 2), [JobID(1), JobID(2), JobID(3)])
    }

    private func phases(_ table: Table, _ jobs: [JobID]) -> [JobPhase?] {
        let views = table.jobViews()
        return jobs.map { id in
            let view = table.jobView(id)
            #expect(views.first { $0.job.id == id }?.phase == view?.phase)
            return view?.phase
        }
    }

    @Test("a pause is seen by others at once, of a job or of the table, and so is its end")
    func pauses() throws {
        let (scene, other, jobs) = try scene()
        #expect(phases(other.table, jobs) == [.waiting, .waiting, .assigned])
        try scene.table.setCompactionPaused(true, jobs[0])
        #expect(phases(scene.table, jobs) == [.paused, .waiting, .assigned])
        #expect(phases(other.table, jobs) == [.paused, .waiting, .assigned])
        #expect(other.table.jobView(jobs[0])?.reason == "paused in test 1")
        scene.table.setCompactionPaused(true)
        #expect(phases(other.table, jobs).prefix(2) == [.paused, .paused])
        scene.table.setCompactionPaused(false)
        #expect(phases(other.table, jobs) == [.paused, .waiting, .assigned])
        try scene.table.setCompactionPaused(false, jobs[0])
        #expect(phases(other.table, jobs) == [.waiting, .waiting, .assigned])
    }

    @Test("a job that runs is seen by others to be held as soon as it is")
    func running() throws {
        let rows = try RowTable()
        for _ in 0..<2 { try rows.ingest(0..<10) }
        let table = rows.table
        table.events.observe { [weak table] in
            guard let table, let job = table.state.jobs.values.first, job.status == .running else { return }
            let text = String(decoding: table.events.read(at: 0, count: 1 << 20), as: UTF8.self)
            if text.contains("job assigned"), !table.compactor.pauses.jobs.contains(job.id) {
                try? table.setCompactionPaused(true, job.id)
            }
        }
        let id = try #require(try table.compactor.request(partitions: [PartitionID("")]).first)
        table.compactor.start()
        for _ in 0..<10_000 where table.jobView(id)?.phase != .paused {
            Thread.sleep(nanoseconds: 1_000_000)
        }
        let other = try Store.open(
            storage: rows.storage, root: rows.directory.path,
            options: StoreOptions(
                clock: rows.clock, entropy: SeededEntropy(seed: 6), isReadOnly: true, command: "test"))
        defer { other.close() }
        let view = try #require(try other.table("t").jobView(id))
        #expect(view.phase == .paused && view.job.status == .running && !view.isOwn)
        #expect(throws: CompactionRefusal.self) { try other.table("t").setCompactionPaused(true, id) }
    }

    @Test("a job of another session is not this one's to pause")
    func othersJob() throws {
        let (_, other, jobs) = try scene()
        #expect(throws: CompactionRefusal.self) { try other.table.setCompactionPaused(true, jobs[2]) }
        #expect(throws: CompactionRefusal.self) { try other.table.setCompactionPaused(false, jobs[2]) }
    }

    @Test("a pause of a process that is gone holds nothing any more")
    func gone() throws {
        let (scene, other, jobs) = try scene()
        var dead = Heartbeat(
            id: SessionID(0xDD), counter: 1, host: "host", boot: Processes.idSpace(),
            processID: Processes.currentID, processStart: 1, command: "mount", startedAtMilliseconds: 0)
        dead.work["t"] = CompactionWork(pauses: JobPauses(jobs: [jobs[0]]))
        try SessionDirectory(storage: scene.memory).publish(dead)
        #expect(phases(other.table, jobs).first == .waiting)
    }

    @Test("a session that holds a job and has no heartbeat is dead after a minute")
    func unheard() throws {
        let (scene, _, jobs) = try scene()
        let stranger = SessionID(0xBAD)
        var job = try #require(scene.table.state.jobs[jobs[0]])
        (job.status, job.session) = (.running, stranger)
        try scene.table.commit("ASSIGN COMPACTION", actions: [.operation(.putJob(job))])
        let own = scene.collector.store.session.id
        let process = try CollectorTable.Process(
            scene.memory, scene.directory, seed: 3, watchesSessions: true)
        process.clock.advance(milliseconds: 6_000)
        Thread.sleep(nanoseconds: 500_000_000)
        #expect(!process.table.state.deadSessions.contains(stranger))
        for _ in 0..<1_000 where !process.table.state.deadSessions.contains(stranger) {
            process.clock.advance(milliseconds: 6_000)
            try scene.collector.store.session.beat()
            Thread.sleep(nanoseconds: 20_000_000)
        }
        let state = try process.table.refresh()
        #expect(state.deadSessions == [stranger] && state.jobs[jobs[0]]?.status == .waiting)
        #expect(state.jobs[jobs[2]]?.session == own)
    }
}
