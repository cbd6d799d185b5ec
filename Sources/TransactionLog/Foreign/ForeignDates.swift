import Metadata

/// The times at which another program wrote its states.
enum ForeignDates {
    /// The states that were written after one of a higher version, ascending; one that cannot be read is none.
    static func late(in states: [Version], _ reader: StateReader) throws(LogError) -> [Version] {
        var late: [Version] = []
        var earliest = Int64.max
        for version in states.reversed() {
            do throws(LogError) {
                let createdAt = try reader.manifest(version).createdAt
                if createdAt > earliest { late.append(version) }
                earliest = min(earliest, createdAt)
            } catch {
                guard error.isDamage else { throw error }
            }
        }
        return late.reversed()
    }

    /// Throws `expired` for a state that was written after one of a higher version.
    ///
    /// IndexTables takes the number of the last version file for the table's version where it cleans up, and
    /// writes what the table is now under that old number. What the version was is not known then.
    static func check(
        _ version: Version, in states: [Version], _ reader: StateReader
    ) throws(LogError) {
        let higher = states.filter { $0 > version }
        if higher.isEmpty { return }
        let createdAt = try reader.manifest(version).createdAt
        for other in higher {
            do throws(LogError) {
                if try reader.manifest(other).createdAt < createdAt { throw LogError.expired(version) }
            } catch {
                // What cannot be read does not tell.
                guard error.isDamage else { throw error }
            }
        }
    }
}
