import Bytes
import FileTree
import FuseSession
import Platform
import Tables
import Telemetry

/// The daemon: opens the store, mounts it, serves until the end, and closes the store.
struct MountService {
    private static let endingSignals: [Signal] = [.terminate, .interrupt, .hangUp]

    let request: MountRequest
    let readyDescriptor: Int32?

    func run() -> Int32 {
        // Before the first thread starts, so that no thread is ended by them.
        // Nor the process by one that means nothing to it.
        Signals.block(Self.endingSignals + [.user1, .user2])
        Processes.limitMemoryPools(to: Thread.processorCount)
        let log = Log.descriptor(level: request.logLevel, clock: SystemClock())
        do {
            let store = try openStore(log)
            let tree = FirnTree(store: store)
            let session: FuseSession
            do {
                session = try FuseSession.mount(
                    tree, at: request.mountPoint, options: request.fuseOptions(realStore: store.root),
                    log: log)
            } catch {
                store.close()
                throw error
            }
            session.stop(on: Self.endingSignals)
            report(.ready)
            Processes.notifyServiceManager("READY=1\nSTATUS=serving \(store.root) on \(request.mountPoint)")
            _ = session.wait()
            Processes.notifyServiceManager("STOPPING=1")
            store.close()
            log.info("the daemon has ended")
            return 0
        } catch let error as MountError {
            return fail(error.description, code: error.exitCode, log)
        } catch {
            return fail("\(error)", code: 32, log)
        }
    }

    private func openStore(_ log: Log) throws -> Store {
        let mountPoint = (try? FileSystemCalls.realPath(request.mountPoint)) ?? request.mountPoint
        var options = StoreOptions(command: "mount " + mountPoint)
        options.log = log
        options.isReadOnly = request.isReadOnly
        options.runsServices = !request.isReadOnly
        options.jobSlots = request.jobSlots
        if let milliseconds = Self.pinMilliseconds { options.versionPinMilliseconds = milliseconds }
        return try Store.open(at: request.store, options: options)
    }

    /// For tests, which cannot wait for a quarter of an hour.
    private static var pinMilliseconds: Int64? {
        Processes.environment("FIRN_TEST_VERSION_PIN_MILLISECONDS").flatMap { Int64($0.display) }.flatMap {
            $0 > 0 ? $0 : nil
        }
    }

    private func fail(_ message: String, code: Int32, _ log: Log) -> Int32 {
        log.error("\(message)")
        report(.failed(exitCode: code, message))
        return code
    }

    /// Tells the waiting parent, once, and lets it go.
    private func report(_ report: MountReadiness.Report) {
        guard let readyDescriptor else { return }
        let end = FileDescriptor(owning: readyDescriptor)
        MountReadiness.send(report, to: end)
    }
}
