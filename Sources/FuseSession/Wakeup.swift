import Glibc

/// A signal between threads, as a descriptor: raised once it stays raised until it is cleared.
final class Wakeup: Sendable {
    let descriptor: Int32

    init() { descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }
    deinit { close(descriptor) }

    var isValid: Bool { descriptor >= 0 }

    /// May be called from a signal handler.
    func raise() { Self.raise(descriptor) }

    static func raise(_ descriptor: Int32) {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var value: UInt64 = 0
        _ = read(descriptor, &value, 8)
    }

    /// Waits until it is raised; `false` after the time-out.
    func wait(milliseconds: Int32 = -1) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let deadline = monotonicNanoseconds() &+ UInt64(max(0, milliseconds)) * 1_000_000
        while true {
            let left =
                milliseconds < 0 ? -1 : Int32((deadline &- min(deadline, monotonicNanoseconds())) / 1_000_000)
            let ready = poll(&entry, 1, left)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}

/// The monotonic clock, for latencies and time-outs of this module.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
