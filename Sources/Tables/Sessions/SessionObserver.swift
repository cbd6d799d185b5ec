package import Bytes
import Metadata
import Platform

/// Decides which sessions are dead, by watching their heartbeats with the observer's own monotonic clock.
///
/// Clocks of other hosts are never compared: a session is dead when its counter has stood still for
/// ``patienceNanoseconds`` since this observer first saw that value, and so is what left a heartbeat that cannot
/// be read, as a living session replaces it. Where process ids mean the same as the observer's, a process that is
/// gone is dead at once.
package struct SessionObserver: Sendable {
    package static let patienceNanoseconds: UInt64 = 60_000_000_000

    private struct Sighting: Sendable {
        /// The counter, or a sum of the bytes that cannot be read.
        var mark: UInt64
        var sinceNanoseconds: UInt64
    }

    private let ownSpace: ByteString
    private let isGone: @Sendable (_ process: Int32, _ startTicks: UInt64) -> Bool
    private var sightings: [SessionID: Sighting] = [:]

    /// - Parameters:
    ///   - ownSpace: where process ids mean the same as to the observer: ``Processes/idSpace()``.
    ///   - isGone: whether a process of there has certainly ended.
    package init(
        ownSpace: ByteString = Processes.idSpace(),
        isGone: @escaping @Sendable (Int32, UInt64) -> Bool = {
            Processes.isGone($0, startTicks: $1)
        }
    ) {
        self.ownSpace = ownSpace
        self.isGone = isGone
    }

    /// True where nothing more is needed to know that the session is dead.
    package func isCertainlyDead(_ heartbeat: Heartbeat) -> Bool {
        !ownSpace.isEmpty && heartbeat.boot == ownSpace && isGone(heartbeat.processID, heartbeat.processStart)
    }

    /// Takes in all heartbeats as they are now and gives those of dead sessions.
    package mutating func observe(_ found: [SessionDirectory.Found], nowNanoseconds: UInt64)
        -> [SessionDirectory.Found]
    {
        var dead: [SessionDirectory.Found] = []
        var next: [SessionID: Sighting] = [:]
        for item in found {
            if case .heartbeat(let heartbeat) = item, isCertainlyDead(heartbeat) {
                dead.append(item)
                continue
            }
            var sighting = Sighting(mark: item.mark, sinceNanoseconds: nowNanoseconds)
            if let earlier = sightings[item.id], earlier.mark == item.mark { sighting = earlier }
            next[item.id] = sighting
            if nowNanoseconds - sighting.sinceNanoseconds >= Self.patienceNanoseconds { dead.append(item) }
        }
        sightings = next
        return dead
    }

    /// The same of heartbeats that can be read.
    package mutating func observe(_ heartbeats: [Heartbeat], nowNanoseconds: UInt64) -> [Heartbeat] {
        observe(heartbeats.map { .heartbeat($0) }, nowNanoseconds: nowNanoseconds).compactMap(\.heartbeat)
    }
}
