package import Bytes
package import Records

/// Where a text file is wrong, and how.
package struct TextError: Error, Sendable, CustomStringConvertible {
    /// From 1; newlines inside quotes count.
    package var line: Int
    /// In bytes, from 1.
    package var column: Int
    package var columnName: ByteString?
    package var value: ByteString?
    package var expectedType: ColumnType?
    package var message: String
    /// What the source of the bytes threw, where that was the reason.
    package var cause: (any Error)?

    package init(
        line: Int, column: Int, columnName: ByteString? = nil, value: ByteString? = nil,
        expectedType: ColumnType? = nil, message: String, cause: (any Error)? = nil
    ) {
        self.line = line
        self.column = column
        self.columnName = columnName
        self.value = value
        self.expectedType = expectedType
        self.message = message
        self.cause = cause
    }

    package var description: String { "line \(line), column \(column): \(message)" }

    /// A value that is none of its column's type; long values are cut in the message.
    static func mismatch(
        line: Int, column: Int, name: ByteString, value: ByteString, type: ColumnType
    ) -> TextError {
        let shown = value.count <= 80 ? value.display : ByteString(value.bytes[..<80]).display + "…"
        return TextError(
            line: line, column: column, columnName: name, value: value, expectedType: type,
            message: "\"\(shown)\" is no \(type.name), which the column \(name.display) is")
    }

    static func missing(line: Int, column: Int, name: ByteString, type: ColumnType) -> TextError {
        TextError(
            line: line, column: column, columnName: name, expectedType: type,
            message: "the column \(name.display) has no value here and must not be null")
    }
}
