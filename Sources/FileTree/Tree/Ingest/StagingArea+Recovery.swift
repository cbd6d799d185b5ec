import Bytes
import Ingest
import Metadata
import Platform
import Storage
import Tables
import Telemetry

// What sessions that ended have left: none of it was acknowledged, all of it is kept in `rejected/`.

extension StagingArea {
    func recover() {
        let own = ByteString(table.context.session.id.description)
        guard let top = table.storage.localPath(of: table.key(Self.stagingDirectory)),
            let sessions = try? FileSystemCalls.list(top),
            let alive = try? table.context.sessions.heartbeats().map({ ByteString($0.id.description) })
        else { return }
        for session in sessions where session.name != own && !alive.contains(session.name) {
            recover(top + "/" + session.name)
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
            if size > 0 {
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
