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

    /// Removes what was found, unless it has changed since.
    package func remove(_ found: Found) throws(StorageError) {
        guard let bytes = try contents(key(found.id)), Found(found.id, bytes).mark == found.mark else {
            return
        }
        try remove(found.id)
    }

    /// Whether a session's heartbeat is there.
    func contains(_ id: SessionID) throws(StorageError) -> Bool { try storage.exists(key(id)) }

    /// What stands where a heartbeat should.
    package enum Found: Sendable {
        case heartbeat(Heartbeat)
        /// It cannot be understood; a living session replaces it. The sum is that of its bytes.
        case unreadable(SessionID, sum: UInt64, reason: String)

        package var id: SessionID {
            switch self {
            case .heartbeat(let heartbeat): heartbeat.id
            case .unreadable(let id, _, _): id
            }
        }

        package var heartbeat: Heartbeat? {
            if case .heartbeat(let heartbeat) = self { heartbeat } else { nil }
        }

        /// Changes while the session lives.
        var mark: UInt64 {
            switch self {
            case .heartbeat(let heartbeat): heartbeat.counter
            case .unreadable(_, let sum, _): sum
            }
        }

        init(_ id: SessionID, _ bytes: [UInt8]) {
            do throws(DecodeError) {
                let heartbeat = try Heartbeat(decoding: bytes)
                guard heartbeat.id == id else {
                    throw DecodeError(.malformed, at: 0, "it is the heartbeat of session \(heartbeat.id)")
                }
                self = .heartbeat(heartbeat)
            } catch {
                let sum = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
                    ($0 ^ UInt64($1)) &* 0x100_0000_01B3
                }
                self = .unreadable(id, sum: sum, reason: "\(error)")
            }
        }
    }

    /// Whatever stands where heartbeats do. One that was removed since it was listed is left out.
    package func found() throws(StorageError) -> [Found] {
        var result: [Found] = []
        for object in try storage.list(Self.name) {
            guard let id = Self.session(ofName: object.name),
                let bytes = try contents(key(id))
            else { continue }
            result.append(Found(id, bytes))
        }
        return result
    }

    /// Other names are nobody's heartbeat.
    private static func session(ofName name: ByteString) -> SessionID? {
        guard name.count == 21, name.hasSuffix(".json") else { return nil }
        return Hex.parse(name.bytes[..<16]).map { SessionID($0) }
    }

    /// Every session's heartbeat.
    ///
    /// - Throws: Where one cannot be read. A heartbeat that was removed since it was listed is no error.
    package func heartbeats() throws(SessionsUnreadable) -> [Heartbeat] {
        let found: [Found]
        do throws(StorageError) { found = try self.found() } catch {
            throw SessionsUnreadable(message: "\(error)")
        }
        var result: [Heartbeat] = []
        for item in found {
            switch item {
            case .heartbeat(let heartbeat): result.append(heartbeat)
            case .unreadable(let id, _, let reason):
                throw SessionsUnreadable(message: "\(key(id)): \(reason)")
            }
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
