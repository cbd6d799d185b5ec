/// How fields are told apart; both dialects quote as RFC 4180 does.
package enum CSVDialect: Sendable {
    case csv, tsv

    package var delimiter: UInt8 { self == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t") }
}
