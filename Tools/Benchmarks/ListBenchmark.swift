import Bytes
import Glibc
import Platform

/// Walks a directory: `list DIRECTORY names|stat|open`, and counts its files.
enum ListBenchmark {
    static func run(_ arguments: inout Arguments) throws {
        let path = arguments.text()
        let work = arguments.text()
        let time = Measurement()
        let directory = try FileDescriptor.open(path, .directory)
        guard let stream = fdopendir(dup(directory.rawValue)) else { Output.fail("no directory") }
        defer { closedir(stream) }
        var count = 0
        while let item = readdir(stream) {
            if item.pointee.d_name.0 == 0x2E { continue }
            count += 1
            if work == "names" { continue }
            let ok = withUnsafePointer(to: &item.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    if work == "stat" {
                        var status = stat()
                        return fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0
                    }
                    let file = openat(directory.rawValue, name, O_RDONLY)
                    return file >= 0 && close(file) == 0
                }
            }
            if !ok { Output.fail("a file of the directory cannot be had") }
        }
        let (wall, user, system) = time.elapsed
        Output.report([("wall", wall), ("user", user), ("system", system), ("rows", Double(count))])
    }
}
