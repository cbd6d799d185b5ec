package import Bytes
import Glibc

/// Repeats a call that a signal interrupted, and throws what else it failed with.
@inline(__always)
func retrying<T: SignedInteger>(_ call: () -> T) throws(Errno) -> T {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = Errno.current
        if error != .eintr { throw error }
    }
}

/// Runs a call once: for close and fsync, where a second try would hide or repeat a failure.
@inline(__always)
func once<T: SignedInteger>(_ call: () -> T) throws(Errno) -> T {
    let result = call()
    if result == -1 { throw Errno.current }
    return result
}

extension ByteString {
    /// Calls `body` with the bytes as a C string; a path with a NUL inside names nothing: EINVAL.
    package func withPath<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
        if bytes.contains(0) { throw .einval }
        let terminated = bytes + [0]
        let result = terminated.withUnsafeBytes { buffer -> Result<R, Errno> in
            let text = buffer.assumingMemoryBound(to: CChar.self).baseAddress.unsafelyUnwrapped
            do throws(Errno) { return .success(try body(text)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
