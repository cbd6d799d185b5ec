import Metadata

/// What leaves a partition because it is too old.
///
/// A file of which every row is too old is dropped, by metadata alone. A file of which some are is rewritten once
/// the oldest has stayed ``AgeOff/lateness`` too long, also alone and where nothing else happens; until then it
/// waits for being merged, or for its last row to age.
///
/// In an upsert table an aged row hides older ones of its key. So a file is dropped only where each file with a key
/// of its range holds newer rows alone, and rows leave only by a merge of the whole partition that nothing outside
/// shares a key with. Everything else stays until that is so.
package struct AgeOffPlan: Hashable, Sendable {
    package private(set) var drops: [PlannedJob] = []
    package private(set) var rewrites: [PlannedJob] = []
    /// When something more may be due in the partition as it is, epoch milliseconds; nil where nothing is known
    /// to be.
    package private(set) var nextDue: Int64?

    static let strategy = "age-off"

    /// - Parameter targetFileSize: rewrites that lie apart share a job up to this size.
    package init(_ picture: PartitionPicture, targetFileSize: Int64) {
        guard let ageOff = picture.ageOff else { return }
        let files = picture.files
        let dropped = files.filter { !$0.isBusy && Self.mayDrop($0, of: picture, ageOff) }
        if !dropped.isEmpty {
            drops = [
                PlannedJob(
                    picture, dropped, .drop, ageOff,
                    "all rows of \(dropped.count) files are older than \(ageOff.days) days")
            ]
        }
        let rest = picture.without(Set(dropped.map(\.id)))
        rewrites = Self.rewrites(rest, ageOff, targetFileSize: targetFileSize)
        let planned = Set((drops + rewrites).flatMap(\.inputs))
        nextDue = files.filter { !planned.contains($0.id) }.compactMap { ageOff.due($0) }.min()
    }

    private static func mayDrop(
        _ file: PartitionPicture.File, of picture: PartitionPicture, _ ageOff: AgeOff
    ) -> Bool {
        guard ageOff.covers(file.age) else { return false }
        guard picture.kind == .upsert else { return true }
        return picture.holdsAllVersions
            && picture.files.allSatisfy { other in
                other.id == file.id || !other.mayShareKeys(with: file)
                    || other.sequences.lowerBound > file.sequences.upperBound
            }
    }

    private static func rewrites(
        _ picture: PartitionPicture, _ ageOff: AgeOff, targetFileSize: Int64
    ) -> [PlannedJob] {
        let isLate = { (file: PartitionPicture.File) in !file.isBusy && ageOff.isLate(file) }
        let late = picture.files.filter(isLate)
        let most = late.map { ageOff.overdue($0.age) }.max() ?? 0
        let reason =
            "\(late.count) files have rows older than \(ageOff.days) days, the oldest "
            + "\(ratioText(most)) times as late as may be"
        if late.isEmpty { return [] }
        if picture.kind == .upsert {
            guard picture.holdsAllVersions, !picture.files.contains(where: \.isBusy) else { return [] }
            return [PlannedJob(picture, picture.files, .merge, ageOff, reason)]
        }
        return picture.runs.flatMap { run in
            stretches(of: run, targetFileSize: targetFileSize, where: isLate).map {
                PlannedJob(picture, $0, .merge, ageOff, reason)
            }
        }
    }

    /// Neighbours in a run share a job up to the target size, so that small ones make no commit each; over a file
    /// that stays, the merge would write across it.
    private static func stretches(
        of run: PartitionPicture.Run, targetFileSize: Int64, where isTaken: (PartitionPicture.File) -> Bool
    ) -> [[PartitionPicture.File]] {
        run.files.split { !isTaken($0) }.flatMap { neighbours in
            var stretches: [[PartitionPicture.File]] = []
            var bytes = targetFileSize
            for file in neighbours {
                if bytes >= targetFileSize {
                    stretches.append([])
                    bytes = 0
                }
                stretches[stretches.count - 1].append(file)
                bytes += file.bytes
            }
            return stretches
        }
    }
}

extension AgeOff {
    private static let day: Int64 = 86_400_000

    /// Whether rows have stayed for too long. What a merge wrote with such rows in it is left alone for a day: if
    /// it could not leave them out, it could not now.
    fileprivate func isLate(_ file: PartitionPicture.File) -> Bool {
        overdue(file.age) >= 1 && !(file.isMerged && now < file.addedAt + Self.day)
    }

    /// When the file goes or is late, as far as is known.
    fileprivate func due(_ file: PartitionPicture.File) -> Int64? {
        due(file.age).map { $0 > now ? $0 : max($0, file.isMerged ? file.addedAt + Self.day : $0) }
    }
}

extension PlannedJob {
    fileprivate init(
        _ picture: PartitionPicture, _ files: [PartitionPicture.File], _ work: Work, _ ageOff: AgeOff,
        _ reason: String
    ) {
        self.init(picture, files: files, strategy: AgeOffPlan.strategy, reason: reason)
        self.work = work
        score = files.map { ageOff.overdue($0.age) }.max() ?? 0
        dueSince = files.compactMap { ageOff.due($0.age) }.min() ?? 0
    }
}
