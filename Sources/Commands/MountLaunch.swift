import Bytes
import FuseSession
import Platform

/// Starts the daemon in the background and waits for its word.
enum MountLaunch {
    /// Returns when the mount answers, or with the daemon's reason why it does not.
    static func inBackground(_ request: MountRequest, _ console: Console) -> Int32 {
        do {
            let report = try launch(request)
            switch report {
            case .ready: return 0
            case .failed(let code, let message):
                console.note("firn: \(message)")
                return code
            }
        } catch let failure as CommandFailure {
            console.note("firn: \(failure)")
            return 32
        } catch {
            console.note("firn: the daemon cannot be started: \(error)")
            return 32
        }
    }

    private static func launch(_ request: MountRequest) throws -> MountReadiness.Report {
        // Said here, because the log would be made in it.
        guard let status = try? FileSystemCalls.status(request.store) else {
            throw CommandFailure("the store \(request.store) does not exist. Make it with `mkdir`.")
        }
        guard status.isDirectory else {
            throw CommandFailure("the store \(request.store) is not a directory.")
        }
        let logPath = request.logPath ?? request.store + "/_firn.log"
        let output: FileDescriptor
        do {
            output = try FileDescriptor.open(logPath, [.writeOnly, .create, .append], permissions: 0o640)
        } catch let error {
            throw CommandFailure("the log \(logPath) cannot be opened: \(error.message)")
        }
        let readiness = try MountReadiness()
        let executable = try Processes.executablePath()
        let arguments = request.arguments(ready: readiness.child.rawValue)
        _ = try Processes.launchInBackground(
            executable, arguments: arguments, output: output, keeping: readiness.child)
        return readiness.receive()
    }
}
