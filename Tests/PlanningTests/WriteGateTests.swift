import Planning
import TestKit
import Testing

/// Writers that each write again as soon as they are answered, on a clock that jumps from one event to the next.
private struct Writers {
    struct Writer {
        var cost: Int
        var passedBytes = 0
        var longestWait: UInt64 = 0
    }

    var gate: WriteGate
    var writers: [Writer]
    var now: UInt64 = 1_000_000_000
    /// Whose write waits under which ticket.
    private var waiting: [WriteGate.Ticket: Int] = [:]
    var order: [Int] = []

    init(rate: Double?, floor: Double = 65_536, costs: [Int]) {
        gate = WriteGate(floorRate: floor)
        gate.setRate(rate, nowNanoseconds: now)
        writers = costs.map { Writer(cost: $0) }
    }

    mutating func start() { for index in writers.indices { write(index) } }

    /// Writes until a write has to wait.
    private mutating func write(_ index: Int) {
        var count = 0
        while gate.tryPass(writers[index].cost, nowNanoseconds: now), count < 1_000 {
            writers[index].passedBytes += writers[index].cost
            count += 1
        }
        waiting[gate.queue(writers[index].cost, nowNanoseconds: now)] = index
    }

    mutating func run(seconds: UInt64) {
        let end = now + seconds * 1_000_000_000
        while let wait = gate.nanosecondsUntilDue(nowNanoseconds: now), now + wait <= end {
            now += max(wait, 1)
            for passed in gate.passDue(nowNanoseconds: now) {
                guard let index = waiting.removeValue(forKey: passed.ticket) else { continue }
                writers[index].passedBytes += writers[index].cost
                writers[index].longestWait = max(writers[index].longestWait, passed.waitedNanoseconds)
                order.append(index)
                write(index)
            }
        }
        now = end
    }
}

@Suite("The gate of writes")
struct WriteGateTests {
    @Test(
        "what passes together is what the rate allows",
        arguments: [(1, 1 << 20), (1, 4_096), (4, 131_072), (16, 4_096), (3, 1 << 20)])
    func throughput(writers: Int, cost: Int) {
        let rate: Double = 4 * 1_024 * 1_024
        var test = Writers(rate: rate, costs: Array(repeating: cost, count: writers))
        test.start()
        test.run(seconds: 60)
        let passed = test.writers.reduce(0) { $0 + $1.passedBytes }
        let allowed = rate * 60
        // A tenth of a second may be saved up, and one write each be owed.
        #expect(Double(passed) <= allowed + rate / 10 + Double(cost), "\(passed)")
        #expect(Double(passed) >= allowed - Double(cost * writers), "\(passed)")
    }

    @Test("writers of one kind take turns")
    func turns() {
        var test = Writers(rate: 1_024 * 1_024, costs: Array(repeating: 65_536, count: 5))
        test.start()
        test.run(seconds: 10)
        #expect(test.order.count > 100)
        for (index, writer) in test.order.enumerated() { #expect(writer == test.order[index % 5]) }
    }

    @Test("none waits longer than its own bytes take at the floor, however many there are")
    func floor() {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let costs = (0..<Int.random(in: 1...60, using: &generator)).map { _ in
                1 << Int.random(in: 8...20, using: &generator)
            }
            var test = Writers(rate: 65_536, costs: costs)
            test.start()
            test.run(seconds: 100)
            for writer in test.writers {
                let longest = UInt64(Double(writer.cost) / 65_536 * 1e9) + 1
                #expect(writer.longestWait <= longest, "seed \(seed): \(writer)")
                #expect(writer.passedBytes >= 65_536 * 100 - 2 * writer.cost, "seed \(seed): \(writer)")
            }
        }
    }

    @Test("a higher rate lets waiting writes pass sooner, and none all of them at once")
    func rates() {
        let gate = Gate(rate: 65_536)
        #expect(gate.tryPass(1 << 20))
        let tickets = (0..<3).map { _ in gate.queue(1 << 20) }
        #expect(gate.wait == 16_000_000_000)
        gate.setRate(1_024 * 1_024)
        #expect(gate.wait == 1_000_000_000)
        gate.now += 999_999_999
        #expect(gate.passDue().isEmpty)
        gate.now += 1
        #expect(gate.passDue().map(\.ticket) == [tickets[0]])
        gate.now += 500_000_000
        gate.setRate(nil)
        let rest = gate.passDue()
        #expect(rest.map(\.ticket) == Array(tickets[1...]))
        #expect(rest.map(\.waitedNanoseconds) == [1_500_000_000, 1_500_000_000])
        #expect(gate.wait == nil)
        #expect(gate.tryPass(1 << 30))
    }

    @Test("a write that leaves is counted, and others do not pay for more than a mebibyte of such")
    func leaving() {
        let gate = Gate(rate: 1_024 * 1_024)
        #expect(gate.tryPass(4_096))
        for _ in 0..<50 {
            let ticket = gate.queue(1 << 20)
            #expect(gate.leave(ticket)?.waitedNanoseconds == 0)
            #expect(gate.leave(ticket) == nil)
        }
        let last = gate.queue(4_096)
        // Of its own bytes alone: 62.5 ms, less than the second that a mebibyte takes.
        #expect(gate.wait == 62_500_000)
        gate.now += 62_500_000
        #expect(gate.passDue().map(\.ticket) == [last])
        gate.now += 900_000_000
        #expect(!gate.tryPass(1))
        gate.now += 100_000_000
        #expect(gate.tryPass(1))
    }
}

/// A gate with its clock.
private final class Gate {
    private var gate = WriteGate(floorRate: 65_536)
    var now: UInt64 = 0

    init(rate: Double?) { setRate(rate) }

    func setRate(_ rate: Double?) { gate.setRate(rate, nowNanoseconds: now) }
    func tryPass(_ cost: Int) -> Bool { gate.tryPass(cost, nowNanoseconds: now) }
    func queue(_ cost: Int) -> WriteGate.Ticket { gate.queue(cost, nowNanoseconds: now) }
    func leave(_ ticket: WriteGate.Ticket) -> WriteGate.Passed? { gate.leave(ticket, nowNanoseconds: now) }
    func passDue() -> [WriteGate.Passed] { gate.passDue(nowNanoseconds: now) }
    var wait: UInt64? { gate.nanosecondsUntilDue(nowNanoseconds: now) }
}
