import Bytes
import Platform
import Storage
import Tables

/// An object of storage open for reading: by the kernel itself where it has a descriptor, else by copying.
final class OpenObject: OpenFile {
    private let object: any RandomAccessObject
    private let pinned: OpenDataFile?
    private let services: TreeServices

    init(_ file: OpenDataFile, _ services: TreeServices) {
        object = file.object
        pinned = file
        self.services = services
    }

    init(_ object: any RandomAccessObject, _ services: TreeServices) {
        self.object = object
        pinned = nil
        self.services = services
    }

    var options: OpenReply.Options { [.keepCache, .noFlush] }
    var passthroughDescriptor: Int32? { object.localDescriptor }

    func read(offset: Int64, count: Int, _ reply: consuming Reply<ReadReply>) {
        if let descriptor = object.localDescriptor {
            return reply.sendRange(of: descriptor, offset: offset, count: count)
        }
        let deferred = reply.deferred()
        deferred.onInterrupt { deferred.fail(.interrupted) }
        let object = object
        services.requests.submit {
            do throws(StorageError) {
                let bytes = try object.read(at: UInt64(max(0, offset)), count: count)
                deferred.claim()?.send(bytes[...])
            } catch {
                deferred.fail(.broken("\(error)"))
            }
        }
    }
}
