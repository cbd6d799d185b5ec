package import Bytes
package import Metadata
package import Storage

/// The heartbeats of a store: `_sessions/<16 hex>.json`.
package struct SessionDirectory: Sendable {
    package static let name: ByteString = "_sessions"
    private let storage: any ObjectStorage

    package init(storage: any ObjectStorage) {
        self.storage = storage
    }

    private func key(_ id: SessionID) -> ByteString {
        Self.name + "/" + ByteString(id.description) + ".json"
    }

    /// Replaces the session's heartbeat. It need not survive a power cut: after one the session is gone too.
    package func publish(_ heartbeat: Heartbeat) throws(StorageError) {
        try storage.overwriteHint(key(heartbeat.id), heartbeat.encoded)
    }

    package func remove(_ id: SessionID) throws(StorageError) {
        try storage.delete(key(id))
    }

    /// Every session's heartbeat.
    ///
    /// - Throws: Where one cannot be read. A heartbeat that was removed since it was listed is no error.
    package func heartbeats() throws(SessionsUnreadable) -> [Heartbeat] {
        var result: [Heartbeat] = []
        do {
            for object in try storage.list(Self.name) {
                let objectKey = Self.name + "/" + object.name
                guard object.name.hasSuffix(".json"), let bytes = try contents(objectKey) else { continue }
                result.append(try Heartbeat(decoding: bytes))
            }
        } catch {
            throw SessionsUnreadable(message: "\(error)")
        }
        return result
    }

    private func contents(_ key: ByteString) throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            return try storage.get(key)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}

/// Some session's heartbeat cannot be read: who decides what may be deleted deletes nothing.
package struct SessionsUnreadable: Error, CustomStringConvertible {
    package var message: String
    package var description: String { "the sessions of the store cannot be read: \(message)" }
}
