import Bytes
import Metadata
import Planning
import Platform
import Storage
import Telemetry
import TransactionLog

/// Looks for what nothing refers to, notes since when, and deletes manifests that have been so for long enough.
struct UnreferencedSweep: Sendable {
    /// What one look found.
    struct Finding: Sendable {
        var manifests: ManifestSurvey
        var forgettable: [SessionID]
        /// The note that was in force.
        var note: UnreferencedNote
        /// What the note says after this look.
        var since: [ByteString: Int64]
    }

    let table: Table

    /// Reads only.
    ///
    /// - Parameter heartbeats: of all sessions, read after `state`.
    func look(_ state: TableState, _ heartbeats: [Heartbeat]) throws(StoreError) -> Finding {
        do throws(LogError) {
            let note = try table.log.unreferencedNote()
            let manifests = try table.log.surveyManifests()
            let holders = Set(state.jobs.values.compactMap(\.session)).union(heartbeats.map(\.id))
            let forgettable = state.deadSessions.subtracting(holders).sorted { $0.rawValue < $1.rawValue }
            let names =
                manifests.unreferenced.map(\.name) + manifests.unlistedParts
                + forgettable.map(PurgePicture.name(of:))
            var since = PurgePicture.noted(
                names, known: note.since, now: table.context.clock.nowMilliseconds())
            if manifests.obstacle != nil {
                // Nothing new is known of them.
                since.merge(note.since.filter { !$0.key.hasPrefix("session/") }) { $1 }
            }
            return Finding(manifests: manifests, forgettable: forgettable, note: note, since: since)
        } catch {
            throw StoreError(error)
        }
    }

    /// Writes the finding down. False where another session noted something meanwhile: nothing may be deleted by it.
    func note(_ finding: Finding) throws(StoreError) -> Bool {
        do throws(LogError) {
            return try table.log.replace(finding.note, since: finding.since) != nil
        } catch {
            throw StoreError(error)
        }
    }

    /// One round: how many manifests went.
    func run() throws(StoreError) -> Int {
        let state = try table.refresh()
        let finding = try look(state, table.heartbeats())
        table.log.noteSweep()
        if let obstacle = finding.manifests.obstacle, !finding.manifests.objects.isEmpty {
            table.context.log.info("\(table.name): no manifest is deleted: \(obstacle)")
        }
        guard try note(finding) else { return 0 }
        let limit = table.context.clock.nowMilliseconds() - table.log.minManifestAgeMilliseconds
        let old = finding.manifests.unreferenced.map(\.name).filter { finding.since[$0] ?? .max <= limit }
        do throws(LogError) {
            if let verified = try table.log.newestVerifiedState() {
                try table.log.clearUnfinishedStates(below: verified)
            }
            return try table.log.delete(unreferenced: old).count
        } catch {
            throw StoreError(error)
        }
    }
}
