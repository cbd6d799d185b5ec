import Bytes
import CFuse3
import FileTree
import Glibc
import Platform
import Synchronization

// What every request goes through on its way to the handler.

extension Connection {
    /// The token of a request that begins now.
    func begin(_ request: fuse_req_t?, _ operation: Operation, _ node: fuse_ino_t, limit: Int = 0)
        -> RequestToken
    {
        waitingCount.wrappingAdd(1, ordering: .relaxed)
        handler.noteRequest(operation)
        return RequestToken(
            raw: UInt64(UInt(bitPattern: request)), operation: operation, node: NodeID(node),
            started: SystemClock().monotonicNanoseconds(), limit: limit)
    }

    /// The reply of a request that begins now.
    func reply<Payload>(
        _ request: fuse_req_t?, _ operation: Operation, _ node: fuse_ino_t, limit: Int = 0
    ) -> Reply<Payload> {
        Reply(begin(request, operation, node, limit: limit), to: self)
    }

    func context(_ request: fuse_req_t?) -> RequestContext {
        let context = fuse_req_ctx(request).pointee
        return RequestContext(
            user: context.uid, group: context.gid, process: context.pid, umask: context.umask)
    }

    /// A name as bytes; `nil` if it is longer than names are (the kernel passes up to 1,024 bytes).
    static func name(_ text: UnsafePointer<CChar>?) -> ByteString? {
        let name = bytes(text)
        return name.count <= 255 ? name : nil
    }

    static func bytes(_ text: UnsafePointer<CChar>?) -> ByteString {
        guard let text else { return ByteString() }
        return ByteString(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    static func handle(_ info: UnsafeMutablePointer<fuse_file_info>?) -> FileHandleID {
        FileHandleID(info!.pointee.fh)
    }

    static func handleIfAny(_ info: UnsafeMutablePointer<fuse_file_info>?) -> FileHandleID? {
        info.map { FileHandleID($0.pointee.fh) }
    }

    /// All operations, as libfuse wants them. The closures capture nothing: the connection is the user data.
    static func operations() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        table.`init` = { userdata, connection in
            Connection.of(userdata!).negotiate(&connection!.pointee)
        }
        addNameOperations(&table)
        addChangeOperations(&table)
        addFileOperations(&table)
        addDataOperations(&table)
        addDirectoryOperations(&table)
        addAttributeOperations(&table)
        return table
    }

    /// What libfuse itself can ask for; the rest is `InitExchange`.
    private func negotiate(_ connection: inout fuse_conn_info) {
        // Splicing was measured slower than copying; the kernel's setuid rule is asked for in its newer form. Direct
        // writes are not to take the places of background requests, in which their answers may wait for long.
        let unwanted =
            UInt32(FUSE_CAP_SPLICE_READ) | UInt32(FUSE_CAP_SPLICE_WRITE) | UInt32(FUSE_CAP_SPLICE_MOVE)
            | UInt32(FUSE_CAP_ASYNC_DIO) | UInt32(FUSE_CAP_HANDLE_KILLPRIV) | UInt32(FUSE_CAP_WRITEBACK_CACHE)
            | UInt32(FUSE_CAP_POSIX_ACL)
        connection.want &= ~unwanted
        let wanted =
            UInt32(FUSE_CAP_ASYNC_READ) | UInt32(FUSE_CAP_ATOMIC_O_TRUNC) | UInt32(FUSE_CAP_READDIRPLUS)
            | UInt32(FUSE_CAP_READDIRPLUS_AUTO) | UInt32(FUSE_CAP_PARALLEL_DIROPS)
        connection.want |= wanted & connection.capable
        connection.max_background = 64
        connection.congestion_threshold = 48
        connection.time_gran = 1
    }
}
