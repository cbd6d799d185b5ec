import Bytes
import Platform

/// A file as one `open` sees it.
///
/// Reads and writes are answered by the file itself, at once where it can and from the pool where it takes
/// long.
protocol OpenFile: AnyObject, Sendable {
    var options: OpenReply.Options { get }
    /// Offered to the kernel, which then reads the file itself.
    var passthroughDescriptor: Int32? { get }

    func read(offset: Int64, count: Int, _ reply: consuming Reply<ReadReply>)
    func write(
        offset: Int64, _ bytes: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming Reply<WriteReply>)
    func flush(_ context: RequestContext, _ reply: consuming Reply<Void>)
    func sync(dataOnly: Bool, _ reply: consuming Reply<Void>)
    func poll(events: UInt32, waiter: (any PollWaiter)?, _ reply: consuming Reply<PollReply>)
    /// The last use has ended.
    func release()
}

extension OpenFile {
    var options: OpenReply.Options { [] }
    var passthroughDescriptor: Int32? { nil }

    func write(
        offset: Int64, _ bytes: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming Reply<WriteReply>
    ) { reply.fail(.immutable("this file cannot be written")) }

    func flush(_ context: RequestContext, _ reply: consuming Reply<Void>) { reply.done() }
    func sync(dataOnly: Bool, _ reply: consuming Reply<Void>) { reply.done() }

    func poll(events: UInt32, waiter: (any PollWaiter)?, _ reply: consuming Reply<PollReply>) {
        reply.send(events: events & PollEvents.always)
    }

    func release() {}
}

/// The bits of poll(2).
enum PollEvents {
    static let input: UInt32 = 0x1 | 0x40
    static let output: UInt32 = 0x4 | 0x100
    static let always = input | output
}

/// How a file is opened, from the flags of open(2).
struct OpenMode {
    let flags: OpenFlags
    init(_ flags: Int32) { self.flags = OpenFlags(rawValue: flags) }

    var isWriting: Bool { flags.rawValue & 3 != 0 }
    var isTruncating: Bool { flags.contains(.truncate) }
    var isAppending: Bool { flags.contains(.append) }
    var isExclusive: Bool { flags.contains(.exclusive) }
}
