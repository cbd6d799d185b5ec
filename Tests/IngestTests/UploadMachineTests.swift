import Bytes
import Ingest
import Testing

@Suite("When a copied file is complete")
struct UploadMachineTests {
    let shell: Int32 = 100
    let child: Int32 = 101

    func machine(_ rule: UploadMachine.CommitRule = .atClose) -> UploadMachine {
        var machine = UploadMachine(rule: rule)
        machine.opened(by: shell, forWriting: true)
        return machine
    }

    @Test("cp commits at its one close")
    func copy() {
        var upload = machine()
        #expect(upload.wrote() == .accept)
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .commit)
        upload.finished(committed: true)
        #expect(upload.released(by: shell, forWriting: true) == .nothing)
        #expect(upload.phase == .committed)
    }

    @Test("a redirection's first, empty close does nothing")
    func redirection() {
        var upload = machine()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .acknowledge)
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .commit)
    }

    @Test("a child that inherited the descriptor does not commit a part")
    func inheritedDescriptor() {
        var upload = machine()
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: child)) == .acknowledge)
        #expect(upload.wrote() == .accept)
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .commit)
    }

    @Test("a duplicate in the same process puts the commit off")
    func duplicate() {
        var upload = machine()
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell, holdsOtherDescriptors: true)) == .acknowledge)
        #expect(upload.wrote() == .accept)
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .commit)
    }

    @Test("what only strangers closed commits when the last descriptor is gone")
    func closedElsewhere() {
        var upload = machine()
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: 0)) == .acknowledge)
        #expect(upload.released(by: shell, forWriting: true) == .commit)
    }

    @Test("a writer that dies by a signal does not commit, its bytes are kept")
    func killedWriter() {
        var upload = machine()
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell, isDyingBySignal: true)) == .acknowledge)
        #expect(upload.released(by: shell, forWriting: true) == .quarantine)
    }

    @Test("with two writers nobody's first close commits")
    func twoWriters() {
        var upload = machine()
        upload.opened(by: child, forWriting: true)
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .acknowledge)
        #expect(upload.released(by: shell, forWriting: true) == .nothing)
        #expect(upload.flushed(by: .init(threadGroup: child)) == .commit)
    }

    @Test("a staged name waits for its rename")
    func stagedName() {
        var upload = machine(.atRename)
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .acknowledge)
        #expect(upload.released(by: shell, forWriting: true) == .nothing)
        upload.renamed(to: .atClose)
        let first = upload.commitByRename()
        #expect(first)
        upload.finished(committed: true)
        let again = upload.commitByRename()
        #expect(!again)
    }

    @Test("nothing can be written once the commit has begun")
    func writeAfterCommit() {
        var upload = machine()
        _ = upload.wrote()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .commit)
        #expect(upload.wrote() == .refuse)
        #expect(upload.truncatedToEmpty() == .refuse)
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .awaitCommit)
        upload.finished(committed: false)
        #expect(upload.phase == .refused)
        #expect(upload.wrote() == .refuse)
    }

    @Test("an empty file is forgotten, not refused")
    func emptyFile() {
        var upload = machine()
        #expect(upload.flushed(by: .init(threadGroup: shell)) == .acknowledge)
        #expect(upload.released(by: shell, forWriting: true) == .discardEmpty)
    }

    @Test(
        "names of unfinished work only stage",
        arguments: [
            (".hidden", true), ("_SUCCESS", true), ("a.csv~", true), ("a.tmp", true), ("a.part", true),
            (".a.csv.Xy12zQ", true), ("sedAb12Cd", true), ("4913", true), ("a.csv.swp", true),
            ("a.csv", false), ("sediments", false), ("part-0001.parquet", false), ("a.tmp.csv", false),
        ])
    func unfinishedNames(name: String, unfinished: Bool) {
        #expect(StagingName.isUnfinished(ByteString(name)) == unfinished)
    }
}
