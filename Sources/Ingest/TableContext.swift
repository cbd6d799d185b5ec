package import Bytes
package import Merge
package import Metadata
package import Platform
package import Storage
package import TransactionLog

/// The table that files are taken into, and what the work needs.
package struct TableContext: Sendable {
    package var log: TransactionLog
    package var storage: any ObjectStorage
    /// The table's directory in the storage.
    package var directory: ByteString
    package var clock: any Clock
    package var entropy: any Entropy
    /// Where sorting spills.
    package var scratch: Scratch
    /// Noted in the commits.
    package var session: SessionID?
    /// Told of data files on their way.
    package var openWrites: OpenWrites

    package init(
        log: TransactionLog, storage: any ObjectStorage, directory: ByteString, clock: any Clock,
        entropy: any Entropy, scratch: Scratch, session: SessionID? = nil,
        openWrites: OpenWrites = OpenWrites()
    ) {
        self.log = log
        self.storage = storage
        self.directory = directory
        self.clock = clock
        self.entropy = entropy
        self.scratch = scratch
        self.session = session
        self.openWrites = openWrites
    }
}
