import CFuse3
import Glibc
import Platform
import Synchronization

/// Reads requests from the kernel, on as many threads as serve.
///
/// The device does not block. A thread that finds nothing looks again for a short while (only one thread at a time does,
/// and it lets others run in between), since the next request of a lone client comes within microseconds of the last
/// answer; then it sleeps. Sleepers share one epoll set, which wakes the one that fell asleep last: its caches are warm.
final class RequestReader: Sendable {
    private let device: Int32
    private let pollSet: Int32
    /// An event descriptor, readable once reading is to stop.
    private let stopping: Int32
    private let isStopped = Atomic(false)
    private let hasSpinner = Atomic(false)
    private let spinNanoseconds: UInt64

    /// `nil` when the system has no more descriptors.
    init?(device: Int32, spinMicroseconds: Int) {
        self.device = device
        spinNanoseconds = UInt64(spinMicroseconds) * 1000
        pollSet = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopping = eventfd(0, Int32(EFD_CLOEXEC))
        guard pollSet >= 0, stopping >= 0 else { return nil }
    }

    deinit {
        if pollSet >= 0 { close(pollSet) }
        if stopping >= 0 { close(stopping) }
    }

    /// Begins to watch the device, which must be mounted: before that it has no queue to wait on, and whoever watched it
    /// would never be woken. `false` when the system has no more room.
    func watch() -> Bool {
        for descriptor in [device, stopping] {
            var event = epoll_event()
            event.events = EPOLLIN.rawValue
            event.data.fd = descriptor
            guard epoll_ctl(pollSet, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return false }
        }
        return fcntl(device, F_SETFL, fcntl(device, F_GETFL) | O_NONBLOCK) == 0
    }

    /// Makes every `next` return `nil`, now and later.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        eventfd_write(stopping, 1)
    }

    /// The next request, read into `buffer`: its size, or `nil` when the connection ended or reading was stopped.
    func next(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while !isStopped.load(ordering: .relaxed) {
            switch read(buffer) {
            case .request(let size): return size
            case .ended: return nil
            case .nothing: break
            }
            if let size = spin(buffer) { return size < 0 ? nil : size }
            var event = epoll_event()
            _ = epoll_wait(pollSet, &event, 1, -1)
        }
        return nil
    }

    private enum Outcome {
        case request(Int)
        case nothing
        case ended
    }

    private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        while true {
            let size = Glibc.read(device, buffer.baseAddress, buffer.count)
            if size > 0 { return .request(size) }
            if size == 0 { return .ended }
            switch errno {
            case EINTR, ENOENT: continue  // ENOENT: the request was taken back before it was read
            case EAGAIN: return .nothing
            default: return .ended
            }
        }
    }

    /// The size of a request that came while looking, -1 at the end of the connection, `nil` when none came.
    private func spin(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard spinNanoseconds > 0,
            hasSpinner.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        else { return nil }
        defer { hasSpinner.store(false, ordering: .releasing) }
        let deadline = SystemClock().monotonicNanoseconds() + spinNanoseconds
        repeat {
            sched_yield()
            switch read(buffer) {
            case .request(let size): return size
            case .ended: return -1
            case .nothing: break
            }
        } while SystemClock().monotonicNanoseconds() < deadline
        return nil
    }
}
