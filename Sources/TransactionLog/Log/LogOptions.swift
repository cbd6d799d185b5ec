import Platform
import Storage

/// What does not belong to the table but to the process that opens it.
package struct LogOptions: Sendable {
    /// Most threads that read or write manifests at the same time; a table's `state.read.parallelism` may be lower.
    package var readParallelism = 64
    /// How often a commit that meets other writers starts over.
    package var maxCommitAttempts = 100
    /// How often a storage that does not answer is asked, the first time included; pauses are 5 ms, 25 ms, 125 ms.
    package var maxStorageAttempts = 4
    /// Actions of one version file, at most, where several transactions wait.
    package var maxGroupActions = 10_000
    /// Lines of one file of a JSON checkpoint, at most; what has more is written in parts.
    package var checkpointLinesPerFile = 100_000
    /// After this long without a look at the storage, a log does not trust that nothing was expired.
    package var trustMilliseconds: Int64 = 60_000
    /// Younger version files are not deleted, so that a writer that has not met them yet cannot take a version
    /// that was there: well above ``trustMilliseconds``.
    package var minVersionFileAgeMilliseconds: Int64 = 600_000
    /// Manifests are not deleted before they were unreferenced for so long, whatever the table says: by then a state of
    /// another process that names them is there to be seen, or will never be.
    package var minManifestAgeMilliseconds: Int64 = 600_000
    /// Waits; a test passes its own.
    package var sleep: @Sendable (_ nanoseconds: UInt64) -> Void = { Thread.sleep(nanoseconds: $0) }
    /// Told of what went wrong without harm: a state that cannot be read, a hint that cannot be written.
    package var warn: @Sendable (String) -> Void = { _ in }

    package init() {}

    /// The storage that is asked again where it does not answer.
    func retrying(_ storage: any ObjectStorage) -> RetryingStorage {
        var policy = RetryingStorage.Policy(
            sleep: sleep, warn: { [warn] error in warn("\(error): asking again") })
        policy.maxAttempts = maxStorageAttempts
        return RetryingStorage(storage, policy)
    }
}
