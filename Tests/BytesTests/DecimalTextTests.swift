import Bytes
import TestKit
import Testing

struct DecimalTextTests {
    private func check(_ text: String, seed: UInt64 = 0) {
        let read = Array(text.utf8).withUnsafeBytes { DecimalText.double($0) }
        let expected = Double(text)
        #expect(read?.bitPattern == expected?.bitPattern, "\(text), seed \(seed)")
    }

    @Test(
        "ties, edges and long numbers are rounded as the standard library rounds them",
        arguments: [
            "9007199254740993", "9007199254740992.5", "9007199254740995", "0.5000000000000000277",
            "1.0000000000000001110", "1.0000000000000001111", "0.1000000000000000055", "9999999999999999999",
            "0.0000000000000000001", "9999999999999999999e19", "1e19", "18014398509481985e3", "-0.3", "-0.0",
            "0e5",
            "0.30000000000000004", "123456789012345678901234567890", "2.2250738585072014e-308",
            "00000000000000000000.25",
        ])
    func edges(text: String) { check(text) }

    @Test("random numbers of every length are rounded as the standard library rounds them")
    func random() {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let digits = String(UInt64.random(in: 0...UInt64.max, using: &random)).prefix(
                Int.random(in: 1...20, using: &random))
            let point = Int.random(in: 0...digits.count, using: &random)
            let exponent = Bool.random(using: &random) ? "" : "e\(Int.random(in: -25...25, using: &random))"
            let tail = digits.dropFirst(point)
            check(
                "\(digits.prefix(point).isEmpty ? "0" : digits.prefix(point))\(tail.isEmpty ? "" : ".\(tail)")\(exponent)"
            )
            check("\(Double.random(in: -1...1, using: &random))")
        }
    }
}
