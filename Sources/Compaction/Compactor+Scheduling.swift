import Metadata
import Platform
import Synchronization

/// The thread that looks for work, and the threads that do it.
extension Compactor {
    /// Begins to work in the background.
    package func start() {
        let isNew = state.withLock { state in
            guard !state.isStarted, !state.isStopped else { return false }
            state.isStarted = true
            return true
        }
        guard isNew else { return }
        let thread = Thread.spawn(name: "compactor") { [self] in schedule() }
        state.withLock { $0.scheduler = thread }
    }

    /// Ends the work: attempts are stopped and their jobs released, so that another session can take them.
    ///
    /// Returns once nothing runs any more. Not to be called by an event's receiver.
    package func stop() {
        let (live, scheduler) = state.update { state in
            state.isStopped = true
            return (state.live.values, state.scheduler)
        }
        for job in live { job.requestStop(.stopping) }
        scheduler?.join()
        // Taken while the flag was set.
        for job in state.withLock({ $0.live.values }) { job.requestStop(.stopping) }
        for worker in state.withLock({ $0.workers.values }) { worker.join() }
        _ = state.wait { $0.live.isEmpty ? true : nil }
        dropKept(all: true)
    }

    private func schedule() {
        var lookedAt = SystemClock().monotonicNanoseconds()
        while true {
            let (seen, isStopped) = state.withLock { ($0.wakeCount, $0.isStopped) }
            if isStopped { return }
            // What moves no row needs no slot.
            assigning.withLock { _ in look() }
            startJobs()
            let limit = min(options.lookNanoseconds, untilNextAttempt())
            _ = state.wait(atMostNanoseconds: limit) { state in
                state.isStopped || state.wakeCount != seen ? true : nil
            }
            let now = SystemClock().monotonicNanoseconds()
            guard now >= lookedAt + options.lookNanoseconds else { continue }
            lookedAt = now
            dropKept()
            // What could not begin, and what has aged since: quiet partitions too.
            let milliseconds = context.clock.nowMilliseconds()
            state.withLock { $0.changed?.formUnion($0.queue.dueForALook(now: milliseconds)) }
        }
    }

    /// Begins jobs as long as there are slots and work.
    private func startJobs() {
        while !state.withLock({ $0.isStopped }), context.slots.tryTake() {
            guard let live = takeNext(Search()) else {
                context.slots.release()
                return
            }
            let thread = Thread.spawn(name: "compaction", stackBytes: 8 << 20) { [self] in
                Thread.lowerPriority(to: 10)
                run(live)
                context.slots.release()
            }
            state.withLock { state in
                if state.live[live.job.id] != nil { state.workers[live.job.id] = thread }
            }
        }
    }

    /// How long until a job that failed may be tried again.
    private func untilNextAttempt() -> UInt64 {
        let now = context.clock.monotonicNanoseconds()
        return state.withLock { state in
            let next = state.notBefore.values.map(\.nanoseconds).filter { $0 > now }.min()
            return next.map { $0 - now + 1_000_000 } ?? .max
        }
    }
}
