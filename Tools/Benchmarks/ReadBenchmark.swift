import Bytes
import Glibc
import Platform

/// Reads a file as programs do: `read FILE sequential|random SECONDS`. Hot: all of it is read once before.
enum ReadBenchmark {
    static func run(_ arguments: inout Arguments) throws {
        let path = arguments.text()
        let isRandom = arguments.text() == "random"
        let seconds = Double(arguments.number())
        let file = try FileDescriptor.open(path)
        let block = isRandom ? 4 << 10 : 1 << 20
        let size = Int(try file.status().sizeBytes)
        guard size >= block else { Output.fail("the file is smaller than a block") }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for offset in stride(from: 0, to: size, by: 1 << 20) {
            _ = pread(file.rawValue, buffer.baseAddress, 1 << 20, off_t(offset))
        }
        let time = Measurement()
        var (bytes, calls, offset) = (0, 0, 0)
        while calls & 63 != 0 || time.elapsed.wall < seconds {
            if isRandom {
                offset = Int(TableMaking.mixed(UInt64(calls)) % UInt64(size / block)) * block
            } else if offset >= size {
                offset = 0
            }
            let count = pread(file.rawValue, buffer.baseAddress, block, off_t(offset))
            guard count > 0 else { Output.fail("a read failed at \(offset)") }
            offset += count
            bytes += count
            calls += 1
        }
        let (wall, user, system) = time.elapsed
        // For one GB read in blocks of 1 MiB, or for a million reads at random places.
        let scale = isRandom ? Double(calls) / 1e6 : Double(bytes) / 1e9
        Output.report([("wall", wall / scale), ("user", user / scale), ("system", system / scale)])
    }
}
