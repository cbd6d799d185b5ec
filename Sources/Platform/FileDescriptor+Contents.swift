import Glibc

// Reading and writing. Writes are complete or throw; reads may return less, 0 at the end.
extension FileDescriptor {
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        let raw = rawValue
        return try retrying { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Errno)
        -> Int
    {
        let raw = rawValue
        return try retrying { pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// Fills `buffer` from `offset` on as far as the file goes, and returns how far that was.
    package borrowing func readFully(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(Errno) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: rest, at: offset + Int64(done))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Everything from `offset` on, at most `limit` bytes.
    package borrowing func readBytes(at offset: Int64 = 0, limit: Int = .max) throws(Errno) -> [UInt8] {
        let size = try status().sizeBytes
        let count = min(limit, Int(max(0, size - offset)))
        return try withFilledArray(count: count) { (buffer) throws(Errno) -> Int in
            try readFully(into: buffer, at: offset)
        }
    }

    /// Reads until the end, for what has no size: pipes and files of /proc.
    package borrowing func readToEnd() throws(Errno) -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let chunk = try withFilledArray(count: 65_536) { (buffer) throws(Errno) -> Int in
                try read(into: buffer)
            }
            if chunk.isEmpty { return result }
            result += chunk
        }
    }

    private borrowing func withFilledArray(
        count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
    ) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(Errno) {
                used = try body(UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return result
    }

    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        let raw = rawValue
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try retrying { Glibc.write(raw, rest.baseAddress, rest.count) }
        }
    }

    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
        let raw = rawValue
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let position = off_t(offset) + off_t(done)
            done += try retrying { pwrite(raw, rest.baseAddress, rest.count, position) }
        }
    }

    package borrowing func write(_ bytes: [UInt8]) throws(Errno) {
        let count = bytes.count
        guard count > 0 else { return }
        let raw = rawValue
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, Errno> in
            do throws(Errno) {
                try FileDescriptor.writeAll(raw, buffer)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private static func writeAll(_ raw: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try retrying { Glibc.write(raw, rest.baseAddress, rest.count) }
        }
    }
}
