package import Metadata

/// The names that a log's directory holds, ascending.
package struct LogListing: Hashable, Sendable {
    package var versions: [Version]
    package var states: [Version]
    /// False where only what is at or above a floor was listed.
    package var isWhole: Bool

    package init(versions: [Version], states: [Version], isWhole: Bool) {
        self.versions = versions
        self.states = states
        self.isWhole = isWhole
    }

    /// Of version files and states.
    package var newestVersion: Version? { [versions.last, states.last].compactMap { $0 }.max() }
}
