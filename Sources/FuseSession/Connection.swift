import Bytes
import CFuse3
import FileTree
import Glibc
import Platform
import Synchronization
import Telemetry

/// One mount's connection to the kernel: requests are handed to the handler, answers written back.
///
/// libfuse gets an unretained pointer to it as its user data; the `FuseSession` keeps it alive until libfuse's session is
/// destroyed and every request is answered.
final class Connection: @unchecked Sendable {
    let handler: any FileSystemHandler
    let device: Int32
    let notifications = NotificationQueue()
    let metrics: RequestMetrics
    let buffers: ReplyBuffers
    let log: Log
    let wantsPassthrough: Bool

    /// Set before the first request is read.
    private(set) var session: OpaquePointer! = nil
    /// Set once, by the thread that reads the opening request, before any other request can come.
    private(set) var offer: InitExchange.Offer?
    private(set) var backing: BackingFiles

    let isInitialised = Atomic(false)
    /// True once the opening exchange is over, or the connection ended before.
    let initialised = Monitor(false)
    /// Requests that wait for their answer.
    let waitingCount = Atomic<Int>(0)

    private let interrupts = Mutex<[UInt64: @Sendable () -> Void]>([:])
    private let interruptCount = Atomic<Int>(0)

    init(
        handler: any FileSystemHandler, device: Int32, wantsPassthrough: Bool, threadCount: Int,
        log: Log
    ) {
        self.handler = handler
        self.device = device
        self.wantsPassthrough = wantsPassthrough
        self.log = log
        metrics = RequestMetrics()
        buffers = ReplyBuffers(keptCount: threadCount)
        backing = BackingFiles(device: device, isOffered: false)
    }

    /// Makes libfuse's session over this connection; `nil` if it refuses.
    func makeSession() -> OpaquePointer? {
        var operations = Self.operations()
        var name = Array("firn".utf8CString)
        let created = name.withUnsafeMutableBufferPointer { name in
            var arguments: [UnsafeMutablePointer<CChar>?] = [name.baseAddress, nil]
            return arguments.withUnsafeMutableBufferPointer { arguments in
                var args = fuse_args(argc: 1, argv: arguments.baseAddress, allocated: 0)
                return fuse_session_new(
                    &args, &operations, MemoryLayout<fuse_lowlevel_ops>.size,
                    Unmanaged.passUnretained(self).toOpaque())
            }
        }
        guard let created else { return nil }
        var io = fuse_custom_io()
        io.read = { descriptor, buffer, count, _ in read(descriptor, buffer, count) }
        io.writev = { descriptor, vectors, count, userdata in
            Connection.of(userdata!).send(descriptor, vectors, count)
        }
        guard fuse_session_custom_io(created, &io, device) == 0 else {
            fuse_session_destroy(created)
            return nil
        }
        session = created
        return created
    }

    static func of(_ userdata: UnsafeMutableRawPointer) -> Connection {
        Unmanaged<Connection>.fromOpaque(userdata).takeUnretainedValue()
    }

    static func of(_ request: fuse_req_t?) -> Connection { of(fuse_req_userdata(request)!) }

    // MARK: The opening exchange

    /// Looks at a request before libfuse does.
    func inspect(_ request: UnsafeRawBufferPointer) {
        guard offer == nil, let offer = InitExchange.Offer(request: request) else { return }
        self.offer = offer
        backing = BackingFiles(device: device, isOffered: wantsPassthrough && offer.hasPassthrough)
    }

    /// Every reply and notification goes out here.
    private func send(_ descriptor: Int32, _ vectors: UnsafeMutablePointer<iovec>?, _ count: Int32) -> Int {
        guard !isInitialised.load(ordering: .acquiring), count == 2, let vectors, let offer else {
            return writev(descriptor, vectors, count)
        }
        let payload = UnsafeMutableRawBufferPointer(start: vectors[1].iov_base, count: vectors[1].iov_len)
        InitExchange.complete(payload, offer: offer, wantsPassthrough: wantsPassthrough)
        let written = writev(descriptor, vectors, count)
        isInitialised.store(true, ordering: .releasing)
        initialised.update { $0 = true }
        return written
    }

    // MARK: Interruptions

    func registerInterrupt(_ request: RequestToken, _ body: @escaping @Sendable () -> Void) {
        interrupts.withLock { $0[request.raw] = body }
        interruptCount.wrappingAdd(1, ordering: .relaxed)
        fuse_req_interrupt_func(
            request.fuse,
            { request, _ in
                // The request is alive here, but its answer may be on its way: whoever takes the closure runs it.
                Connection.of(request).takeInterrupt(UInt64(UInt(bitPattern: request)))?()
            }, nil)
    }

    private func takeInterrupt(_ raw: UInt64) -> (@Sendable () -> Void)? {
        let body = interrupts.withLock { $0.removeValue(forKey: raw) }
        if body != nil { interruptCount.wrappingSubtract(1, ordering: .relaxed) }
        return body
    }

    /// Before the answer, after which libfuse may give the request's address to another.
    func dropInterrupt(_ request: RequestToken) {
        guard interruptCount.load(ordering: .relaxed) > 0 else { return }
        _ = takeInterrupt(request.raw)
    }
}

extension RequestToken {
    /// libfuse's request behind the token.
    var fuse: fuse_req_t { OpaquePointer(bitPattern: UInt(raw))! }
}
