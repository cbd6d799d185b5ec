import CLinux
import Glibc

/// The number of a failed system call.
@frozen
@usableFromInline
package struct Errno: RawRepresentable, Error, Hashable, Sendable {
    @usableFromInline package let rawValue: Int32

    @inlinable package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The number that the last failed call of this thread left.
    package static var current: Errno { Errno(rawValue: errno) }

    /// `ENOENT`.
    package var name: String { firn_error_name(rawValue).map { String(cString: $0) } ?? "E\(rawValue)" }

    /// `No such file or directory`.
    package var message: String {
        firn_error_text(rawValue).map { String(cString: $0) } ?? "error \(rawValue)"
    }
}

extension Errno: CustomStringConvertible {
    @usableFromInline
    package var description: String { "\(message) (\(name))" }
}

extension Errno {
    package static let eperm = Errno(rawValue: EPERM)
    package static let enoent = Errno(rawValue: ENOENT)
    package static let esrch = Errno(rawValue: ESRCH)
    package static let eintr = Errno(rawValue: EINTR)
    package static let eio = Errno(rawValue: EIO)
    package static let enxio = Errno(rawValue: ENXIO)
    package static let e2big = Errno(rawValue: E2BIG)
    package static let enoexec = Errno(rawValue: ENOEXEC)
    package static let ebadf = Errno(rawValue: EBADF)
    package static let echild = Errno(rawValue: ECHILD)
    package static let eagain = Errno(rawValue: EAGAIN)
    package static let enomem = Errno(rawValue: ENOMEM)
    package static let eacces = Errno(rawValue: EACCES)
    package static let efault = Errno(rawValue: EFAULT)
    package static let enotblk = Errno(rawValue: ENOTBLK)
    package static let ebusy = Errno(rawValue: EBUSY)
    package static let eexist = Errno(rawValue: EEXIST)
    package static let exdev = Errno(rawValue: EXDEV)
    package static let enodev = Errno(rawValue: ENODEV)
    package static let enotdir = Errno(rawValue: ENOTDIR)
    package static let eisdir = Errno(rawValue: EISDIR)
    package static let einval = Errno(rawValue: EINVAL)
    package static let enfile = Errno(rawValue: ENFILE)
    package static let emfile = Errno(rawValue: EMFILE)
    package static let enotty = Errno(rawValue: ENOTTY)
    package static let etxtbsy = Errno(rawValue: ETXTBSY)
    package static let efbig = Errno(rawValue: EFBIG)
    package static let enospc = Errno(rawValue: ENOSPC)
    package static let espipe = Errno(rawValue: ESPIPE)
    package static let erofs = Errno(rawValue: EROFS)
    package static let emlink = Errno(rawValue: EMLINK)
    package static let epipe = Errno(rawValue: EPIPE)
    package static let edom = Errno(rawValue: EDOM)
    package static let erange = Errno(rawValue: ERANGE)
    package static let edeadlk = Errno(rawValue: EDEADLK)
    package static let enametoolong = Errno(rawValue: ENAMETOOLONG)
    package static let enolck = Errno(rawValue: ENOLCK)
    package static let enosys = Errno(rawValue: ENOSYS)
    package static let enotempty = Errno(rawValue: ENOTEMPTY)
    package static let eloop = Errno(rawValue: ELOOP)
    package static let enodata = Errno(rawValue: ENODATA)
    package static let etime = Errno(rawValue: ETIME)
    package static let eproto = Errno(rawValue: EPROTO)
    package static let ebadmsg = Errno(rawValue: EBADMSG)
    package static let eoverflow = Errno(rawValue: EOVERFLOW)
    package static let eilseq = Errno(rawValue: EILSEQ)
    package static let eopnotsupp = Errno(rawValue: EOPNOTSUPP)
    package static let eaddrinuse = Errno(rawValue: EADDRINUSE)
    package static let econnaborted = Errno(rawValue: ECONNABORTED)
    package static let econnreset = Errno(rawValue: ECONNRESET)
    package static let enobufs = Errno(rawValue: ENOBUFS)
    package static let enotconn = Errno(rawValue: ENOTCONN)
    package static let etimedout = Errno(rawValue: ETIMEDOUT)
    package static let econnrefused = Errno(rawValue: ECONNREFUSED)
    package static let ehostunreach = Errno(rawValue: EHOSTUNREACH)
    package static let ealready = Errno(rawValue: EALREADY)
    package static let einprogress = Errno(rawValue: EINPROGRESS)
    package static let estale = Errno(rawValue: ESTALE)
    package static let euclean = Errno(rawValue: EUCLEAN)
    package static let eremoteio = Errno(rawValue: EREMOTEIO)
    package static let edquot = Errno(rawValue: EDQUOT)
    package static let ecanceled = Errno(rawValue: ECANCELED)
    package static let ekeyexpired = Errno(rawValue: EKEYEXPIRED)
    package static let eownerdead = Errno(rawValue: EOWNERDEAD)
}
