package import Bytes

/// The rarely used fields of a file, as bytes: `tag value` pairs in any order, decoded when asked for.
///
/// An integer is a zigzag varint, a byte string a varint length and its bytes, a bound the number of its
/// column's name in the segment and a byte string.
package enum FileDetails {
    package enum Tag: UInt8, Sendable {
        /// Present and possibly empty; the bounds follow, one pair each.
        case hasMinValues = 1, hasMaxValues, hasTags
        case minValue, maxValue
        case tag
        /// The entry only moves rows: `dataChange` is false.
        case noDataChange
        case stats, minKey, maxKey, source
        case footerStart, footerEnd, mergeOperationCount, uncompressedSize
        case minSequence, maxSequence, deletedRowCount, job
    }

    /// Writes the details of the row that is appended next.
    package struct Writer {
        var bytes = ByteWriter()
        var names = ByteInterner()

        package mutating func flag(_ tag: Tag) { bytes.uint8(tag.rawValue) }

        package mutating func integer(_ tag: Tag, _ value: Int64) {
            bytes.uint8(tag.rawValue)
            bytes.zigzag(value)
        }

        package mutating func bytes(_ tag: Tag, _ value: UnsafeRawBufferPointer) {
            bytes.uint8(tag.rawValue)
            bytes.varint(UInt64(value.count))
            bytes.append(value)
        }

        package mutating func bytes(_ tag: Tag, _ value: ByteString) {
            value.withUnsafeBytes { bytes(tag, $0) }
        }

        /// A bound: `tag` is `minValue` or `maxValue`, and `hasMinValues` or `hasMaxValues` went before.
        package mutating func bound(
            _ tag: Tag, column: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer
        ) {
            bytes.uint8(tag.rawValue)
            bytes.varint(UInt64(names.code(column)))
            bytes.varint(UInt64(text.count))
            bytes.append(text)
        }

        mutating func append(_ entry: FileEntry) {
            if !entry.dataChange { flag(.noDataChange) }
            bounds(entry.minValues, .hasMinValues, .minValue)
            bounds(entry.maxValues, .hasMaxValues, .maxValue)
            if let stats = entry.stats { bytes(.stats, stats) }
            if let key = entry.minKey { bytes(.minKey, key) }
            if let key = entry.maxKey { bytes(.maxKey, key) }
            if let source = entry.source { bytes(.source, source) }
            if let start = entry.footerStartOffset { integer(.footerStart, start) }
            if let end = entry.footerEndOffset { integer(.footerEnd, end) }
            if let count = entry.mergeOperationCount { integer(.mergeOperationCount, Int64(count)) }
            if let size = entry.uncompressedSizeBytes { integer(.uncompressedSize, size) }
            if let sequence = entry.minSequence { integer(.minSequence, sequence) }
            if let sequence = entry.maxSequence { integer(.maxSequence, sequence) }
            if entry.deletedRowCount != 0 { integer(.deletedRowCount, entry.deletedRowCount) }
            if let job = entry.job { integer(.job, Int64(bitPattern: job.rawValue)) }
            if let tags = entry.tags {
                flag(.hasTags)
                for tag in tags { bytes(.tag, tag) }
            }
        }

        private mutating func bounds(_ values: [FileEntry.ColumnText]?, _ present: Tag, _ tag: Tag) {
            guard let values else { return }
            flag(present)
            for value in values {
                value.column.withUnsafeBytes { column in
                    value.text.withUnsafeBytes { bound(tag, column: column, text: $0) }
                }
            }
        }
    }
}

extension FileDetails.Tag {
    enum Form { case flag, integer, bytes, bound }

    var form: Form {
        switch self {
        case .hasMinValues, .hasMaxValues, .hasTags, .noDataChange: .flag
        case .minValue, .maxValue: .bound
        case .tag, .stats, .minKey, .maxKey, .source: .bytes
        default: .integer
        }
    }
}

extension FileDetails {
    /// One decoded pair; `bytes` is borrowed.
    struct Field {
        var tag: Tag
        var integer: Int64 = 0
        var nameCode = 0
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Calls `body` with each pair until it returns false.
    ///
    /// The bytes were written by ``Writer`` in this process, so a damaged pair is a programming error.
    static func forEach(_ details: UnsafeRawBufferPointer, _ body: (Field) -> Bool) {
        do throws(DecodeError) {
            var reader = ByteReader(details)
            while !reader.isAtEnd {
                guard let tag = Tag(rawValue: try reader.uint8()) else {
                    preconditionFailure("details hold an unknown tag")
                }
                var field = Field(tag: tag)
                switch tag.form {
                case .flag: break
                case .integer: field.integer = try reader.zigzag()
                case .bytes: field.bytes = try reader.slice(Int(try reader.varint()))
                case .bound:
                    field.nameCode = Int(try reader.varint())
                    field.bytes = try reader.slice(Int(try reader.varint()))
                }
                if !body(field) { return }
            }
        } catch {
            preconditionFailure("details are damaged: \(error)")
        }
    }
}
