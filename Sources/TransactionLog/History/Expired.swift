package import Metadata

/// What ``TransactionLog/expire(states:versionFiles:)`` deleted.
package struct Expired: Hashable, Sendable {
    package var states: [Version] = []
    package var versionFiles: [Version] = []
    /// Why nothing, or less, was deleted: a sentence.
    package var obstacle: String?

    package init() {}
}

/// What a log remembers between two rounds of expiry.
struct ExpiryMemory: Sendable {
    /// The newest state that was read whole; its objects do not change.
    var verified: Version?
    /// When all states were last asked what they use.
    var lastSweepMilliseconds: Int64?
    var dates = KnownDates()
}
