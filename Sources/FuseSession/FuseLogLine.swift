/// Something that the log of the daemon should say.
package struct FuseLogLine: Sendable {
    package enum Severity: Sendable {
        /// A person was refused something: once per refused operation.
        case refusal
        case notice
        /// A defect, or a request that the system could not serve.
        case error
    }

    package let severity: Severity
    package let message: String

    package init(_ severity: Severity, _ message: String) {
        self.severity = severity
        self.message = message
    }
}
