import Bytes

/// `mount.firn STORE DIR [-sfnv] [-o options]`, as mount(8) calls it.
enum MountHelper {
    static func run(_ words: [ByteString], _ console: Console) -> Int32 {
        var operands: [ByteString] = []
        var options: [ByteString] = []
        var isDry = false
        var isSloppy = false
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-o":
                guard let list = rest.popFirst() else { return usage("-o needs a list of options", console) }
                options += list.bytes.split(separator: UInt8(ascii: ",")).map { ByteString(Array($0)) }
            case "-f": isDry = true
            case "-s": isSloppy = true
            case "-n", "-v": break
            case "-r": options.append("ro")
            case "-w": options.append("rw")
            case "-t", "-N": _ = rest.popFirst()
            default:
                if word.hasPrefix("-") { return usage("there is no option \(word)", console) }
                operands.append(word)
            }
        }
        guard operands.count == 2 else { return usage("STORE and DIR are expected", console) }
        // `firn:/path` is what /proc/mounts shows; it is taken back as it was given out.
        var store = operands[0]
        if store.hasPrefix("firn:") { store = ByteString(store.bytes.dropFirst(5)) }
        var request = MountRequest(store: store, mountPoint: operands[1])
        for option in options where !request.apply(mountOption: option) && !isSloppy {
            return usage(
                "there is no mount option \"\(option)\"; known are \(MountRequest.knownMountOptions)", console
            )
        }
        return isDry ? 0 : MountLaunch.inBackground(request, console)
    }

    private static func usage(_ message: String, _ console: Console) -> Int32 {
        console.note("mount.firn: \(message)\nusage: mount.firn STORE DIR [-fnrsvw] [-o OPTION,…]")
        return 1
    }
}
