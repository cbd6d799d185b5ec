import Bytes
import Ingest
import Metadata
import Platform
import Storage
import Tables
import Telemetry

// What sessions that ended have left: none of it was acknowledged, all of it is kept in `rejected/`.

extension StagingArea {
    /// Between two looks for sessions that have ended since.
    private static let recoveryNanoseconds: UInt64 = 60_000_000_000

    func recover() {
        guard !cancellation.isCancelled,
            let top = table.storage.localPath(of: table.key(Self.stagingDirectory)),
            let sessions = try? FileSystemCalls.list(top), let alive = livingSessions()
        else { return }
        var isComplete = true
        for session in sessions where session.name != ownSession {
            if alive.contains(session.name) { isComplete = false } else { recover(top + "/" + session.name) }
        }
        guard !isComplete else { return }
        services.timers.schedule(afterNanoseconds: Self.recoveryNanoseconds) { [weak self] in
            self?.services.commits.submit { [weak self] in self?.recover() }
        }
    }

    private var ownSession: ByteString { ByteString(table.context.session.id.description) }

    /// The sessions that may still copy; nil where that cannot be known.
    private func livingSessions() -> Set<ByteString>? {
        guard let heartbeats = try? table.context.sessions.heartbeats() else { return nil }
        // One look tells which processes of this machine are gone; others are dead once their heartbeat is.
        let observer = SessionObserver()
        return heartbeats.reduce(into: []) { alive, heartbeat in
            if !observer.isCertainlyDead(heartbeat) { alive.insert(ByteString(heartbeat.id.description)) }
        }
    }

    private func recover(_ directory: ByteString) {
        for entry in (try? FileSystemCalls.list(directory)) ?? [] where entry.kind == .regular {
            let localPath = directory + "/" + entry.name
            let size = (try? FileSystemCalls.status(localPath, followLinks: false).sizeBytes) ?? 0
            let file = StagedFile(
                relativePath: StagedBytes.path(ofLocalName: entry.name), localPath: localPath,
                sizeBytes: size,
                requester: IngestRequester(userID: 0, groupID: 0, processID: 0))
            let refusal = IngestRefusal(
                .eintr, .content,
                "the mount ended before the file was closed or renamed; it was not committed",
                path: file.relativePath, remedy: "copy the file again")
            // A commit is one before its staged file is gone: what has a receipt lost nothing.
            if size > 0, table.ingest.receipt(ofContent: localPath) == nil {
                refuse(file, refusal, "close", nil)
                do throws(StorageError) {
                    try table.ingest.reject(file, refusal)
                } catch {
                    table.context.log.error("\(localPath): it could not be kept in rejected/: \(error)")
                    continue
                }
            }
            try? FileSystemCalls.unlink(localPath)
        }
        try? FileSystemCalls.removeDirectory(directory)
    }
}
