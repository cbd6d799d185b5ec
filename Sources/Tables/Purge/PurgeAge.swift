package import Bytes
import Platform

/// For how long a thing must have been unneeded for a purge to delete it.
///
/// What a table's own rules keep is kept whatever is asked; this only adds to them.
package struct PurgeAge: Hashable, Sendable {
    package static let defaultText: ByteString = "7d"
    /// Below this only who insists gets it.
    package static let minimumMilliseconds: Int64 = 24 * 3_600_000

    package let milliseconds: Int64
    /// As it was asked for.
    package let text: ByteString

    /// - Parameter text: `30m`, `36h`, `7d`, or a time (`2026-11-14`, `2026-11-14T12:00:00Z`).
    /// - Throws: EINVAL in words for anything else, a time to come, and less than a day without `isForced`.
    package init(_ text: ByteString, isForced: Bool, now: Int64) throws(StoreError) {
        self.text = text
        guard let age = Self.age(text, now: now) else {
            throw StoreError(
                .einval, "\"\(text)\" is no age: 30m, 36h and 7d are, and times such as 2026-11-14T12:00:00Z")
        }
        guard age >= 0 else {
            throw StoreError(
                .einval, "\(text) lies in the future: what is not needed since then is not known")
        }
        guard age >= Self.minimumMilliseconds || isForced else {
            throw StoreError(
                .einval,
                "\(text) is less than 24h, in which a reader on another machine may still be told of an error for "
                    + "what a purge deletes, and a mistake be taken back with an older version. --force does it: "
                    + "then the table's retention, gc.delayMinutes and pins still hold, and unknown files keep their 24 h"
            )
        }
        milliseconds = age
    }

    private static func age(_ text: ByteString, now: Int64) -> Int64? {
        let digits = text.bytes.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        if !digits.isEmpty, digits.count <= 7, digits.count == text.count - 1 {
            let count = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            switch text.bytes.last {
            case UInt8(ascii: "m"): return count * 60_000
            case UInt8(ascii: "h"): return count * 3_600_000
            case UInt8(ascii: "d"): return count * 86_400_000
            default: return nil
            }
        }
        return TimestampText.parseMicroseconds(text).map { now - $0 / 1_000 }
    }
}
