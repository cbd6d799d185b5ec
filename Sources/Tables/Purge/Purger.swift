import Bytes
import Metadata
package import Planning
import Platform
import Storage
import Telemetry
import TransactionLog

/// Deletes what nothing needs any more and has not for some time: versions, manifests, garbage, and files that no
/// version knows.
///
/// The plan is the same with and without carrying it out. Carrying it out looks at each item again right before:
/// what somebody needs by then is left, what somebody else deleted is passed over.
package struct Purger: Sendable {
    /// How it goes on.
    package struct Progress: Hashable, Sendable, CustomStringConvertible {
        package var done: Int
        package var total: Int
        package var kind: PurgePlan.Kind
        package var description: String { "\(done) of \(total): \(kind.rawValue)s" }
    }

    /// What became of the items.
    package struct Outcome: Sendable {
        package var plan: PurgePlan
        package var deleted: [PurgePlan.Item] = []
        /// Needed by then, or gone already.
        package var passedOver: [PurgePlan.Item] = []
        /// Sentences.
        package var obstacles: [String] = []
        package var deletedBytes: Int64 { deleted.reduce(0) { $0 + $1.sizeBytes } }
    }

    /// Items between two looks at what has changed.
    private static let batchCount = 1_000
    /// Between two batches, so that whoever reads gets a turn.
    private static let pauseNanoseconds: UInt64 = 10_000_000

    private let table: Table
    private let pause: @Sendable (_ nanoseconds: UInt64) -> Void

    package init(
        table: Table,
        pause: @escaping @Sendable (_ nanoseconds: UInt64) -> Void = { Thread.sleep(nanoseconds: $0) }
    ) {
        self.table = table
        self.pause = pause
    }

    /// What would go, as of now. Changes nothing.
    package func plan(_ age: PurgeAge) throws(StoreError) -> PurgePlan {
        try checkOwn()
        return PurgePlan(try PurgeSurvey(table: table).picture(age: age.milliseconds).0)
    }

    /// Carries the plan out.
    package func run(
        _ age: PurgeAge, progress: (Progress) -> Void = { _ in }
    ) throws(StoreError) -> Outcome {
        try checkOwn()
        try table.checkWritable()
        try table.publishPins()
        let (picture, finding) = try PurgeSurvey(table: table).picture(age: age.milliseconds)
        let plan = PurgePlan(picture)
        var outcome = Outcome(plan: plan)
        let isNoted = try UnreferencedSweep(table: table).note(finding)
        var done = 0
        for kind in PurgePlan.Kind.allCases {
            let items = plan.items.filter { $0.kind == kind }
            if !isNoted, kind == .manifest || kind == .session, !items.isEmpty {
                outcome.obstacles.append("another purge is under way, and deletes the manifests")
                outcome.passedOver += items
                done += items.count
                continue
            }
            for batch in items.batches(of: Self.batchCount) {
                progress(Progress(done: done, total: plan.items.count, kind: kind))
                if done > 0 { pause(Self.pauseNanoseconds) }
                let gone = try delete(batch, kind, of: plan, &outcome.obstacles)
                outcome.deleted += batch.filter { gone.contains($0.name) }
                outcome.passedOver += batch.filter { !gone.contains($0.name) }
                done += batch.count
            }
        }
        // What the states that went alone named counts from now.
        if !outcome.deleted.isEmpty { try noteAgain() }
        return outcome
    }

    private func checkOwn() throws(StoreError) {
        guard table.isForeign else { return }
        let provider = table.state.definition.provider
        throw StoreError(
            .erofs,
            "the table \(table.name) was written by \(provider) and is read-only: purge it with \(provider)")
    }

    private func noteAgain() throws(StoreError) {
        let sweep = UnreferencedSweep(table: table)
        if let verified = try verifiedState() { try clearUnfinishedStates(below: verified) }
        _ = try sweep.note(try sweep.look(try table.refresh(), try table.heartbeats()))
    }

    // MARK: One batch of a kind

    /// The names of those that are gone.
    private func delete(
        _ batch: [PurgePlan.Item], _ kind: PurgePlan.Kind, of plan: PurgePlan, _ obstacles: inout [String]
    ) throws(StoreError) -> Set<ByteString> {
        switch kind {
        case .state, .versionFile: return try expire(batch, kind, of: plan, &obstacles)
        case .checkpoint: return try deleteCheckpoints(batch, of: plan)
        case .manifest: return try deleteManifests(batch)
        case .dataFile:
            var outcome = GarbageCollector.Outcome()
            let gone = Set(
                try GarbageCollector(table: table).delete(
                    batch.compactMap(\.file), keeping: plan.waiting, &outcome))
            return Set(batch.filter { $0.file.map(gone.contains) ?? false }.map(\.name))
        case .orphan: return try deleteOrphans(batch, of: plan)
        case .session: return try forget(batch)
        }
    }

    private func expire(
        _ batch: [PurgePlan.Item], _ kind: PurgePlan.Kind, of plan: PurgePlan, _ obstacles: inout [String]
    ) throws(StoreError) -> Set<ByteString> {
        let state = try table.refresh()
        let now = table.context.clock.nowMilliseconds()
        let history = try table.history(of: state, now: now, cutoff: plan.cutoff)
        let retention = try table.retention(
            of: state, history: history, pins: table.versionPins(try table.heartbeats()), now: now)
        let free = Set(
            (kind == .state ? retention.states : retention.versionFiles).filter {
                $0.hold == nil && $0.unneededSince ?? .max <= plan.cutoff
            }.map(\.version))
        let versions = batch.compactMap(\.version).filter(free.contains)
        do throws(LogError) {
            let expired = try table.log.expire(
                states: kind == .state ? versions : [], versionFiles: kind == .versionFile ? versions : [])
            if let obstacle = expired.obstacle { obstacles.append(obstacle) }
            let gone = Set(expired.states + expired.versionFiles)
            return Set(batch.filter { $0.version.map(gone.contains) ?? false }.map(\.name))
        } catch {
            throw StoreError(error)
        }
    }

    private func deleteCheckpoints(
        _ batch: [PurgePlan.Item], of plan: PurgePlan
    ) throws(StoreError) -> Set<ByteString> {
        var picture = try emptyPicture(of: plan)
        try PurgeSurvey(table: table).addLog(try table.refresh(), try table.heartbeats(), to: &picture)
        picture.since = Dictionary(
            plan.items.filter { $0.kind == .checkpoint }.map { ($0.name, $0.since) }, uniquingKeysWith: { $1 }
        )
        let free = Set(PurgePlan(picture).items.filter { $0.kind == .checkpoint }.map(\.name))
        return try deleteObjects(batch.map(\.name).filter(free.contains))
    }

    private func emptyPicture(of plan: PurgePlan) throws(StoreError) -> PurgePicture {
        let state = try table.refresh()
        return PurgePicture(
            version: state.version, now: table.context.clock.nowMilliseconds(), cutoff: plan.cutoff,
            properties: state.properties, minManifestAge: table.log.minManifestAgeMilliseconds)
    }

    /// Deletes objects of the table, in order.
    private func deleteObjects(_ names: [ByteString]) throws(StoreError) -> Set<ByteString> {
        do throws(StorageError) {
            for name in names { try table.storage.delete(table.key(name)) }
        } catch {
            throw StoreError(error)
        }
        return Set(names)
    }

    private func deleteManifests(_ batch: [PurgePlan.Item]) throws(StoreError) -> Set<ByteString> {
        do throws(LogError) {
            let directory = PurgeSurvey.logDirectory
            let names = batch.map { ByteString(Array($0.name.bytes.dropFirst(directory.count))) }
            return Set(try table.log.delete(unreferenced: names).map { directory + $0 })
        } catch {
            throw StoreError(error)
        }
    }

    private func deleteOrphans(_ batch: [PurgePlan.Item], of plan: PurgePlan) throws(StoreError) -> Set<
        ByteString
    > {
        let survey = PurgeSurvey(table: table)
        var picture = try emptyPicture(of: plan)
        picture.strangers = try survey.strangers(batch.map(\.name), to: try table.refresh())
        picture.writers = survey.writers(try table.heartbeats())
        return try deleteObjects(PurgePlan(picture).items.map(\.name))
    }

    private func forget(_ batch: [PurgePlan.Item]) throws(StoreError) -> Set<ByteString> {
        let alive = Set(try table.heartbeats().map(\.id))
        var forgotten: [SessionID] = []
        try table.commitMaintenance { state in
            let holders = Set(state.jobs.values.compactMap(\.session))
            forgotten = batch.compactMap(\.session).filter {
                state.deadSessions.contains($0) && !holders.contains($0) && !alive.contains($0)
            }
            guard !forgotten.isEmpty else { return nil }
            return TransactionBody(
                "FORGET SESSIONS", forgotten.map { .sessionIsDead($0) },
                [.operation(.forgetSessions(forgotten))])
        }
        return Set(forgotten.map { ByteString($0.description) })
    }

    private func verifiedState() throws(StoreError) -> Version? {
        do throws(LogError) {
            return try table.log.newestVerifiedState()
        } catch {
            throw StoreError(error)
        }
    }

    private func clearUnfinishedStates(below version: Version) throws(StoreError) {
        do throws(LogError) {
            try table.log.clearUnfinishedStates(below: version)
        } catch {
            throw StoreError(error)
        }
    }
}

extension PurgePlan.Item {
    fileprivate var version: Version? { if case .version(let version) = id { version } else { nil } }
    fileprivate var file: FileID? { if case .file(let file) = id { file } else { nil } }
    fileprivate var session: SessionID? { if case .session(let session) = id { session } else { nil } }
}
