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

        mutating func append(_ field: Field) {
            switch field.tag.form {
            case .flag: flag(field.tag)
            case .integer: integer(field.tag, field.integer)
            case .bytes: bytes(field.tag, field.bytes)
            case .bound: bound(field.tag, column: field.column, text: field.bytes)
            }
        }

        mutating func append(_ entry: borrowing FileEntry) {
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
            // Borrowed: a copy of one would retain two arrays.
            values.withUnsafeBufferPointer { values in
                guard let first = values.baseAddress else { return }
                for index in values.indices {
                    first[index].column.withUnsafeBytes { column in
                        first[index].text.withUnsafeBytes { bound(tag, column: column, text: $0) }
                    }
                }
            }
        }
    }
}

extension FileDetails.Tag {
    /// Whether a segment has it at hand even where it has its rows' records: planning asks it of every file.
    var isKept: Bool {
        switch self {
        case .noDataChange, .minKey, .maxKey, .job: true
        default: false
        }
    }

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
    /// One decoded detail; its bytes are borrowed.
    package struct Field {
        package var tag: Tag
        package var integer: Int64 = 0
        /// Of a bound: the name of its column.
        package var column = UnsafeRawBufferPointer(start: nil, count: 0)
        package var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

        package init(_ tag: Tag) { self.tag = tag }

        package init(_ tag: Tag, _ integer: Int64) {
            self.tag = tag
            self.integer = integer
        }

        package init(_ tag: Tag, _ bytes: UnsafeRawBufferPointer) {
            self.tag = tag
            self.bytes = bytes
        }

        package init(_ tag: Tag, column: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
            self.tag = tag
            self.column = column
            bytes = text
        }
    }

    /// Calls `body` with each detail until it returns false; `names` are those of the columns with bounds.
    ///
    /// The bytes were written by ``Writer`` in this process, never read from a disk, so a damaged pair is a
    /// programming error.
    static func forEach(
        _ details: UnsafeRawBufferPointer, names: [ByteString], _ body: (Field) -> Bool
    ) {
        do throws(DecodeError) {
            var reader = ByteReader(details)
            while !reader.isAtEnd {
                guard let tag = Tag(rawValue: try reader.uint8()) else {
                    preconditionFailure("details hold an unknown tag")
                }
                let goesOn: Bool
                switch tag.form {
                case .flag: goesOn = body(Field(tag))
                case .integer: goesOn = body(Field(tag, try reader.zigzag()))
                case .bytes: goesOn = body(Field(tag, try reader.slice(Int(try reader.varint()))))
                case .bound:
                    let name = names[Int(try reader.varint())]
                    let text = try reader.slice(Int(try reader.varint()))
                    goesOn = name.withUnsafeBytes { body(Field(tag, column: $0, text: text)) }
                }
                if !goesOn { return }
            }
        } catch {
            preconditionFailure("details are damaged: \(error)")
        }
    }
}
