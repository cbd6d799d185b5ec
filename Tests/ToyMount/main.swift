import Bytes
import FileTree
import FuseSession
import Glibc
import Platform
import Telemetry

// The toy as a daemon of its own, for tests of signals and crashes and for measurements:
//
//     ToyMount MOUNTPOINT DATA [entries] [threads] [spin microseconds] [copy]

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: ToyMount MOUNTPOINT DATA [entries] [threads] [spin microseconds] [copy]")
    exit(1)
}
Signals.block([.terminate, .interrupt])
var options = MountOptions(source: "firn:toy")
func number(_ index: Int) -> Int? { index < arguments.count ? Int(arguments[index]) : nil }
func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
let tree = ToyTree(dataPath: ByteString(arguments[2]), manyCount: number(3) ?? 10)
if let threads = number(4) { options.threadCount = threads }
if let spin = number(5) { options.spinMicroseconds = spin }
if arguments.count > 6 { options.usesPassthrough = false }
do throws(MountError) {
    let session = try FuseSession.mount(
        tree, at: ByteString(arguments[1]), options: options,
        log: .descriptor(level: .info, clock: SystemClock()))
    session.stop(on: [.terminate, .interrupt])
    say("READY")
    say("ended: \(session.wait())")
} catch {
    say("ERROR \(error.exitCode) \(error)")
    exit(error.exitCode)
}
