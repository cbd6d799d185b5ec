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
                    let found = try Self.open(storage, warnings).current.fileCount
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
