import CLinux

/// Gives random numbers. Passed in wherever chance is needed, so that a test repeats.
package protocol Entropy: Sendable {
    func uint64() -> UInt64
}

extension Entropy {
    /// `count` random bytes.
    package func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + 7)
        while result.count < count {
            withUnsafeBytes(of: uint64().littleEndian) { result.append(contentsOf: $0) }
        }
        result.removeLast(result.count - count)
        return result
    }

    /// A number below `bound`, each with the same chance.
    package func uint64(below bound: UInt64) -> UInt64 {
        precondition(bound > 0)
        // The high word of a product is even once the few low words that would favour some are refused.
        let threshold = (0 &- bound) % bound
        while true {
            let (high, low) = bound.multipliedFullWidth(by: uint64())
            if low >= threshold { return high }
        }
    }

    /// A positive number of 63 bits, as ids are.
    package func identifier() -> UInt64 {
        while true {
            let value = uint64() >> 1
            if value != 0 { return value }
        }
    }
}

/// The kernel's random numbers.
package struct SystemEntropy: Entropy {
    package init() {}

    package func uint64() -> UInt64 {
        var value: UInt64 = 0
        // Up to 256 bytes come whole once the kernel is seeded; only a signal before that interrupts.
        withUnsafeMutableBytes(of: &value) { buffer in
            while firn_random(buffer.baseAddress, buffer.count) != buffer.count {}
        }
        return value
    }
}
