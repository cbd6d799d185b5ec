import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage
import Text
import TransactionLog

// What other modules throw, as refusals.
extension IngestRefusal {
    init(cause: any Error) {
        switch cause {
        case let refusal as IngestRefusal: self = refusal
        case let error as TextError: self.init(error)
        case let error as ParquetError: self.init(error)
        case let error as MergeError: self.init(error)
        case let error as StorageError: self.init(error)
        case let error as DecodeError:
            self.init(
                .ebadmsg, .content, "the compressed content is damaged: \(error)",
                remedy: "copy the file again")
        case let error as Errno:
            self.init(.eio, .storage, "the file cannot be read: \(error)", remedy: "copy it again")
        case is CancellationError: self.init(.ecanceled, .cancelled, "the commit was cancelled")
        default: self.init(.eio, .storage, "\(cause)")
        }
    }

    private init(_ error: TextError) {
        if let cause = error.cause {
            self.init(cause: cause)
            return
        }
        let isValue = error.value != nil && error.expectedType != nil
        self.init(
            .ebadmsg, isValue ? .value : error.columnName != nil ? .column : .content, error.message,
            line: error.line, column: error.column, columnName: error.columnName,
            expected: error.expectedType?.name, found: error.value,
            remedy: isValue
                ? "correct the value; the type of a column that has values does not change" : nil)
    }

    private init(_ error: ParquetError) {
        switch error.kind {
        case .storage:
            if let underlying = error.underlying {
                self.init(cause: underlying)
            } else {
                self.init(.eio, .storage, error.description)
            }
        case .unsupported, .limitExceeded:
            self.init(.eopnotsupp, .format, error.description, columnName: error.column)
        case .malformed, .corrupt, .mismatch:
            self.init(
                .ebadmsg, .content, error.description, columnName: error.column,
                remedy: "write the file again; it is damaged or cut short")
        }
    }

    private init(_ error: MergeError) {
        if let underlying = error.underlying {
            self.init(cause: underlying)
        } else if error.kind == .cancelled {
            self.init(.ecanceled, .cancelled, "the commit was cancelled")
        } else {
            self.init(.eio, .storage, error.description)
        }
    }

    init(_ error: StorageError) {
        switch error.kind {
        case .noSpace:
            self.init(
                .enospc, .space, "there is no room for the data: \(error)", remedy: "make room, copy again")
        default: self.init(.eio, .storage, "the store failed: \(error)", remedy: "copy the file again")
        }
    }

    init(_ error: LogError) {
        if case .storage(let storage) = error {
            self.init(storage)
        } else {
            self.init(.eio, .storage, "the table's log failed: \(error)")
        }
    }

    init(_ error: ConversionError, column: ByteString, firstRow: Int) {
        let place = error.row.map { "row \(firstRow + $0 + 1): " } ?? ""
        self.init(
            .ebadmsg, .value, "\(place)column \(column.display): \(error)", columnName: column,
            expected: error.to.name, found: error.value)
    }
}
