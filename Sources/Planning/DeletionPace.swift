/// How fast files are deleted in the background: slowly enough that whoever reads and writes does not feel it, and as
/// fast as it takes where much waits or room is short.
///
/// Freeing the blocks of large files, and telling a flash disk of it, takes the disk away from others in bursts.
package struct DeletionPace: Hashable, Sendable {
    /// What is on the disk and what may go.
    package struct Picture: Hashable, Sendable {
        package var waitingFiles = 0
        package var waitingBytes: Int64 = 0
        package var liveFiles = 0
        package var liveBytes: Int64 = 0
        /// nil where the storage knows no limit.
        package var room: Room?

        package init() {}
    }

    package struct Room: Hashable, Sendable {
        package var capacityBytes: Int64
        package var availableBytes: Int64

        package init(capacityBytes: Int64, availableBytes: Int64) {
            self.capacityBytes = capacityBytes
            self.availableBytes = availableBytes
        }
    }

    /// Files and bytes a second where nothing presses.
    package static let quiet = (files: 500.0, bytes: Double(128 << 20))
    /// A disk with less room than this, or than a tenth of it where that is less, is short of room.
    package static let enoughRoomBytes: Int64 = 16 << 30
    /// The time in which what is missing of that is to be made.
    package static let shortageSeconds = 10.0
    /// Garbage beyond this share of what is live is too much …
    package static let acceptedShare = 0.2
    /// … and to be gone after this time.
    package static let backlogSeconds = 300.0

    package let filesPerSecond: Double
    package let bytesPerSecond: Double

    package init(_ picture: Picture) {
        var hurry = 1.0
        if let room = picture.room {
            let enough = min(Self.enoughRoomBytes, room.capacityBytes / 10)
            let missing = Double(max(0, enough - room.availableBytes))
            hurry += missing / Self.shortageSeconds / Self.quiet.bytes
        }
        let files = Double(picture.waitingFiles) - Self.acceptedShare * Double(picture.liveFiles)
        let bytes = Double(picture.waitingBytes) - Self.acceptedShare * Double(picture.liveBytes)
        filesPerSecond = Self.quiet.files * hurry + max(0, files) / Self.backlogSeconds
        bytesPerSecond = Self.quiet.bytes * hurry + max(0, bytes) / Self.backlogSeconds
    }

    /// The time that a file of this size takes up.
    package func nanoseconds(forBytes bytes: Int64) -> UInt64 {
        UInt64(max(1 / filesPerSecond, Double(max(0, bytes)) / bytesPerSecond) * 1e9)
    }
}
