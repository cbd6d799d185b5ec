package import Bytes
import JSON
package import Planning
import Platform

extension Table {
    /// Deletes what nothing has needed for so long; nil where a collection or purge of this process is under way.
    package func purge(
        _ age: PurgeAge, progress: (Purger.Progress) -> Void = { _ in }
    ) throws(StoreError) -> Purger.Outcome? {
        try services.inForeground { () throws(StoreError) in
            let outcome = try withReserve { () throws(StoreError) in
                try Purger(table: self).run(age, progress: progress)
            }
            record(PurgeReport(outcome, age: age))
            return outcome
        }
    }

    /// What a purge would do, as of now.
    package func purgePlan(_ age: PurgeAge) throws(StoreError) -> PurgePlan {
        try Purger(table: self).plan(age)
    }

    /// The words after `purge` in a line of `ctl`: an age, `dry-run`, `force`. What comes of it is a line of
    /// `events`.
    package func purge(words: [ByteString]) throws(StoreError) {
        let ages = words.filter { $0 != "dry-run" && $0 != "force" }
        guard ages.count <= 1 else {
            throw StoreError(.einval, "purge takes one age, dry-run and force, not \"\(ages[1])\"")
        }
        let age = try PurgeAge(
            ages.first ?? PurgeAge.defaultText, isForced: words.contains("force"),
            now: context.clock.nowMilliseconds())
        guard !words.contains("dry-run") else { return record(PurgeReport(try purgePlan(age), age: age)) }
        guard try purge(age) != nil else {
            throw StoreError(.ebusy, "garbage of \(name) is being collected: try again in a moment")
        }
    }

    private func record(_ report: PurgeReport) {
        var object = report.summary(withItems: false)
        object["event"] = "purge"
        record(object)
    }
}
