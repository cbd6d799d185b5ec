/// An action that contradicts the state that it is applied to: the log or the writer is wrong.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The version whose actions do not fit.
    package var version: Version
    package var message: String

    package init(_ message: String, at version: Version) {
        self.version = version
        self.message = message
    }

    package var description: String { "version \(version): \(message)" }
}
