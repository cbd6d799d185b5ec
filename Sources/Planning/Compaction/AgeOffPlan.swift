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
            var drop = PlannedJob(
                picture, files: dropped, strategy: Self.strategy,
                reason: "all rows of \(filesText(dropped.count)) are older than \(ageOff.days) days")
            drop.work = .drop
            drop.dueSince = dropped.compactMap { ageOff.coversFrom($0.age) }.min() ?? 0
            drops = [drop]
        }
        let gone = Set(dropped.map(\.id))
        rewrites = Self.rewrites(
            picture.filter { !gone.contains($0.id) }, ageOff, targetFileSize: targetFileSize)
        let planned = Set((drops + rewrites).flatMap(\.inputs))
        nextDue = files.filter { !$0.isBusy && !planned.contains($0.id) }.compactMap { ageOff.next($0) }.min()
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
        if picture.kind == .append {
            return picture.runs.flatMap { run in
                stretches(of: run, targetFileSize: targetFileSize, where: isLate).map {
                    rewrite($0, of: picture, ageOff)
                }
            }
        }
        let files = picture.files
        guard picture.holdsAllVersions, files.contains(where: isLate), !files.contains(where: \.isBusy) else {
            return []
        }
        return [rewrite(files, of: picture, ageOff)]
    }

    private static func rewrite(
        _ files: [PartitionPicture.File], of picture: PartitionPicture, _ ageOff: AgeOff
    ) -> PlannedJob {
        let overdue = files.map { ageOff.overdue($0.age) }
        let most = overdue.max() ?? 0
        var job = PlannedJob(
            picture, files: files, strategy: strategy,
            reason:
                "rows of \(filesText(overdue.count { $0 > 0 })) are older than \(ageOff.days) days, the oldest "
                + "\(ratioText(most)) times as late as may be")
        job.score = most
        job.dueSince = files.compactMap { ageOff.isOverdueFrom($0.age) }.min() ?? 0
        return job
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
    fileprivate func next(_ file: PartitionPicture.File) -> Int64? {
        let isLateFrom = isOverdueFrom(file.age).map { max($0, file.isMerged ? file.addedAt + Self.day : $0) }
        return [coversFrom(file.age), isLateFrom].compactMap { $0 }.min()
    }
}
