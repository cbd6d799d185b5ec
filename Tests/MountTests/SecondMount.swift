import TestKit
import Bytes
import Platform
import TestKit

/// The same store mounted once more by a daemon of its own, at `$N`; `$D/second.log` is its log.
final class SecondMount {
    private let first: MountedStore
    private let environment: String
    private(set) var isMounted = false

    var mountPoint: ByteString { first.directory.file("mnt2") }

    /// - Parameter environment: assignments for the daemon, `NAME=value`.
    init(_ first: MountedStore, environment: String = "") throws {
        self.first = first
        self.environment = environment
        try FileSystemCalls.makeDirectory(mountPoint)
        try expectSuccess(
            "env \(environment) '\(MountedStore.binary ?? "firn")' mount --log $D/second.log $S $N")
        isMounted = true
    }

    deinit {
        guard isMounted else { return }
        _ = run("firn unmount --lazy $N || umount -l $N")
    }

    func unmount() throws {
        try expectSuccess("firn unmount $N")
        isMounted = false
    }

    func run(_ script: String, timeoutSeconds: Double = 60) -> MountedStore.Result {
        first.run("N='\(mountPoint)'; export N\n" + script, timeoutSeconds: timeoutSeconds)
    }

    @discardableResult
    func expectSuccess(_ script: String, timeoutSeconds: Double = 60) throws -> String {
        try first.expectSuccess("N='\(mountPoint)'; export N\n" + script, timeoutSeconds: timeoutSeconds)
    }
}
