/// One step of a ``JSONReader``.
@frozen
@usableFromInline
package enum JSONToken: UInt8, Equatable, Sendable {
    case objectBegin, objectEnd, arrayBegin, arrayEnd
    /// The text is the key without its quotes; its colon has been read.
    case key
    /// The text is the string without its quotes.
    case string
    /// The text is the number as written.
    case number
    case `true`, `false`, null
    /// Nothing but white space is left.
    case end
}
