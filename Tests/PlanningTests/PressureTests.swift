import Bytes
import Metadata
import Planning
import TestKit
import Testing

@Suite("The rate at which data may come in")
struct PressureTests {
    private static let limits = Pressure.Limits()
    /// Beyond any rate that can be.
    private static let free = Double.infinity

    @Test("the rate wanted falls with the runs, and never below 64 KiB a second")
    func targets() throws {
        let pressure = Pressure()
        for runs in 0..<12 { #expect(pressure.target(.runs(runs)) == nil) }
        #expect(pressure.target(.runs(12)) == 67_108_864.0)
        let middle = try #require(pressure.target(.runs(18)))
        #expect(abs(middle / (2 * 1_024 * 1_024) - 1) < 1e-9)
        for runs in [24, 25, 1_000, .max] { #expect(pressure.target(.runs(runs)) == 65_536.0) }
        #expect(pressure.target(.stuck) == nil)
        for runs in 12..<24 {
            let here = try #require(pressure.target(.runs(runs)))
            let next = try #require(pressure.target(.runs(runs + 1)))
            #expect(next < here && next >= 65_536)
        }
    }

    @Test("from nothing to the floor and back it takes some seconds, by steps of a fifth and a quarter")
    func gradually() throws {
        var pressure = Pressure()
        var now: UInt64 = 5_000_000_000
        func steps(_ load: Pressure.Load, until isThere: (Double?) -> Bool) -> Int {
            var count = 0
            while !isThere(pressure.rate), count < 1_000 {
                let before = pressure.rate ?? Self.limits.freeRate
                now += Self.limits.stepNanoseconds
                pressure.advance(to: load, nowNanoseconds: now)
                let after = pressure.rate ?? Self.limits.freeRate
                #expect(after >= before * 0.8 - 1e-6 && after <= before * 1.25 + 1e-6)
                count += 1
            }
            return count
        }
        let down = steps(.runs(40)) { $0 == Self.limits.floorRate }
        #expect((40...60).contains(down), "\(down)")
        let up = steps(.runs(3)) { $0 == nil }
        #expect((40...60).contains(up), "\(up)")
    }

    @Test("where no compaction can run the limit is gone at once, and does not come")
    func stuck() {
        var pressure = Pressure()
        var now: UInt64 = 0
        for _ in 0..<100 {
            now += 250_000_000
            pressure.advance(to: .runs(30), nowNanoseconds: now)
        }
        #expect(pressure.rate == Self.limits.floorRate)
        pressure.advance(to: .stuck, nowNanoseconds: now)
        #expect(pressure.rate == nil)
        for _ in 0..<100 {
            now += 250_000_000
            pressure.advance(to: .stuck, nowNanoseconds: now)
            #expect(pressure.rate == nil)
        }
    }

    @Test("whatever the runs did, more of them never meant a higher rate, and a step never was a jump")
    func monotone() {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var less = Pressure()
            var more = Pressure()
            var now: UInt64 = .random(in: 0...1 << 40, using: &generator)
            var runs = Int.random(in: 0...40, using: &generator)
            for _ in 0..<200 {
                let elapsed = UInt64.random(in: 0...2_000_000_000, using: &generator)
                now += elapsed
                runs = max(0, runs + .random(in: -6...6, using: &generator))
                let before = less.rate ?? Self.limits.freeRate
                less.advance(to: .runs(runs), nowNanoseconds: now)
                more.advance(
                    to: .runs(runs + .random(in: 0...9, using: &generator)), nowNanoseconds: now)
                let (left, right) = (less.rate ?? Self.free, more.rate ?? Self.free)
                #expect(left >= right, "seed \(seed)")
                #expect(right >= Self.limits.floorRate, "seed \(seed)")
                // At most so many steps have gone by.
                let after = min(left, Self.limits.freeRate)
                let steps = elapsed / Self.limits.stepNanoseconds + 1
                var (least, most) = (before, before)
                for _ in 0..<steps { (least, most) = (least * 0.8, most * 1.25) }
                #expect(after >= least * 0.999 && after <= most * 1.001, "seed \(seed)")
            }
        }
    }

    @Test("the most loaded partition is found as a search through all of them finds it")
    func loads() {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        var loads = PartitionLoads(leastRuns: 12, mostRuns: 24)
        var model: [PartitionID: Int] = [:]
        for _ in 0..<2_000 {
            let partition = PartitionID(ByteString("p\(Int.random(in: 0..<30, using: &generator))"))
            let runs = Int.random(in: 0...40, using: &generator)
            loads.set(partition, runs: runs)
            model[partition] = runs >= 12 ? runs : nil
            #expect(loads.isEmpty == model.isEmpty && loads.partitions == Set(model.keys))
            let unable = Set((0..<30).filter { _ in Bool.random(using: &generator) })
            func isWanted(_ partition: PartitionID) -> Bool {
                !unable.contains(Int(partition.description.dropFirst()) ?? 0)
            }
            let best = model.filter { isWanted($0.key) }.map { min($0.value, 24) }.max()
            let found = loads.mostLoaded(asking: partition, where: isWanted)
            #expect(found.map { min($0.runs, 24) } == best, "seed \(seed)")
            #expect(found.map { model[$0.partition] == $0.runs && isWanted($0.partition) } ?? true)
            if let best, min(model[partition] ?? 0, 24) == best, isWanted(partition) {
                #expect(found?.partition == partition, "the one that was asked first stays, seed \(seed)")
            }
        }
    }
}
