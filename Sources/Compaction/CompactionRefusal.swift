package import Bytes
package import Metadata
package import Platform
import Planning
import Storage
package import TransactionLog

/// Why something asked of a compactor was not done.
package enum CompactionRefusal: Error, Sendable, CustomStringConvertible {
    /// The file is in a job already.
    case inJob(file: ByteString, job: JobID)
    /// All free files of the partition are in jobs already.
    case partitionInJob(PartitionID, job: JobID)
    /// There is no live file of this id, and none is known that was.
    case notLive(FileID)
    /// The file was live once and is not any more.
    case gone(file: ByteString, replacedBy: JobID?, at: Version)
    case emptyPartition(PartitionID)
    case noSuchJob(JobID)
    /// The job cannot be stopped any more, or is not in the phase that was asked for.
    case wrongPhase(JobID, String)
    /// The file is live, and not in this partition.
    case notReferenced(file: ByteString, PartitionID)
    case noSuchPartition(PartitionID)
    /// The partition is no leaf any more.
    case isSplit(PartitionID)
    case keyOutside(PartitionID)
    /// All rows of the partition have this key.
    case unsplittable(PartitionID, key: ByteString)
    /// There are no rows to tell a median from.
    case nothingToSplitBy(PartitionID)
    case noRowKey
    case unreadable(String)
    case noSchema
    case foreign
    case commit(CommitError)

    init(_ refusal: RequestPlan.Refusal) {
        self =
            switch refusal {
            case .inJob(let file, let job): .inJob(file: file, job: job)
            case .partitionInJob(let partition, let job): .partitionInJob(partition, job: job)
            case .notLive(let file): .notLive(file)
            case .gone(let file, let job, let version): .gone(file: file, replacedBy: job, at: version)
            case .emptyPartition(let partition): .emptyPartition(partition)
            case .notReferenced(let file, let partition): .notReferenced(file: file, partition)
            }
    }

    package var errno: Errno {
        switch self {
        case .inJob, .partitionInJob, .wrongPhase: .ebusy
        case .notLive: .eperm
        case .gone, .notReferenced: .estale
        case .emptyPartition, .noSuchJob, .noSuchPartition: .enoent
        case .isSplit: .eexist
        case .keyOutside, .nothingToSplitBy: .einval
        case .unsplittable, .noSchema, .noRowKey: .eopnotsupp
        case .unreadable: .eio
        case .foreign: .erofs
        case .commit(let error): CompactionRefusal.errno(of: error)
        }
    }

    package var description: String {
        switch self {
        case .inJob(let file, let job): "file \(file) is in job \(job) already"
        case .partitionInJob(let partition, let job):
            "the files of partition \"\(partition)\" are in job \(job) already"
        case .notLive(let file): "file \(file) is not a live file of the table"
        case .gone(let file, let job, let version):
            job.map { "file \(file) was replaced by job \($0) in version \(version)" }
                ?? "file \(file) was removed in version \(version)"
        case .emptyPartition(let partition): "partition \"\(partition)\" has no files"
        case .noSuchJob(let job): "job \(job) does not exist"
        case .wrongPhase(let job, let phase): "job \(job) \(phase)"
        case .notReferenced(let file, let partition):
            "file \(file) is not referenced in partition \"\(partition)\" any more"
        case .noSuchPartition(let partition): "there is no partition \"\(partition)\""
        case .isSplit(let partition): "partition \"\(partition)\" is split already"
        case .keyOutside(let partition):
            "the key is not inside partition \"\(partition)\": both children would not get a part of its range"
        case .unsplittable(let partition, let key):
            "all rows of partition \"\(partition)\" have one key (\(Hex.string(key.bytes))), which cannot be split"
        case .nothingToSplitBy(let partition):
            "partition \"\(partition)\" has no rows to tell a middle from; give a key"
        case .noRowKey: "the table has no row key: its partitions have no order to be split in"
        case .unreadable(let message): message
        case .noSchema: "the table has no schema yet"
        case .foreign: "the table was written by another program and is read-only"
        case .commit(let error): error.description
        }
    }

    private static func errno(of error: CommitError) -> Errno {
        switch error {
        case .conflict: .ebusy
        case .invalid: .einval
        case .foreign: .erofs
        case .failed(.storage(let error)) where error.kind == .noSpace: .enospc
        case .failed(.storage(let error)) where error.kind == .permission: .eacces
        case .failed, .unknownOutcome: .eio
        }
    }
}
