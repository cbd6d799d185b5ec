package import Bytes
import JSON
import Metadata
import Storage

/// Since when things are known to be unreferenced: what a purge saw and wrote down, for the next one.
///
/// That nothing refers to a manifest leaves no trace of its own, and its storage time says when it was written,
/// perhaps months before the last state that named it went. So the first look that finds it unreferenced notes the
/// time; a later look that finds it referenced takes the note back.
///
/// ```
/// <table>/_transaction_log/unreferenced/00000000000000000007.json
/// {"since":{"manifests/manifest-00000000000000aa.avro":1700000000000,"session/0000000000000007":1700000000000}}
/// ```
///
/// The object with the highest number counts. It is put if absent and never changed, so of two purges that note at
/// the same time one loses, and deletes nothing by what it thought.
package struct UnreferencedNote: Hashable, Sendable {
    /// Of the object that it was read from; 0 where there was none.
    package var number: Int64
    /// By name: epoch milliseconds.
    package var since: [ByteString: Int64]

    var bytes: [UInt8] {
        var members = JSONObject()
        members.members = since.sorted { $0.key < $1.key }.map {
            JSONObject.Member(key: $0.key, value: .integer($0.value))
        }
        return JSONValue.object(["since": .object(members)]).compactBytes + [UInt8(ascii: "\n")]
    }

    init(number: Int64, since: [ByteString: Int64] = [:]) {
        self.number = number
        self.since = since
    }

    /// What cannot be understood says nothing: ages count anew.
    init(number: Int64, decoding bytes: [UInt8]) {
        self.init(number: number)
        guard let members = try? JSONValue.parse(bytes).objectValue?["since"]?.objectValue else { return }
        for member in members.members {
            if let time = member.value.int64Value { since[member.key] = time }
        }
    }
}

extension TransactionLog {
    private var noteDirectory: ByteString { path.directory + "unreferenced" }

    private func noteKey(_ number: Int64) -> ByteString {
        noteDirectory + "/" + LogPath.versionFileName(Version(number))
    }

    /// The note in force.
    package func unreferencedNote() throws(LogError) -> UnreferencedNote {
        for _ in 0..<8 {
            guard let number = try noteNumbers().last else { return UnreferencedNote(number: 0) }
            // One that goes meanwhile has a successor.
            if let bytes = try store.read(noteKey(number)) {
                return UnreferencedNote(number: number, decoding: bytes)
            }
        }
        throw .storage(StorageError(.unavailable, .get, noteDirectory, detail: "it changes with every look"))
    }

    /// Puts another note in the place of one that was read, where nobody else did so meanwhile; nil where somebody
    /// did. What was read and still says the same is left as it is.
    package func replace(
        _ note: UnreferencedNote, since: [ByteString: Int64]
    ) throws(LogError) -> UnreferencedNote? {
        if note.since == since {
            return try noteNumbers().last ?? 0 == note.number ? note : nil
        }
        let next = UnreferencedNote(number: note.number + 1, since: since)
        switch store.create(noteKey(next.number), next.bytes) {
        case .created: break
        case .exists: return nil
        case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
        }
        // A writer that slept may have filled a hole below notes that came and went.
        let numbers = try noteNumbers()
        for number in numbers where number < (numbers.last ?? 0) { try store.delete(noteKey(number)) }
        return numbers.last == next.number ? next : nil
    }

    private func noteNumbers() throws(LogError) -> [Int64] {
        do throws(StorageError) {
            return try store.storage.list(noteDirectory).compactMap {
                LogPath.version(ofVersionFile: $0.name)?.rawValue
            }.sorted()
        } catch {
            throw .storage(error)
        }
    }
}
