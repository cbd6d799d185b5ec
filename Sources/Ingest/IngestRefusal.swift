package import Bytes
package import Platform

/// Why files were not taken, in words and numbers for a person who looks at the file.
package struct IngestRefusal: Error, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// Not a format that is read.
        case format
        /// Damaged, cut short, or not what its name says.
        case content
        /// A value that its column cannot take.
        case value
        /// A column that the table lacks, or that the file lacks.
        case column
        /// A schema that cannot be the table's.
        case schema
        /// A directory `column=value` that contradicts the file, or names no column.
        case partition
        /// Taken before, and `ingest.duplicates` is `refuse`.
        case duplicate
        case space
        case storage
        /// The commit may or may not have happened.
        case unknownOutcome
        case readOnly
        case cancelled
    }

    package var errno: Errno
    package var rule: Rule
    /// One sentence.
    package var message: String
    /// The file it was about, below `ingest/`.
    package var path: ByteString?
    /// From 1.
    package var line: Int?
    /// In bytes of the line, from 1.
    package var column: Int?
    package var columnName: ByteString?
    package var expected: String?
    package var found: ByteString?
    package var remedy: String?

    package init(
        _ errno: Errno, _ rule: Rule, _ message: String, path: ByteString? = nil, line: Int? = nil,
        column: Int? = nil, columnName: ByteString? = nil, expected: String? = nil,
        found: ByteString? = nil, remedy: String? = nil
    ) {
        self.errno = errno
        self.rule = rule
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.columnName = columnName
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }

    package var description: String {
        let place = line.map { "line \($0)" + (column.map { ", column \($0)" } ?? "") + ": " } ?? ""
        return (path.map { "\($0.display): " } ?? "") + place + message
    }

    /// The same with the file it was about, where it does not say one.
    package func about(_ name: ByteString) -> IngestRefusal {
        var refusal = self
        refusal.path = path ?? name
        return refusal
    }

    func about(_ file: StagedFile) -> IngestRefusal { about(file.relativePath) }
}
