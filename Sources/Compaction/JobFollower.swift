package import Metadata
import Synchronization

/// How a job ended, and by which commit.
package struct JobEnd: Sendable {
    package var job: Job
    package var outcome: JobOutcome
    package var transaction: CommittedTransaction
}

/// Takes note of the jobs that end while it is there, whoever ends them.
final class JobFollower: Sendable {
    private let ends = Mutex<[JobID: JobEnd]>([:])

    func observe(_ old: TableState, _ transactions: [CommittedTransaction]) {
        var begun: [JobID: Job] = [:]
        for transaction in transactions {
            for case .operation(let operation) in transaction.actions {
                switch operation {
                case .putJob(let job): begun[job.id] = job
                case .removeJob(let id, let outcome):
                    guard let job = begun[id] ?? old.jobs[id] else { continue }
                    ends.withLock {
                        $0[id] = JobEnd(job: job, outcome: outcome, transaction: transaction)
                    }
                default: break
                }
            }
        }
    }

    func end(of job: JobID) -> JobEnd? { ends.withLock { $0[job] } }
}
