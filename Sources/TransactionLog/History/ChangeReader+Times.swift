package import Metadata

extension ChangeReader {
    /// The version that was current at a time (epoch milliseconds): the newest whose commit is not later;
    /// ``beginning`` where the table was made later.
    ///
    /// Reads as many version files and states as bisection needs. Throws `beyondRetention` where the versions
    /// around that time have expired.
    package func version(at milliseconds: Int64) throws(LogError) -> Version {
        let listing = try store.listing(from: nil)
        let files = Set(listing.versions)
        let known = files.union(listing.states).sorted()
        guard let oldest = known.first else { throw .noSuchTable(store.path.table) }
        var low = 0
        var high = known.count
        while low < high {
            let middle = (low + high) / 2
            if try timestamp(of: known[middle], hasFile: files.contains(known[middle])) <= milliseconds {
                low = middle + 1
            } else {
                high = middle
            }
        }
        // Versions order times: those left of `low` are not later.
        guard low > 0 else {
            if oldest.rawValue == 0 { return Self.beginning }
            throw .beyondRetention(Version(oldest.rawValue - 1), oldest: oldest)
        }
        let found = known[low - 1]
        if low == known.count || known[low] == found.next { return found }
        // No later version has the same time; whether one of those that are gone came before the asked one, nobody
        // knows.
        guard try timestamp(of: found, hasFile: files.contains(found)) == milliseconds else {
            throw .beyondRetention(found.next, oldest: known[low])
        }
        return found
    }

    private func timestamp(of version: Version, hasFile: Bool) throws(LogError) -> Int64 {
        if hasFile, let last = try store.transactions(of: version)?.last { return last.timestamp }
        let record = try StateReader(store, options).manifest(version)
        return record.timestamp > 0 ? record.timestamp : record.createdAt
    }
}
