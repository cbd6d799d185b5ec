import Bytes
import Metadata

/// What a replay may begin with.
enum ReplayBase: Hashable, Sendable, CustomStringConvertible {
    case state(Version)
    case checkpoint(Version)

    var version: Version {
        switch self {
        case .state(let version), .checkpoint(let version): version
        }
    }

    var description: String {
        switch self {
        case .state(let version): "state \(version)"
        case .checkpoint(let version): "the JSON checkpoint of version \(version)"
        }
    }

    /// What a listing offers at or below a version, newest first; of one version the state before the
    /// checkpoint, as it is read faster.
    static func all(in listing: LogListing, through version: Version) -> [ReplayBase] {
        let all =
            listing.states.reversed().map { ReplayBase.state($0) }
            + listing.checkpoints.reversed().map { ReplayBase.checkpoint($0) }
        // Sorting is stable: states stand first.
        return all.filter { $0.version <= version }.sorted { $0.version > $1.version }
    }

    func read<Target: ReplayTarget>(
        _ reader: StateReader, _ listing: LogListing
    ) throws(LogError) -> Target {
        switch self {
        case .state(let version):
            let found = try Target(state: version, reader)
            if found.definition.provider != "firn" {
                try ForeignDates.check(version, in: listing.states, reader)
            }
            return found
        case .checkpoint(let version): return try Target(checkpoint: version, reader)
        }
    }
}
