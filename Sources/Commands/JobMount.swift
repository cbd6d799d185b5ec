import Bytes
import Metadata
import Platform
import Tables

/// A mount on this machine that runs a job, or would.
struct JobMount {
    let path: ByteString
    private let control: ByteString

    /// A job that waits may be taken by a mount while others are told to hold it.
    private static let attempts = 3

    /// Lets the mounts hold a job, or go on with it; those that were told, or would be.
    static func perform(
        _ verb: JobVerb, on word: ByteString, _ table: Table, _ store: Store, dryRun: Bool
    ) throws -> [JobMount] {
        var attempt = 1
        while true {
            let mounts = try find(word, table, store)
            if dryRun { return mounts }
            do {
                for mount in mounts { try mount.write(verb.rawValue) }
                return mounts
            } catch {
                attempt += 1
                guard attempt <= attempts else { throw error }
                try table.refresh()
            }
        }
    }

    private static func find(_ word: ByteString, _ table: Table, _ store: Store) throws -> [JobMount] {
        let job = Hex.parse(word.bytes).flatMap { table.state.jobs[JobID($0)] }
        guard let job else { throw CommandFailure("there is no job \(word): it has ended, or never was") }
        let source = "firn:" + store.root
        let mounts = try Processes.mounts().filter { $0.source == source && $0.type.hasPrefix("fuse") }
        guard let session = job.session else {
            if mounts.isEmpty {
                throw CommandFailure(
                    "the store is not mounted here: a pause needs a mount that would run job \(job.id)")
            }
            return mounts.map { JobMount($0, job.id, table) }
        }
        let command = store.heartbeat(of: session)?.command
        guard let mount = mounts.first(where: { command == "mount " + $0.mountPoint }) else {
            throw CommandFailure(
                "job \(job.id) is run by session \(session), which is no mount of the store here")
        }
        return [JobMount(mount, job.id, table)]
    }

    private init(_ mount: MountEntry, _ job: JobID, _ table: Table) {
        path = mount.mountPoint
        control = path + "/" + table.name + "/compact/" + ByteString(job.description) + "/ctl"
    }

    private func write(_ command: String) throws {
        do throws(Errno) {
            try FileDescriptor.open(control, [.writeOnly]).write(Array((command + "\n").utf8))
        } catch {
            throw CommandFailure("\(control): \(error.message); the mount's file errors says why")
        }
    }
}
