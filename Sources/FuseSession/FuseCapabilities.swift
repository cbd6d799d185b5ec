package import Platform

/// What the kernel and the daemon agreed on.
package struct FuseCapabilities: Equatable, Sendable {
    /// How data files are read.
    package enum DataPath: Equatable, Sendable {
        /// By the kernel from the data file itself; so many opens until now.
        case passthrough(opens: Int)
        /// Through the daemon, since the kernel does not offer more (or was not asked).
        case copy
        /// Through the daemon, since the kernel refused the first file.
        case refused(Errno)
    }

    package var protocolMajor: UInt32
    package var protocolMinor: UInt32
    package var dataPath: DataPath
    package var looksUpInParallel: Bool
}

extension FuseCapabilities: CustomStringConvertible {
    package var description: String {
        let path =
            switch dataPath {
            case .passthrough(let opens): "passthrough (\(opens) opens)"
            case .copy: "copy"
            case .refused(let errno): "copy (passthrough refused: \(errno))"
            }
        return "FUSE \(protocolMajor).\(protocolMinor), data path: \(path)"
    }
}
