import Bytes
import CFuse3
import FileTree

extension Connection {
    static func addDirectoryOperations(_ table: inout fuse_lowlevel_ops) {
        table.opendir = { request, node, _ in
            let connection = Connection.of(request)
            connection.handler.opendir(
                NodeID(node), connection.context(request), connection.reply(request, .opendir, node))
        }
        table.readdir = { request, node, size, offset, info in
            let connection = Connection.of(request)
            connection.handler.readdir(
                NodeID(node), Connection.handle(info), offset: UInt64(bitPattern: Int64(offset)),
                connection.context(request), connection.reply(request, .readdir, node, limit: size))
        }
        table.readdirplus = { request, node, size, offset, info in
            let connection = Connection.of(request)
            connection.handler.readdirplus(
                NodeID(node), Connection.handle(info), offset: UInt64(bitPattern: Int64(offset)),
                connection.context(request), connection.reply(request, .readdirplus, node, limit: size))
        }
        table.releasedir = { request, node, info in
            let connection = Connection.of(request)
            connection.handler.releasedir(
                NodeID(node), Connection.handle(info), connection.context(request),
                connection.reply(request, .releasedir, node))
        }
        table.fsyncdir = { request, node, _, info in
            let connection = Connection.of(request)
            connection.handler.fsyncdir(
                NodeID(node), Connection.handle(info), connection.context(request),
                connection.reply(request, .fsyncdir, node))
        }
        table.statfs = { request, node in
            let connection = Connection.of(request)
            connection.handler.statfs(
                NodeID(node), connection.context(request), connection.reply(request, .statfs, node))
        }
    }

    static func addAttributeOperations(_ table: inout fuse_lowlevel_ops) {
        table.getxattr = { request, node, name, size in
            let connection = Connection.of(request)
            connection.handler.getxattr(
                NodeID(node), Connection.bytes(name), connection.context(request),
                connection.reply(request, .getxattr, node, limit: size))
        }
        table.listxattr = { request, node, size in
            let connection = Connection.of(request)
            connection.handler.listxattr(
                NodeID(node), connection.context(request),
                connection.reply(request, .listxattr, node, limit: size))
        }
        table.setxattr = { request, node, name, value, size, flags in
            let connection = Connection.of(request)
            connection.handler.setxattr(
                NodeID(node), Connection.bytes(name),
                ByteString(UnsafeRawBufferPointer(start: value, count: size)),
                flags: flags, connection.context(request), connection.reply(request, .setxattr, node))
        }
        table.removexattr = { request, node, name in
            let connection = Connection.of(request)
            connection.handler.removexattr(
                NodeID(node), Connection.bytes(name), connection.context(request),
                connection.reply(request, .removexattr, node))
        }
    }
}
