import Bytes
import Storage

extension MemoryStorage {
    /// The contents of a file: those a reader sees, and those on disk.
    final class File: @unchecked Sendable {
        // Unchecked: only touched with the storage's lock held.
        var bytes: [UInt8]
        var durable: [UInt8] = []
        var modified: Int64
        /// Room that it takes without having been written.
        var reservedBytes: UInt64 = 0

        init(bytes: [UInt8], modified: Int64) {
            self.bytes = bytes
            self.modified = modified
        }

        var sizeBytes: UInt64 { UInt64(bytes.count) + reservedBytes }

        func sync() { durable = bytes }
    }

    struct State: Sendable {
        /// What names stand for now, and what they stand for on disk.
        var current: [ByteString: File] = [:]
        var durable: [ByteString: File] = [:]
        var directories: Set<ByteString> = []
        var durableDirectories: Set<ByteString> = []
        var steps: [String] = []
        var faults: [Int: Fault] = [:]
        var isDead = false
        var limitBytes: UInt64
        var milliseconds: Int64 = 1_706_704_496_123

        init(limitBytes: UInt64) { self.limitBytes = limitBytes }

        var usedBytes: UInt64 { current.values.reduce(0) { $0 + $1.sizeBytes } }

        /// Counts a step and meets its fault. Returns whether the step is to throw `unknownOutcome` once done.
        mutating func step(
            _ operation: StorageError.Operation, _ key: ByteString, _ what: String = ""
        ) throws(StorageError) -> Bool {
            if isDead { throw StorageError(.unavailable, operation, key, detail: "crashed") }
            steps.append("\(operation.rawValue)\(what.isEmpty ? "" : " \(what)") \(key.display)")
            switch faults.removeValue(forKey: steps.count) {
            case nil: return false
            case .crash:
                isDead = true
                throw StorageError(.unavailable, operation, key, detail: "crashed")
            case .error(let kind): throw StorageError(kind, operation, key, detail: "injected")
            case .lostReply: return true
            }
        }

        /// Throws where a component of the key is a file, or the key a directory.
        func checkPlace(_ key: ByteString, _ operation: StorageError.Operation) throws(StorageError) {
            for prefix in ObjectKey.prefixes(of: key).dropLast() where current[prefix] != nil {
                throw StorageError(.notFound, operation, key, detail: "\(prefix) is no directory")
            }
        }

        func checkSpace(_ count: UInt64, _ operation: StorageError.Operation, _ key: ByteString)
            throws(StorageError)
        {
            if count > limitBytes - min(limitBytes, usedBytes) {
                throw StorageError(.noSpace, operation, key)
            }
        }

        /// Makes the directories of a key; their names are on disk at once, as the real storage syncs them first.
        mutating func makeDirectories(of key: ByteString) {
            for prefix in ObjectKey.prefixes(of: key).dropLast() {
                directories.insert(prefix)
                durableDirectories.insert(prefix)
            }
        }

        /// Brings the names of one directory to disk: new ones and deletions.
        mutating func syncNames(of directory: ByteString) {
            for key in durable.keys where ObjectKey.parent(of: key) == directory && current[key] == nil {
                durable[key] = nil
            }
            for (key, file) in current where ObjectKey.parent(of: key) == directory { durable[key] = file }
            durableDirectories = durableDirectories.filter {
                ObjectKey.parent(of: $0) != directory || directories.contains($0)
            }
        }

        func crashed(keepingUnsynced: Bool) -> State {
            var copy = State(limitBytes: limitBytes)
            copy.milliseconds = milliseconds
            for (key, file) in keepingUnsynced ? current : durable {
                let bytes = keepingUnsynced ? file.bytes : file.durable
                let kept = File(bytes: bytes, modified: file.modified)
                kept.reservedBytes = file.reservedBytes
                kept.sync()
                copy.current[key] = kept
            }
            copy.durable = copy.current
            copy.directories = keepingUnsynced ? directories : durableDirectories
            for key in copy.current.keys { copy.makeDirectories(of: key) }
            copy.durableDirectories = copy.directories
            return copy
        }
    }
}
