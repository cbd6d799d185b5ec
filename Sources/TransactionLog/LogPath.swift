package import Bytes
package import Metadata

/// The names of a table's metadata objects, relative to the store.
package struct LogPath: Hashable, Sendable {
    /// The table's directory.
    package let table: ByteString

    package init(table: ByteString) { self.table = table }

    /// `<table>/_transaction_log`.
    package var logDirectory: ByteString { table + "/_transaction_log" }
    /// `<table>/_transaction_log/`.
    package var directory: ByteString { table + "/_transaction_log/" }
    /// `<table>/_transaction_log/_last_checkpoint`: a hint, a floor, never the truth.
    package var hint: ByteString { directory + "_last_checkpoint" }
    /// `<table>/_transaction_log/manifests`.
    package var manifests: ByteString { directory + "manifests" }

    package func versionFile(_ version: Version) -> ByteString {
        directory + Self.versionFileName(version)
    }

    /// `state-v00000000000000000040`, below the log's directory.
    package static func stateName(_ version: Version) -> ByteString {
        ByteString("state-v" + digits(version))
    }

    package func stateManifest(_ version: Version) -> ByteString {
        directory + Self.stateName(version) + "/_manifest.avro"
    }

    /// `00000000000000000042.json`.
    package static func versionFileName(_ version: Version) -> ByteString {
        ByteString(digits(version) + ".json")
    }

    /// `manifests/manifest-<16 hex>.avro`, as a state names it.
    package static func manifestName(_ id: UInt64) -> ByteString {
        ByteString("manifests/manifest-" + Hex.string(id) + ".avro")
    }

    /// The number of a name below the log's directory, where it is exactly that of a version file.
    package static func version(ofVersionFile name: ByteString) -> Version? {
        guard name.count == 25, name.hasSuffix(".json") else { return nil }
        return version(name.bytes[..<20])
    }

    /// The number of a state's directory, or of something in it.
    package static func version(ofState name: ByteString) -> Version? {
        guard name.hasPrefix("state-v"), name.count >= 27,
            name.count == 27 || name.bytes[27] == UInt8(ascii: "/")
        else { return nil }
        return version(name.bytes[7..<27])
    }

    static func version(_ digits: ArraySlice<UInt8>) -> Version? {
        var result: Int64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (product, tooLarge) = result.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if tooLarge || carried { return nil }
            result = sum
        }
        return Version(result)
    }

    static func digits(_ version: Version) -> String {
        precondition(version.rawValue >= 0)
        let text = String(version.rawValue)
        return String(repeating: "0", count: 20 - text.utf8.count) + text
    }
}
