import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite(
    "Damage to tables of IndexTables",
    .enabled(if: ForeignTables.isAvailable, Comment(rawValue: ForeignTables.requirement)))
struct ForeignDamageTests {
    private static let table: ByteString = "03_with_removes"
    private static let path = LogPath(table: table)
    private static let state = Version(3)

    /// Three manifests of two files each under one state, and the version file that has the table's metadata.
    private static func storage() throws -> (storage: MemoryStorage, files: [ByteString]) {
        let original = try DirectoryStorage(root: ForeignTables.directory, entropy: SeededEntropy())
        let log = try ForeignTables.open(table)
        let infos = try log.stateManifest(at: state).files.manifests
        #expect(infos.count == 3)
        let files = [path.stateManifest(state)] + infos.map { path.directory + $0.path }
        let copy = MemoryStorage()
        for key in files + [path.versionFile(Version(0))] { try copy.putIfAbsent(key, original.get(key)) }
        return (copy, files)
    }

    private static func open(_ storage: MemoryStorage, _ warnings: Box<[String]>) throws -> TransactionLog {
        var options = SampleLog.options
        options.warn = { warning in warnings.update { $0.append(warning) } }
        return try TransactionLog.open(
            storage: storage, table: table, clock: ManualClock(), entropy: SeededEntropy(), options: options)
    }

    @Test("a state or manifest that is cut anywhere is refused with its name and the place")
    func cuts() throws {
        let (storage, files) = try Self.storage()
        for key in files.prefix(2) {
            let bytes = try storage.get(key)
            for length in 0..<bytes.count {
                try Damage.replace(key, Array(bytes[..<length]), in: storage)
                do {
                    _ = try Self.open(storage, Box([]))
                    Issue.record("\(key) was read, cut at \(length)")
                } catch {
                    let text = "\(error)"
                    #expect(
                        text.contains(DamageTests.name(key)) && text.contains("byte"), "\(length): \(text)")
                }
            }
            try Damage.replace(key, bytes, in: storage)
        }
    }

    @Test("a changed byte of a state or manifest without checksums is told, or loses no file without a word")
    func flips() throws {
        let (storage, files) = try Self.storage()
        var refused = 0
        var count = 0
        for key in files.prefix(2) {
            let bytes = try storage.get(key)
            for place in bytes.indices {
                try Damage.replace(key, Damage.flipped(bytes, place), in: storage)
                let warnings = Box<[String]>([])
                count += 1
                do {
                    // Every field is looked at: what was left undecoded must not be what is damaged.
                    let found = TestTable.files(try Self.open(storage, warnings).current).count
                    #expect(
                        found == 6 || !warnings.value.isEmpty, "\(key) \(Damage.flipName(place)): \(found)")
                } catch {
                    refused += 1
                    let text = "\(error)"
                    // Of a name that was changed, the changed one is what is missing.
                    let isNamed =
                        text.contains("state-v") || text.contains("manifests/")
                        || text.contains("manifest is missing")
                    #expect(isNamed, "\(key) \(Damage.flipName(place)): \(text)")
                }
            }
            try Damage.replace(key, bytes, in: storage)
        }
        // Names in the schema's text and the like are of no consequence; what carries files is.
        #expect(refused > count / 10, "\(refused) of \(count)")
    }
}

@Suite("Damage to version files of IndexTables")
struct ForeignVersionDamageTests {
    private static let key = SampleLog.path.versionFile(Version(1))

    /// What opening says, or how many files there are.
    private static func outcome(_ bytes: [UInt8], _ storage: MemoryStorage) throws -> (
        files: Int?, text: String
    ) {
        try Damage.replace(key, bytes, in: storage)
        do {
            return (try ForeignVersionFileTests.open(storage).current.fileCount, "")
        } catch {
            return (nil, "\(error)")
        }
    }

    @Test("a file in plain text that is cut inside a line is refused with its name and line")
    func plainCuts() throws {
        let storage = try ForeignVersionFileTests.put(
            [ForeignVersionFileTests.first, ForeignVersionFileTests.second]) { $0 }
        let bytes = try storage.get(Self.key)
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            let (files, text) = try Self.outcome(cut, storage)
            // Between two lines there is nothing that could tell.
            let isLineEnd = cut.last == 0x0A || (bytes[length] == 0x0A && length > 0)
            if isLineEnd {
                #expect(files == cut.split(separator: 0x0A).count, "\(length)")
            } else {
                #expect(
                    files == nil && text.contains("00000000000000000001.json, line"), "\(length): \(text)")
            }
        }
    }

    @Test("a compressed file that is cut anywhere is refused, and a changed byte never changes what it says")
    func gzip() throws {
        let storage = try ForeignVersionFileTests.put(
            [ForeignVersionFileTests.first, ForeignVersionFileTests.second]) { bytes in
                (try? ForeignVersionFileTests.gzip(bytes)) ?? bytes
            }
        let bytes = try storage.get(Self.key)
        #expect(bytes.prefix(2) == [0x1F, 0x8B])
        for length in 0..<bytes.count {
            let (files, text) = try Self.outcome(Array(bytes[..<length]), storage)
            #expect(files == nil && text.contains("00000000000000000001.json"), "\(length): \(text)")
        }
        var refused = 0
        for place in bytes.indices {
            let (files, text) = try Self.outcome(Damage.flipped(bytes, place), storage)
            // Time, system and level stand in the header and mean nothing.
            if let files {
                #expect(files == 2 && place < 10, "\(Damage.flipName(place))")
            } else {
                refused += 1
                #expect(text.contains("00000000000000000001.json"), "\(Damage.flipName(place)): \(text)")
            }
        }
        #expect(refused >= bytes.count - 10)
    }
}
