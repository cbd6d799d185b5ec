import Bytes
import Glibc

extension Processes {
    /// Tells the service manager that started this process how it stands: `READY=1`, `STOPPING=1`, `STATUS=…`.
    ///
    /// One datagram to the socket that `NOTIFY_SOCKET` names (sd_notify(3)); without one there is nobody to tell.
    package static func notifyServiceManager(_ state: String) {
        guard let path = environment("NOTIFY_SOCKET"), !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = path.bytes
        // A leading @ stands for the zero byte of an abstract name.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { _ = Glibc.close(socket) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                state.withCString { sendto(socket, $0, strlen($0), 0, target, length) }
            }
        }
    }
}
