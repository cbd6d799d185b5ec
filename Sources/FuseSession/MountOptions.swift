package import Bytes

/// How a filesystem is mounted and served.
package struct MountOptions: Sendable {
    /// What `df` and /proc/mounts call it; use `firn:<store>`, which mount(8) takes for no path.
    package var source: ByteString
    /// The type is `fuse.<subtype>`.
    package var subtype: ByteString = "firn"
    package var isReadOnly = false
    /// Others than the mounting user may use it; the kernel checks modes for everyone.
    package var allowsOthers = true
    package var allowsExecution = false
    package var updatesAccessTimes = false
    /// Mounts over a directory that is not empty.
    package var allowsNonEmpty = false

    package var threadCount = 2
    /// How long a thread looks for the next request before it sleeps.
    package var spinMicroseconds = 20
    /// Data files are read by the kernel itself where it can.
    package var usesPassthrough = true
    /// How far the kernel reads ahead of a sequential reader on the copy path.
    package var readAheadKiB = 1024
    package var handshakeMilliseconds = 10_000
    /// How long an unmount waits for requests that are being served.
    package var drainMilliseconds = 30_000

    package init(source: ByteString) { self.source = source }
}
