package import Metadata

/// The names that a log's directory holds, ascending.
package struct LogListing: Hashable, Sendable {
    package var versions: [Version]
    package var states: [Version]
    /// Those with a JSON checkpoint; whether all its parts are there is not looked at.
    package var checkpoints: [Version]
    /// False where only what is at or above a floor was listed.
    package var isWhole: Bool

    package init(versions: [Version], states: [Version], checkpoints: [Version] = [], isWhole: Bool) {
        self.versions = versions
        self.states = states
        self.checkpoints = checkpoints
        self.isWhole = isWhole
    }

    /// Of version files, states and checkpoints.
    package var newestVersion: Version? {
        [versions.last, states.last, checkpoints.last].compactMap { $0 }.max()
    }
}
