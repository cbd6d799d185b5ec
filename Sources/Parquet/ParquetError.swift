package import Bytes

/// Why a Parquet file cannot be read or written, and which column it was about.
package struct ParquetError: Error, Sendable, CustomStringConvertible {
    /// The kinds that a caller may want to tell apart.
    package enum Kind: Equatable, Sendable {
        /// The bytes are not a well-formed Parquet file.
        case malformed
        /// A checksum does not match, or compressed data is damaged.
        case corrupt
        /// Well formed, and something that this build does not read.
        case unsupported
        /// A limit of ours was passed (footer, page, batch).
        case limitExceeded
        /// The caller's batches or columns do not fit the file.
        case mismatch
        /// The source or the sink failed; `underlying` says how.
        case storage
    }

    package var kind: Kind
    package var message: String
    /// The column it was about, where it was about one.
    package var column: ByteString?
    /// The error of the source or the sink.
    package var underlying: (any Error)?

    package init(
        _ kind: Kind, _ message: String, column: ByteString? = nil, underlying: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message
        self.column = column
        self.underlying = underlying
    }

    init(_ error: DecodeError) {
        let kind: Kind =
            switch error.kind {
            case .truncated, .malformed: .malformed
            case .corrupt: .corrupt
            case .unsupported: .unsupported
            case .limitExceeded: .limitExceeded
            }
        self.init(kind, error.description)
    }

    package var description: String {
        guard let column else { return message }
        return "column \"\(column.display)\": \(message)"
    }

    /// The same error with the column it happened in.
    func inColumn(_ name: ByteString) -> ParquetError {
        var error = self
        if error.column == nil { error.column = name }
        return error
    }
}

/// Runs `body` with its decode errors turned into errors of the file.
func decoding<R>(_ body: () throws(DecodeError) -> R) throws(ParquetError) -> R {
    do throws(DecodeError) {
        return try body()
    } catch {
        throw ParquetError(error)
    }
}
