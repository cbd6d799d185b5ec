import Bytes
import Platform
import TestKit
import Testing

@Suite("The test kit itself")
struct TestKitTests {
    @Test("a program gets its input and variables, and its output and ending come back")
    func runs() throws {
        let large = [UInt8](repeating: 0x61, count: 1 << 20)
        let cat = try ProcessRunner.run(["cat"], input: large)
        #expect(cat.succeeded && cat.standardOutput == large)
        let shell = try ProcessRunner.run(
            ["/bin/sh", "-c", "echo $FIRN_TEST; pwd; echo bad >&2; exit 3"],
            environment: ["FIRN_TEST": "x y"],
            directory: "/usr")
        #expect(shell.ending == .exited(3) && shell.outputText == "x y\n/usr\n" && shell.errorText == "bad\n")
        #expect(throws: Errno.enoent) { try ProcessRunner.run(["/no/such/program"]) }
        #expect(throws: Errno.etimedout) { try ProcessRunner.run(["sleep", "60"], timeoutSeconds: 0.05) }
    }

    @Test("a program that a signal ends is told from one that exits")
    func signals() throws {
        let child = try ChildProcess(["sleep", "60"])
        #expect(child.wait(atMostSeconds: 0.01) == nil)
        child.send(15)
        #expect(child.wait(atMostSeconds: 10) == .signalled(15))
    }

    @Test("seeds repeat, clocks stand still")
    func determinism() {
        #expect(SeededEntropy(seed: 7).bytes(20) == SeededEntropy(seed: 7).bytes(20))
        #expect(SeededEntropy(seed: 7).uint64() != SeededEntropy(seed: 8).uint64())
        let clock = ManualClock(milliseconds: 1_000)
        let before = clock.monotonicNanoseconds()
        clock.advance(milliseconds: 5)
        #expect(clock.nowMilliseconds() == 1_005 && clock.monotonicNanoseconds() == before + 5_000_000)
    }

    @Test(
        "the peers' Python runs a script",
        .enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
    func peers() throws {
        let result = try Peers.python(
            "import sys; print(sys.argv[1:], sys.stdin.read())", ["a"], input: [0x62])
        #expect(result.outputText == "['a'] b\n")
    }
}
