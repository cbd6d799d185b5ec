package import Bytes
import JSON
import Records
import Text

/// How a report is printed.
package enum ReportForm: String, Sendable {
    case text, json, csv
}

/// Rows of facts under named columns: the same as text for people, as JSON and as CSV.
package struct ReportTable: Sendable {
    package enum Cell: Sendable {
        case none
        case text(ByteString)
        case integer(Int64)
        /// People see it behind a `~`; programs are told in a column beside it.
        case estimate(Int64)
        case number(Double)
        case flag(Bool)
        /// A count of rows: of what was counted, and of what was estimated, which people see behind a `~`.
        case rows(known: Int64, estimated: Int64)
        /// Epoch milliseconds.
        case time(Int64)
        /// People read `1.5 KiB`.
        case bytes(Int64)
        /// People read `1.5 KiB/s`.
        case rate(Int64)
        /// People read `42%`.
        case percent(Double)
        case seconds(Int64)
        /// For people alone.
        case bar(Double)
    }

    package struct Column: Sendable {
        package enum Kind: Sendable {
            case text, number
            /// `<name>Known` and `<name>Estimated` for programs.
            case rows
            /// For people alone.
            case shown
        }

        /// In JSON and CSV.
        package var name: String
        /// Over the column as text; nil leaves it to the programs.
        package var title: String?
        package var kind: Kind

        package init(_ name: String, _ title: String?, _ kind: Kind = .text) {
            self.name = name
            self.title = title
            self.kind = kind
        }

        fileprivate var names: [String] {
            switch kind {
            case .text, .number: [name]
            case .rows: [name + "Known", name + "Estimated"]
            case .shown: []
            }
        }
    }

    package let columns: [Column]
    package private(set) var rows: [[Cell]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func append(_ row: [Cell]) {
        precondition(row.count == columns.count)
        rows.append(row)
    }

    // MARK: Text

    /// Columns of even width, a title over each; nothing where there are no rows.
    package var text: [UInt8] {
        guard !rows.isEmpty else { return [] }
        let shown = columns.indices.filter { columns[$0].title != nil }
        let titles = shown.map { columns[$0].title ?? "" }
        let texts = rows.map { row in shown.map { row[$0].text } }
        let widths = titles.indices.map { column in
            texts.reduce(titles[column].count) { max($0, $1[column].count) }
        }
        var writer = ByteWriter()
        for line in [titles] + texts {
            var text = ""
            for (place, column) in shown.enumerated() {
                let padding = String(repeating: " ", count: widths[place] - line[place].count)
                let isLast = place == shown.count - 1
                let isRight = columns[column].kind == .number || columns[column].kind == .rows
                text += isRight ? padding + line[place] : line[place] + (isLast ? "" : padding)
                if !isLast { text += "  " }
            }
            writer.append(text: text + "\n")
        }
        return writer.bytes
    }

    // MARK: JSON

    /// An array of one object a row.
    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (column, cell) in zip(columns, row) {
                for (name, value) in zip(column.names, cell.values(column.names.count)) {
                    writer.key(name)
                    value.write(to: &writer)
                }
            }
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: CSV

    /// A header, then a line a row.
    package var csv: [UInt8] { csv(header: true) }
    /// The lines alone: what goes on with another table of the same columns.
    package var csvRows: [UInt8] { csv(header: false) }

    private func csv(header: Bool) -> [UInt8] {
        let schema = columns.flatMap(\.names).enumerated().map {
            TableSchema.Column(id: $0.offset + 1, name: ByteString($0.element), type: .string)
        }
        var builder = BatchBuilder(schema: schema)
        for row in rows {
            builder.append(
                row: zip(columns, row).flatMap { column, cell in
                    cell.values(column.names.count).map { $0.csv.map(TypedValue.bytes) }
                })
        }
        var writer = CSVWriter(schema: schema, header: header)
        writer.write(builder.finish())
        return writer.take()
    }
}

extension ReportTable.Cell {
    fileprivate var text: String {
        switch self {
        case .none: "-"
        case .text(let text): text.isEmpty ? "-" : PercentEncoding.readable(text).display
        case .integer(let value): String(value)
        case .estimate(let value): "~\(value)"
        case .number(let value): FixedText.text(value, digits: 2)
        case .flag(let value): value ? "yes" : "no"
        case .rows(let known, let estimated): RowCountText.text(known: known, estimated: estimated)
        case .time(let milliseconds): TimestampText.iso(milliseconds: milliseconds)
        case .bytes(let bytes): ByteCountText.text(bytes)
        case .rate(let bytes): ByteCountText.text(bytes) + "/s"
        case .percent(let value): FixedText.text(value, digits: 1) + "%"
        case .seconds(let seconds): DurationText.text(seconds)
        case .bar(let share): ProgressBar.text(share)
        }
    }

    /// As programs see it: one value, none, or the two of a count of rows.
    fileprivate func values(_ count: Int) -> [ReportTable.Cell] {
        guard case .rows(let known, let estimated) = self else { return Array(repeating: self, count: count) }
        return [.integer(known), .integer(estimated)]
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .none, .rows: writer.null()
        case .text(let text): writer.value(text)
        case .integer(let value), .estimate(let value), .bytes(let value), .rate(let value),
            .seconds(let value):
            writer.value(value)
        case .number(let value), .percent(let value), .bar(let value): writer.value(value)
        case .flag(let value): writer.value(value)
        case .time(let value): writer.value(TimestampText.iso(milliseconds: value))
        }
    }

    fileprivate var csv: ByteString? {
        switch self {
        case .none, .rows: nil
        case .text(let text): text
        case .integer(let value), .estimate(let value), .bytes(let value), .rate(let value),
            .seconds(let value):
            ByteString(String(value))
        case .number(let value), .percent(let value), .bar(let value): ByteString("\(value)")
        case .flag(let value): value ? "true" : "false"
        case .time(let value): ByteString(TimestampText.iso(milliseconds: value))
        }
    }
}
