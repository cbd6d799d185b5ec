import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("A log with several writers")
struct LogThreadTests {
    @Test("two logs on one storage make dense versions, and every file is in both")
    func race() throws {
        let sample = try SampleLog()
        let logs = [sample.log, try sample.open()]
        let failures = Box<[String]>([])
        let threads = (0..<4).map { writer in
            Thread.spawn(name: "writer-\(writer)") {
                for number in 0..<15 {
                    let id = UInt64(writer * 1000 + number + 1)
                    do {
                        _ = try logs[writer % 2].commit(sample.transaction([.add(SampleLog.file(id))]))
                        if number % 7 == writer { try logs[writer % 2].writeState() }
                    } catch {
                        failures.update { $0.append("\(error)") }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.value == [])
        let digest = try logs[0].refresh().digest
        #expect(try logs[1].refresh().digest == digest)
        #expect(try sample.open().current.digest == digest)
        #expect(logs[0].current.fileCount == 60)
        let newest = logs[0].current.version.rawValue
        #expect(try logs[0].versions().map(\.version.rawValue) == Array(0...newest))
        let changes = try logs[0].changes(from: Version(0), to: logs[0].current.version)
        #expect(changes.flatMap(\.added).count == 60)
        for (earlier, later) in zip(changes, changes.dropFirst()) {
            #expect(earlier.timestamp < later.timestamp)
        }
    }

    @Test("transactions that wait together are one version; one that fails its check is answered alone")
    func group() throws {
        let sample = try SampleLog()
        let log = sample.log
        let isFirst = Box(true)
        // The leader of the first version stands still until the others wait.
        log.addObserver { _, _, _ in
            guard isFirst.value else { return }
            isFirst.update { $0 = false }
            for _ in 0..<10_000 where log.waitingCount < 7 { Thread.sleep(nanoseconds: 1_000_000) }
        }
        let leader = Thread.spawn(name: "leader") { _ = try? sample.add(100) }
        while isFirst.value { Thread.sleep(nanoseconds: 100_000) }
        let answers = Box<[Int: String]>([:])
        let threads = (0..<7).map { number in
            Thread.spawn(name: "waiter-\(number)") {
                let file = SampleLog.file(UInt64(number + 1))
                let missing: [Precondition] = number == 3 ? [.isLive(FileID(12345))] : []
                do {
                    let done = try log.commit(sample.transaction([.add(file)], preconditions: missing))
                    answers.update { $0[number] = "version \(done.version)" }
                } catch CommitError.conflict {
                    answers.update { $0[number] = "conflict" }
                } catch {
                    answers.update { $0[number] = "\(error)" }
                }
            }
        }
        leader.join()
        for thread in threads { thread.join() }
        for number in 0..<7 {
            #expect(answers.value[number] == (number == 3 ? "conflict" : "version 2"))
        }
        #expect(log.current.version == Version(2))
        let transactions = try #require(try log.transactions(of: Version(2)))
        #expect(transactions.map(\.ordinal) == Array(0..<6))
        #expect(try sample.open().current.digest == log.current.digest)
        #expect(log.current.fileCount == 7)
    }
}
