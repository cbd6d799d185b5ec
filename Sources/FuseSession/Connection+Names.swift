import Bytes
import CFuse3
import FileTree
import Glibc

extension Connection {
    static func addNameOperations(_ table: inout fuse_lowlevel_ops) {
        table.lookup = { request, parent, name in
            let connection = Connection.of(request)
            let reply: Reply<EntryReply> = connection.reply(request, .lookup, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.lookup(NodeID(parent), name, connection.context(request), reply)
        }
        table.forget = { request, node, count in
            let connection = Connection.of(request)
            connection.handler.forget(NodeID(node), count: count)
            connection.metrics.record(.forget, nanoseconds: 0, failed: false)
            fuse_reply_none(request)
        }
        table.forget_multi = { request, count, list in
            let connection = Connection.of(request)
            for forgotten in UnsafeBufferPointer(start: list, count: count) {
                connection.handler.forget(NodeID(forgotten.ino), count: forgotten.nlookup)
                connection.metrics.record(.forget, nanoseconds: 0, failed: false)
            }
            fuse_reply_none(request)
        }
        table.getattr = { request, node, info in
            let connection = Connection.of(request)
            connection.handler.getattr(
                NodeID(node), handle: Connection.handleIfAny(info), connection.context(request),
                connection.reply(request, .getattr, node))
        }
        table.setattr = { request, node, attributes, mask, info in
            let connection = Connection.of(request)
            connection.handler.setattr(
                NodeID(node), AttributeChange(attributes!.pointee, mask: mask),
                handle: Connection.handleIfAny(info),
                connection.context(request), connection.reply(request, .setattr, node))
        }
        table.readlink = { request, node in
            let connection = Connection.of(request)
            connection.handler.readlink(
                NodeID(node), connection.context(request), connection.reply(request, .readlink, node))
        }
        table.access = { request, node, mask in
            let connection = Connection.of(request)
            connection.handler.access(
                NodeID(node), mask: UInt32(bitPattern: mask), connection.context(request),
                connection.reply(request, .access, node))
        }
    }

    static func addChangeOperations(_ table: inout fuse_lowlevel_ops) {
        table.mknod = { request, parent, name, mode, device in
            let connection = Connection.of(request)
            let reply: Reply<EntryReply> = connection.reply(request, .mknod, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.mknod(
                NodeID(parent), name, mode: mode, device: UInt32(truncatingIfNeeded: device),
                connection.context(request), reply)
        }
        table.mkdir = { request, parent, name, mode in
            let connection = Connection.of(request)
            let reply: Reply<EntryReply> = connection.reply(request, .mkdir, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.mkdir(NodeID(parent), name, mode: mode, connection.context(request), reply)
        }
        table.unlink = { request, parent, name in
            let connection = Connection.of(request)
            let reply: Reply<Void> = connection.reply(request, .unlink, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.unlink(NodeID(parent), name, connection.context(request), reply)
        }
        table.rmdir = { request, parent, name in
            let connection = Connection.of(request)
            let reply: Reply<Void> = connection.reply(request, .rmdir, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.rmdir(NodeID(parent), name, connection.context(request), reply)
        }
        table.symlink = { request, target, parent, name in
            let connection = Connection.of(request)
            let reply: Reply<EntryReply> = connection.reply(request, .symlink, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.symlink(
                NodeID(parent), name, target: Connection.bytes(target), connection.context(request), reply)
        }
        table.link = { request, node, parent, name in
            let connection = Connection.of(request)
            let reply: Reply<EntryReply> = connection.reply(request, .link, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.link(NodeID(node), NodeID(parent), name, connection.context(request), reply)
        }
        table.rename = { request, parent, name, newParent, newName, flags in
            let connection = Connection.of(request)
            let reply: Reply<Void> = connection.reply(request, .rename, parent)
            guard let old = Connection.name(name), let new = Connection.name(newName) else {
                return reply.fail(.nameTooLong)
            }
            connection.handler.rename(
                NodeID(parent), old, NodeID(newParent), new, RenameFlags(rawValue: flags),
                connection.context(request), reply)
        }
    }
}

extension AttributeChange {
    /// What the kernel asks to change; its request to clear setuid bits is met by never having any.
    init(_ attributes: stat, mask: Int32) {
        self.init()
        func has(_ bit: Int32) -> Bool { mask & bit != 0 }
        if has(FUSE_SET_ATTR_MODE) { permissions = attributes.st_mode & 0o7777 }
        if has(FUSE_SET_ATTR_UID) { user = attributes.st_uid }
        if has(FUSE_SET_ATTR_GID) { group = attributes.st_gid }
        if has(FUSE_SET_ATTR_SIZE) { sizeBytes = UInt64(max(0, attributes.st_size)) }
        if has(FUSE_SET_ATTR_ATIME_NOW) {
            accessed = .now
        } else if has(FUSE_SET_ATTR_ATIME) {
            accessed = .nanoseconds(Self.nanoseconds(attributes.st_atim))
        }
        if has(FUSE_SET_ATTR_MTIME_NOW) {
            modified = .now
        } else if has(FUSE_SET_ATTR_MTIME) {
            modified = .nanoseconds(Self.nanoseconds(attributes.st_mtim))
        }
    }

    /// Times that do not fit 64 bits of nanoseconds are cut at the ends.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let limit = Int64.max / 1_000_000_000 - 1
        return min(limit, max(-limit, Int64(time.tv_sec))) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
