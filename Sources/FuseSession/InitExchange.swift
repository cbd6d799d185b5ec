import CFuse3

/// The exchange that opens a connection, and what libfuse 3.14 leaves out of it.
///
/// libfuse cannot ask for backing files, forgets to ask for parallel lookups in a directory, and has the older rule for
/// clearing setuid bits (with which the kernel asks for `security.capability` before every write). The kernel's request
/// is read before libfuse sees it, and libfuse's answer is completed on its way out:
///
///     fuse_init_out: major, minor, max_readahead, flags, …, flags2 at byte 32, max_stack_depth at byte 36
enum InitExchange {
    static let operationCode: UInt32 = 26

    private static let parallelDirectoryOperations: UInt32 = 1 << 18
    private static let handleKillPrivileges: UInt32 = 1 << 19
    private static let handleKillPrivileges2: UInt32 = 1 << 28
    private static let extended: UInt32 = 1 << 30
    /// Bit 37, in the upper half.
    private static let passthrough: UInt32 = 1 << 5

    private static let maximumStackDepthOffset = 36

    /// What the kernel offers.
    struct Offer: Sendable {
        var protocolMajor: UInt32
        var protocolMinor: UInt32
        var flags: UInt32
        var flags2: UInt32

        var hasParallelLookups: Bool { flags & parallelDirectoryOperations != 0 }
        var hasPassthrough: Bool { flags & extended != 0 && flags2 & passthrough != 0 }

        /// The offer in a request, if the request is the opening one.
        init?(request: UnsafeRawBufferPointer) {
            let header = MemoryLayout<fuse_in_header>.size
            guard request.count >= header + 16,
                request.load(fromByteOffset: 4, as: UInt32.self) == InitExchange.operationCode
            else { return nil }
            func word(_ index: Int) -> UInt32 {
                let offset = header + index * 4
                return offset + 4 <= request.count ? request.load(fromByteOffset: offset, as: UInt32.self) : 0
            }
            protocolMajor = word(0)
            protocolMinor = word(1)
            flags = word(3)
            flags2 = flags & InitExchange.extended != 0 ? word(4) : 0
        }
    }

    /// Completes libfuse's answer with what `offer` allows. `wantsPassthrough` asks for backing files.
    static func complete(_ reply: UnsafeMutableRawBufferPointer, offer: Offer, wantsPassthrough: Bool) {
        guard reply.count == MemoryLayout<fuse_init_out>.size else { return }
        reply.withMemoryRebound(to: fuse_init_out.self) { out in
            out[0].flags |= offer.flags & (parallelDirectoryOperations | handleKillPrivileges2)
            if offer.flags & handleKillPrivileges2 != 0 { out[0].flags &= ~handleKillPrivileges }
            guard wantsPassthrough, offer.hasPassthrough else { return }
            out[0].flags |= extended
            out[0].flags2 |= passthrough
        }
        if wantsPassthrough, offer.hasPassthrough {
            // One level: the backing file's filesystem is not itself stacked on another.
            reply.storeBytes(of: 1, toByteOffset: maximumStackDepthOffset, as: UInt32.self)
        }
    }
}
