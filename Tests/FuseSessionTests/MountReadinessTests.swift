import FuseSession
import Platform
import Testing

@Suite("readiness of a background mount")
struct MountReadinessTests {
    @Test(
        "the parent reads what the child says",
        arguments: [MountReadiness.Report.ready, .failed(exitCode: 32, "no such mount point: /x y")])
    func report(report: MountReadiness.Report) throws {
        let readiness = try MountReadiness()
        MountReadiness.send(report, to: readiness.child)
        #expect(readiness.receive() == report)
    }

    @Test("a child that ends without a word has failed")
    func silence() throws {
        let readiness = try MountReadiness()
        guard case .failed(let code, _) = readiness.receive() else {
            Issue.record("reported as ready")
            return
        }
        #expect(code == 32)
    }
}
