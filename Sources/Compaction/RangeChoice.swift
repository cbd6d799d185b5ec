import Synchronization

/// How many ranges of keys a job merges at the same time: two where a person waits for it or nobody uses the mount, else
/// one.
///
/// It is decided anew before each pass, and behind each finished file that the log knows, where one range becomes two.
/// Two that are under way cannot become one without losing a file; while the mount is used, one of them waits.
final class RangeChoice: Sendable {
    /// Ends a merge that could have more ranges behind what is finished.
    struct WantsMore: Error {}

    private let mayHaveSeveral: @Sendable () -> Bool
    private let chosen = Atomic(1)

    init(_ mayHaveSeveral: @escaping @Sendable () -> Bool) { self.mayHaveSeveral = mayHaveSeveral }

    var mayRunSeveral: Bool { mayHaveSeveral() }

    /// For the merge that begins now.
    func choose() -> Int {
        let count = mayHaveSeveral() ? 2 : 1
        chosen.store(count, ordering: .relaxed)
        return count
    }

    /// Whether the merge that was chosen for last could have more by now.
    var wantsMore: Bool { chosen.load(ordering: .relaxed) == 1 && mayHaveSeveral() }
}
