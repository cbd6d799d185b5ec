package import Bytes
package import Compaction
package import Platform
package import Storage
package import Telemetry

/// What the tables of an open store share.
package struct StoreContext: Sendable {
    /// The store's directory on this machine.
    package let root: ByteString
    package let storage: any ObjectStorage
    package let session: Session
    package let sessions: SessionDirectory
    package let options: StoreOptions
    /// Compaction jobs and background work of all tables.
    package let pool: WorkerPool
    package let timers: TimerQueue
    /// Where sorts spill.
    package let scratch: Scratch
    /// How many merges run at once over all tables.
    package let slots: JobSlots
    package let activity: MountActivity
    package let reserve: SpaceReserve

    package var clock: any Clock { options.clock }
    package var entropy: any Entropy { options.entropy }
    package var log: Log { options.log }
}
