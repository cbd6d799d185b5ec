package import Bytes
import JSON
import Platform
package import Storage

extension IngestService {
    /// Where refused bytes are kept, below the table.
    package static let rejectedDirectory: ByteString = "_rejected"

    /// Keeps the bytes of a refused file beside the reason: `_rejected/NAME` and `_rejected/NAME.error`.
    ///
    /// NAME is the file's path with `/` and a leading `.` percent-encoded, cut where it is long, and numbered
    /// where it is taken. The staged file itself may become the kept one (a second name of it): it must not
    /// be written to any more.
    ///
    /// - Returns: NAME.
    @discardableResult
    package func reject(_ file: StagedFile, _ refusal: IngestRefusal) throws(StorageError) -> ByteString {
        let directory = ObjectKey.child(Self.rejectedDirectory, of: context.directory)
        for number in 1... {
            let name = Self.rejectedName(file.relativePath, number: number)
            let key = ObjectKey.child(name, of: directory)
            if try context.storage.exists(key + ".error") { continue }
            do throws(StorageError) {
                try context.storage.putIfAbsent(key, fromLocal: file.localPath, sharing: true)
            } catch  where error.kind == .alreadyExists {
                continue
            }
            // The bytes count; the reason stands in the table's list of refusals as well.
            try context.storage.putIfAbsent(key + ".error", refusal.json(at: context.clock.nowMilliseconds()))
            return name
        }
        preconditionFailure("numbers do not end")
    }

    /// `flights.csv`, `flights-2.csv`, …, of 230 bytes at most.
    static func rejectedName(_ path: ByteString, number: Int) -> ByteString {
        let dot = UInt8(ascii: ".")
        let parts = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { PercentEncoding.encodeInvalid(ByteString($0)).bytes }
        var stem = Array(parts.joined(separator: "%2F".utf8))
        if stem.first == dot { stem.replaceSubrange(0..<1, with: "%2E".utf8) }
        var ending: [UInt8] = []
        if let last = parts.last, let place = last.lastIndex(of: dot), place > 0, last.count - place <= 16 {
            ending = Array(last[place...])
            stem.removeLast(ending.count)
        }
        let tail = (number > 1 ? Array("-\(number)".utf8) : []) + ending
        if stem.count + tail.count > 230 {
            stem.removeLast(stem.count + tail.count - 230)
            // A character is not cut in two.
            while !stem.isEmpty, !ByteString(stem).isUTF8 { stem.removeLast() }
        }
        return ByteString(stem + tail)
    }
}

extension IngestRefusal {
    /// `{"time":…,"path":…,"errno":"EBADMSG","rule":"value","message":…,"line":3,…}` and a newline.
    package func json(at milliseconds: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("time")
        json.value(milliseconds)
        if let path { json.member("path", PercentEncoding.encodeInvalid(path)) }
        json.member("errno", ByteString(errno.name))
        json.member("rule", ByteString(rule.rawValue))
        json.member("message", ByteString(message))
        if let line {
            json.key("line")
            json.value(Int64(line))
        }
        if let column {
            json.key("column")
            json.value(Int64(column))
        }
        if let columnName { json.member("columnName", columnName) }
        if let expected { json.member("expected", ByteString(expected)) }
        if let found { json.member("found", PercentEncoding.encodeInvalid(found)) }
        if let remedy { json.member("remedy", ByteString(remedy)) }
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: ByteString, _ text: ByteString) {
        key(name)
        value(text)
    }
}
