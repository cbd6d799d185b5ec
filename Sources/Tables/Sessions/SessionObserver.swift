package import Bytes
import Metadata

/// Decides which sessions are dead, by watching their counters with the observer's own monotonic clock.
///
/// Clocks of other hosts are never compared: a session is dead when its counter has stood still for
/// `patienceNanoseconds` since this observer first saw that value. On the observer's own host and boot, a
/// process that is gone is dead at once.
package struct SessionObserver: Sendable {
    package static let patienceNanoseconds: UInt64 = 60_000_000_000

    private struct Sighting: Sendable {
        var counter: UInt64
        var sinceNanoseconds: UInt64
    }

    private let ownBoot: ByteString
    private var sightings: [SessionID: Sighting] = [:]

    package init(ownBoot: ByteString) {
        self.ownBoot = ownBoot
    }

    /// Takes in all heartbeats as they are now and gives those of dead sessions.
    ///
    /// - Parameter processStart: the start time of a live process of this host, nil where there is none.
    package mutating func observe(
        _ heartbeats: [Heartbeat], nowNanoseconds: UInt64, processStart: (Int32) -> UInt64?
    ) -> [Heartbeat] {
        var dead: [Heartbeat] = []
        var next: [SessionID: Sighting] = [:]
        for heartbeat in heartbeats {
            if !ownBoot.isEmpty, heartbeat.boot == ownBoot,
                processStart(heartbeat.processID) != heartbeat.processStart
            {
                dead.append(heartbeat)
                continue
            }
            var sighting =
                sightings[heartbeat.id]
                ?? Sighting(counter: heartbeat.counter, sinceNanoseconds: nowNanoseconds)
            if sighting.counter != heartbeat.counter {
                sighting = Sighting(counter: heartbeat.counter, sinceNanoseconds: nowNanoseconds)
            }
            next[heartbeat.id] = sighting
            if nowNanoseconds - sighting.sinceNanoseconds >= Self.patienceNanoseconds {
                dead.append(heartbeat)
            }
        }
        sightings = next
        return dead
    }
}
