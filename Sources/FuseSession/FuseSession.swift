package import Bytes
import CFuse3
package import FileTree
import Glibc
package import Platform
import Synchronization
package import Telemetry

/// A mounted filesystem, served by threads of its own until it is unmounted.
///
/// No thread of this process may touch the mount while it is served: it would wait for itself.
package final class FuseSession: Sendable {
    /// Why serving ended.
    package enum Ending: Equatable, Sendable {
        /// `stop` was called.
        case stopped
        /// Stopped while others had files open: they get errors from now on.
        case stoppedWhileBusy
        /// Somebody unmounted it.
        case unmounted
    }

    private struct State {
        var isStopRequested = false
        var runningThreads = 0
        var threads: [Thread] = []
        var ending: Ending?
    }

    package let mountPoint: ByteString
    private let point: MountPoint
    private let options: MountOptions
    private let connection: Connection
    private let session: SessionPointer
    private let reader: RequestReader
    private let mountDevice: MountDevice
    private let log: Log
    private let state = Monitor(State())

    private init(
        point: MountPoint, options: MountOptions, connection: Connection, session: SessionPointer,
        reader: RequestReader, mountDevice: MountDevice, log: Log
    ) {
        mountPoint = point.path
        self.point = point
        self.options = options
        self.connection = connection
        self.session = session
        self.reader = reader
        self.mountDevice = mountDevice
        self.log = log
    }

    /// Mounts `handler` on a directory and begins to serve. When it returns, the mount is in /proc/self/mountinfo and
    /// answers.
    package static func mount(
        _ handler: any FileSystemHandler, at directory: ByteString, options: MountOptions,
        log: Log = .disabled
    ) throws(MountError) -> FuseSession {
        let point = try MountPoint.prepare(directory, options: options)
        let device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { throw .noDevice(.current) }
        let connection = Connection(
            handler: handler, device: device, wantsPassthrough: options.usesPassthrough,
            threadCount: options.threadCount, log: log)
        // libfuse closes the device with its session, from here on.
        guard let raw = connection.makeSession() else {
            close(device)
            throw .failed(step: "libfuse made no session", .current)
        }
        var isServing = false
        defer { if !isServing { fuse_session_destroy(raw) } }
        guard let reader = RequestReader(device: device, spinMicroseconds: options.spinMicroseconds) else {
            throw .failed(step: "the FUSE device cannot be polled", .current)
        }
        try point.attach(device: device, options)
        guard let entry = point.mount(), reader.watch() else {
            let cause = Errno.current
            point.abandon()
            throw .failed(step: "the mount on \(point.path.display) cannot be watched", cause)
        }
        let session = FuseSession(
            point: point, options: options, connection: connection, session: SessionPointer(raw: raw),
            reader: reader, mountDevice: MountDevice(major: entry.major, minor: entry.minor), log: log)
        isServing = true
        try session.begin()
        return session
    }

    private func begin() throws(MountError) {
        connection.handler.started(connection.notifications)
        state.withLock { $0.runningThreads = options.threadCount }
        let threads = (0..<options.threadCount).map { index in
            Thread.spawn(name: "fuse-\(index)") { [self] in serve() }
        }
        let notifier = Thread.spawn(name: "fuse-notify") { [connection, session] in
            connection.notifications.run(session)
        }
        state.withLock { $0.threads = threads + [notifier] }
        let limit = UInt64(options.handshakeMilliseconds) * 1_000_000
        _ = connection.initialised.wait(atMostNanoseconds: limit) { $0 ? true : nil }
        guard connection.isInitialised.load(ordering: .acquiring) else {
            stop()
            _ = wait()
            throw .noHandshake
        }
        mountDevice.setReadAhead(kibibytes: options.readAheadKiB)
        log.info("mounted on \(mountPoint.display): \(capabilities)")
    }

    /// What each serving thread does.
    private func serve() {
        // A request of 1 MiB of data and its header; page-aligned, as the kernel copies pages.
        let size = (1 << 20) + (64 << 10)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
        defer { buffer.deallocate() }
        while let count = reader.next(into: buffer) {
            if !connection.isInitialised.load(ordering: .relaxed) {
                connection.inspect(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            var request = fuse_buf()
            request.mem = buffer.baseAddress
            request.size = count
            fuse_session_process_buf(session.raw, &request)
        }
        connection.initialised.update { $0 = true }
        state.update { $0.runningThreads -= 1 }
    }

    /// Asks for the end: unmounts, then `wait` returns. May be called from any thread, any number of times.
    package func stop() { state.update { $0.isStopRequested = true } }

    /// Calls `stop` when one of `signals` comes; they must be blocked in all threads (`Signals.block`).
    package func stop(on signals: [Signal]) {
        _ = Thread.spawn(name: "fuse-signals") { [weak self] in
            let signal = Signals.wait(for: signals)
            guard let self, let signal else { return }
            log.info("ending on signal \(signal.rawValue)")
            stop()
        }
    }

    /// Waits until the mount has ended, by `stop` or by umount(8), and clears up. Requests that were taken up are answered
    /// before it returns. Later calls return the same at once.
    package func wait() -> Ending {
        let isStop = state.wait { state -> Bool? in
            state.runningThreads == 0 ? false : state.isStopRequested ? true : nil
        }
        let threads = state.withLock { state in
            defer { state.threads = [] }
            return state.threads
        }
        guard !threads.isEmpty else { return state.wait { $0.ending } ?? .unmounted }
        connection.handler.stopping()
        let ending: Ending = isStop == true ? unmount() : .unmounted
        reader.stop()
        connection.notifications.close()
        for thread in threads { thread.join() }
        clearUp()
        log.info("unmounted \(mountPoint.display)")
        state.update { $0.ending = ending }
        return ending
    }

    /// The serving threads still run meanwhile, since what umount(2) flushes are requests.
    private func unmount() -> Ending {
        let isClean = point.detach(device: mountDevice)
        // The end of the connection ends the threads; a second of grace covers releases that come after the unmount.
        _ = state.wait(atMostNanoseconds: 1_000_000_000) { $0.runningThreads == 0 ? true : nil }
        return isClean ? .stopped : .stoppedWhileBusy
    }

    private func clearUp() {
        let deadline = SystemClock().monotonicNanoseconds() + UInt64(options.drainMilliseconds) * 1_000_000
        while connection.waitingCount.load(ordering: .acquiring) > 0 {
            guard SystemClock().monotonicNanoseconds() < deadline else {
                // Their answers need libfuse's session: better a leak at the end than a crash.
                log.error("requests were left without an answer at the unmount")
                _ = Unmanaged.passRetained(connection)
                return
            }
            Thread.sleep(nanoseconds: 2_000_000)
        }
        fuse_session_destroy(session.raw)
        connection.handler.stopped()
    }
}

extension FuseSession {
    /// What was agreed on with the kernel, and how it works out.
    package var capabilities: FuseCapabilities {
        let offer = connection.offer
        let outcome = connection.backing.outcome
        let dataPath: FuseCapabilities.DataPath =
            if let refusal = outcome.refusal {
                .refused(Errno(rawValue: refusal))
            } else if options.usesPassthrough, offer?.hasPassthrough ?? false {
                .passthrough(opens: outcome.granted)
            } else {
                .copy
            }
        return FuseCapabilities(
            protocolMajor: offer?.protocolMajor ?? 0, protocolMinor: offer?.protocolMinor ?? 0,
            dataPath: dataPath, looksUpInParallel: offer?.hasParallelLookups ?? false)
    }

    /// Counts and times of requests by operation.
    package var metrics: RequestMetrics { connection.metrics }
}
