import Bytes
import Platform
import Storage
import TestKit

/// A storage whose puts wait while its gate is closed.
final class GateStorage: StorageLayer {
    private struct Gate {
        var isClosed = false
        var blockedCount = 0
    }

    let inner: MemoryStorage
    private let monitor = Monitor(Gate())

    init(_ inner: MemoryStorage) { self.inner = inner }

    func close() { monitor.update { $0.isClosed = true } }
    func open() { monitor.update { $0.isClosed = false } }
    func waitUntilBlocked() { _ = monitor.wait { $0.blockedCount > 0 ? true : nil } }

    private func pass() {
        monitor.update { $0.blockedCount += 1 }
        _ = monitor.wait { $0.isClosed ? nil : true }
        monitor.update { $0.blockedCount -= 1 }
    }

    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        pass()
        try inner.putIfAbsent(key, bytes)
    }

    func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        pass()
        try inner.putIfAbsent(key, fromLocal: path, sharing: sharing)
    }
}
