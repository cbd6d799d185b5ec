import Platform
import Synchronization
import Testing

@Suite("Threads")
struct ThreadTests {
    @Test("a thread runs its body and can be waited for")
    func joins() {
        let done = Atomic<Bool>(false)
        let thread = Thread.spawn(name: "a-thread") {
            Thread.sleep(nanoseconds: 1_000_000)
            done.store(true, ordering: .relaxed)
        }
        thread.join()
        thread.join()
        let ran = done.load(ordering: .relaxed)
        #expect(ran)
    }

    @Test("one waits for what another changes, until its deadline")
    func monitor() {
        let monitor = Monitor(0)
        let thread = Thread.spawn(name: "adder") { for _ in 0..<100 { monitor.update { $0 += 1 } } }
        #expect(monitor.wait { $0 >= 100 ? $0 : nil } == 100)
        thread.join()
        let start = SystemClock().monotonicNanoseconds()
        #expect(monitor.wait(atMostNanoseconds: 5_000_000) { $0 > 100 ? $0 : nil } == nil)
        #expect(SystemClock().monotonicNanoseconds() - start >= 5_000_000)
    }

    @Test("a pool does all that was submitted, and shutdown drains it")
    func pool() {
        let sum = Atomic<Int>(0)
        for capacity in [1, 3, Int.max] {
            sum.store(0, ordering: .relaxed)
            let pool = WorkerPool(name: "pool", threadCount: 3, capacity: capacity)
            for value in 1...2_000 { pool.submit { sum.wrappingAdd(value, ordering: .relaxed) } }
            pool.shutdown()
            let total = sum.load(ordering: .relaxed)
            #expect(total == 2_001_000)
            #expect(!pool.submit { sum.wrappingAdd(1, ordering: .relaxed) })
        }
    }

    @Test("one thread keeps the order; a full queue refuses where waiting is not wanted")
    func order() {
        let pool = WorkerPool(name: "pool", threadCount: 1, capacity: 2)
        let gate = Monitor(false)
        let seen = Mutex<[Int]>([])
        pool.submit { _ = gate.wait { $0 ? true : nil } }
        while pool.load.running == 0 { Thread.sleep(nanoseconds: 100_000) }
        #expect(pool.trySubmit { seen.withLock { $0.append(1) } })
        #expect(pool.trySubmit { seen.withLock { $0.append(2) } })
        #expect(!pool.trySubmit { seen.withLock { $0.append(3) } })
        gate.update { $0 = true }
        pool.waitUntilIdle()
        let order = seen.withLock { $0 }
        #expect(order == [1, 2])
        #expect(pool.load == (0, 0))
        pool.shutdown()
    }

    @Test("timers fire in the order of their times, and not once they are cancelled")
    func timers() {
        let timers = TimerQueue()
        let fired = Monitor<[Int]>([])
        timers.schedule(afterNanoseconds: 30_000_000) { fired.update { $0.append(3) } }
        let cancelled = timers.schedule(afterNanoseconds: 10_000_000) { fired.update { $0.append(9) } }
        timers.schedule(afterNanoseconds: 20_000_000) { fired.update { $0.append(2) } }
        timers.schedule(afterNanoseconds: 0) { fired.update { $0.append(1) } }
        #expect(cancelled.cancel())
        #expect(!cancelled.cancel())
        #expect(fired.wait(atMostNanoseconds: 5_000_000_000) { $0.count == 3 ? $0 : nil } == [1, 2, 3])
        timers.schedule(afterNanoseconds: 3_600_000_000_000) { fired.update { $0.append(4) } }
        timers.shutdown()
        #expect(fired.withLock { $0.count } == 3)
    }

    @Test("cancelling a parent cancels its children, not the other way round")
    func cancellation() {
        let parent = Cancellation()
        let child = Cancellation(parent: parent)
        let other = Cancellation(parent: parent)
        child.cancel()
        #expect(child.isCancelled && !parent.isCancelled && !other.isCancelled)
        #expect(throws: CancellationError.self) { try child.check() }
        #expect(throws: Never.self) { try other.check() }
        parent.cancel()
        #expect(throws: CancellationError.self) { try other.check() }
    }
}
