import Bytes
import Platform
import Synchronization

/// Random numbers that repeat with their seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Entropy that repeats with its seed.
package final class SeededEntropy: Entropy {
    private let generator: Mutex<SeededGenerator>

    package init(seed: UInt64 = 1) { generator = Mutex(SeededGenerator(seed: seed)) }

    package func uint64() -> UInt64 { generator.withLock { $0.next() } }
}

/// The seed of a randomised test: the environment's `FIRN_SEED`, or a new one. Print it with a failure.
package enum Seed {
    package static func fresh() -> UInt64 {
        if let text = Processes.environment("FIRN_SEED"), let seed = UInt64(text.display) { return seed }
        return SystemEntropy().uint64() >> 16
    }
}
