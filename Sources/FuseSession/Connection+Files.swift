import Bytes
import CFuse3
import FileTree
import Glibc

extension Connection {
    static func addFileOperations(_ table: inout fuse_lowlevel_ops) {
        table.create = { request, parent, name, mode, info in
            let connection = Connection.of(request)
            let reply: Reply<CreateReply> = connection.reply(request, .create, parent)
            guard let name = Connection.name(name) else { return reply.fail(.nameTooLong) }
            connection.handler.create(
                NodeID(parent), name, mode: mode, flags: info!.pointee.flags, connection.context(request),
                reply)
        }
        table.open = { request, node, info in
            let connection = Connection.of(request)
            connection.handler.open(
                NodeID(node), flags: info!.pointee.flags, connection.context(request),
                connection.reply(request, .open, node))
        }
        table.flush = { request, node, info in
            let connection = Connection.of(request)
            connection.handler.flush(
                NodeID(node), Connection.handle(info), lockOwner: info!.pointee.lock_owner,
                connection.context(request),
                connection.reply(request, .flush, node))
        }
        table.release = { request, node, info in
            let connection = Connection.of(request)
            connection.backing.release(Connection.handle(info))
            connection.handler.release(
                NodeID(node), Connection.handle(info), connection.context(request),
                connection.reply(request, .release, node))
        }
        table.fsync = { request, node, dataOnly, info in
            let connection = Connection.of(request)
            connection.handler.fsync(
                NodeID(node), Connection.handle(info), dataOnly: dataOnly != 0, connection.context(request),
                connection.reply(request, .fsync, node))
        }
        table.poll = { request, node, info, waiter in
            let connection = Connection.of(request)
            let handle = waiter.map { PollHandle($0, queue: connection.notifications) }
            connection.handler.poll(
                NodeID(node), Connection.handle(info), events: info!.pointee.poll_events, waiter: handle,
                connection.context(request), connection.reply(request, .poll, node))
        }
        table.ioctl = { request, node, _, _, _, _, _, _, _ in
            // No file here has commands of its own; what programs try (is it a terminal?) is refused as on any file.
            let reply: Reply<Void> = Connection.of(request).reply(request, .ioctl, node)
            reply.fail(FileTreeError(code: ENOTTY))
        }
    }

    static func addDataOperations(_ table: inout fuse_lowlevel_ops) {
        table.read = { request, node, size, offset, info in
            let connection = Connection.of(request)
            connection.handler.read(
                NodeID(node), Connection.handle(info), offset: Int64(offset), count: size,
                connection.context(request),
                connection.reply(request, .read, node, limit: size))
        }
        table.write = { request, node, bytes, size, offset, info in
            let connection = Connection.of(request)
            var context = connection.context(request)
            context.isWriteback = info!.pointee.writepage != 0
            connection.handler.write(
                NodeID(node), Connection.handle(info), offset: Int64(offset),
                UnsafeRawBufferPointer(start: bytes, count: size), context,
                connection.reply(request, .write, node))
        }
        table.fallocate = { request, node, mode, offset, length, info in
            let connection = Connection.of(request)
            connection.handler.fallocate(
                NodeID(node), Connection.handle(info), mode: mode, offset: Int64(offset),
                length: Int64(length),
                connection.context(request), connection.reply(request, .fallocate, node))
        }
        table.lseek = { request, node, offset, whence, info in
            let connection = Connection.of(request)
            connection.handler.lseek(
                NodeID(node), Connection.handle(info), offset: Int64(offset), whence: whence,
                connection.context(request),
                connection.reply(request, .lseek, node))
        }
        table.copy_file_range = { request, source, sourceOffset, sourceInfo, target, offset, info, count, _ in
            let connection = Connection.of(request)
            let copy = FileRangeCopy(
                source: (NodeID(source), Connection.handle(sourceInfo), Int64(sourceOffset)),
                target: (NodeID(target), Connection.handle(info), Int64(offset)), count: count)
            connection.handler.copyFileRange(
                copy, connection.context(request), connection.reply(request, .copyFileRange, source))
        }
    }
}
