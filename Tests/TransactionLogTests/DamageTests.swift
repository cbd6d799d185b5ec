import Avro
import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing

@testable import TransactionLog

/// One file of a table, cut or with a byte changed: what a disk may give back.
enum Damage {
    /// Every way to cut the file, and every byte of it with some bits turned: which ones goes with the place.
    static func forms(of bytes: [UInt8]) -> [(name: String, bytes: [UInt8])] {
        (0..<bytes.count).map { ("cut at \($0)", Array(bytes[..<$0])) }
            + bytes.indices.map { (flipName($0), flipped(bytes, $0)) }
    }

    static func flipName(_ place: Int) -> String { "byte \(place) ^ \(mask(place))" }

    static func flipped(_ bytes: [UInt8], _ place: Int) -> [UInt8] {
        var damaged = bytes
        damaged[place] ^= mask(place)
        return damaged
    }

    /// `count` of these forms, by chance.
    static func some(
        _ count: Int, of bytes: [UInt8], using random: inout SeededGenerator
    ) -> [(name: String, bytes: [UInt8])] {
        (0..<count).map { _ in
            let place = Int.random(in: bytes.indices, using: &random)
            if Bool.random(using: &random) { return ("cut at \(place)", Array(bytes[..<place])) }
            let bits = UInt8.random(in: 1...255, using: &random)
            var damaged = bytes
            damaged[place] ^= bits
            return ("byte \(place) ^ \(bits)", damaged)
        }
    }

    private static func mask(_ place: Int) -> UInt8 {
        [0x01, 0x80, 0xFF, 0x10, 0x02, 0x40, 0x20, 0x08, 0x04][place % 9]
    }

    static func replace(_ key: ByteString, _ bytes: [UInt8], in storage: MemoryStorage) throws {
        try storage.delete(key)
        try storage.putIfAbsent(key, bytes)
    }
}

let everyCompression: [ByteString] = ["zstd", "snappy", "deflate", "none"]

@Suite("Damage")
struct DamageTests {
    /// A table with manifests of all four kinds in its newest state, version 6, and an older state at 4.
    static func table(_ compression: ByteString) throws -> (table: TestTable, storage: MemoryStorage) {
        let table = try StateTests.fullTable()
        guard let storage = table.storage as? MemoryStorage else { preconditionFailure("not in memory") }
        _ = try table.log.writeState()
        _ = try table.log.commit(
            table.transaction([.operation(.setProperty(name: "state.compression", value: compression))]))
        _ = try table.log.commit(table.transaction(try changes(table)))
        _ = try table.log.compactState()
        return (table, storage)
    }

    /// Something in each of the four sets, so that no manifest serves both states.
    private static func changes(_ table: TestTable) throws -> [Action] {
        let tuple = PartitionTuple(["2"])
        let root = PartitionID("month=2")
        let leaves = [PartitionID("00000000000000b1"), PartitionID("00000000000000b2")]
        let key = ByteString([0x80])
        let files = TestTable.files(table.log.current)
        let split = try #require(files.first { $0.partitionValues == tuple })
        let gone = try #require(files.last { $0.partitionValues == PartitionTuple(["10"]) })
        let partitions = [
            Partition(id: root, root: tuple, parent: nil, children: leaves, minKey: nil, maxKey: nil),
            Partition(id: leaves[0], root: tuple, parent: root, minKey: nil, maxKey: key),
            Partition(id: leaves[1], root: tuple, parent: root, minKey: key, maxKey: nil),
        ]
        return [.add(table.file(month: 3)), .add(table.file(month: 4)), TestTable.removal(gone)]
            + partitions.map { .operation(.putPartition($0)) }
            + [.operation(.splitReference(ReferenceSplit(halving: split, in: root, into: leaves)))]
    }

    /// The keys of manifests of the newest state, one of each kind.
    static func manifests(_ log: TransactionLog) throws -> [ByteString] {
        let record = try log.stateManifest(at: log.current.version)
        let sets = [record.references.manifests, record.garbage.manifests, record.partitions.manifests]
        let infos = ([record.files.manifests] + sets).compactMap(\.last)
        #expect(infos.count == 4)
        return infos.map { log.path.directory + $0.path }
    }

    /// The last two components of a key: what errors call a file.
    static func name(_ key: ByteString) -> String {
        key.display.split(separator: "/").suffix(2).joined(separator: "/")
    }

    @Test(
        "a record that is cut anywhere, or has any byte changed, is refused with its name and the place",
        arguments: everyCompression)
    func record(compression: ByteString) throws {
        let (table, storage) = try Self.table(compression)
        let key = table.log.path.stateManifest(Version(6))
        let bytes = try storage.get(key)
        let whole = "\(try table.log.stateManifest(at: Version(6)))"
        let sealName = try #require(Self.firstIndex(of: Array("firn.crc32".utf8), in: bytes))
        for form in Damage.forms(of: bytes) {
            try Damage.replace(key, form.bytes, in: storage)
            do {
                let read = try table.log.stateManifest(at: Version(6))
                // Under another name the checksum is no checksum; everything else is what was written.
                let isName = (sealName..<(sealName + 10)).contains { form.name == Damage.flipName($0) }
                #expect(isName && "\(read)" == whole, "\(form.name)")
            } catch {
                guard case LogError.damaged(let file, _, let message) = error else { throw error }
                #expect(file == Self.name(key) && message.contains("byte "), "\(form.name): \(message)")
            }
        }
    }

    private static func firstIndex(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: needle) }
    }

    @Test("a manifest that is cut anywhere is refused with its name and length")
    func testReadTruncatedManifest() throws {
        try Self.expectRefused("zstd", kinds: 2) { bytes in
            (0..<bytes.count).map { ("cut at \($0)", Array(bytes[..<$0])) }
        }
    }

    @Test("a manifest of which any byte was changed is refused with its name and the place")
    func testReadCorruptedManifest() throws {
        try Self.expectRefused("zstd", kinds: 2) { bytes in
            bytes.indices.map { (Damage.flipName($0), Damage.flipped(bytes, $0)) }
        }
    }

    @Test("so is one of another codec", arguments: ["snappy", "deflate", "none"] as [ByteString])
    func otherCodecs(compression: ByteString) throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        try Self.expectRefused(compression, "FIRN_SEED=\(seed): ") { bytes in
            Damage.some(60, of: bytes, using: &random)
        }
    }

    /// Damages one manifest of each kind (files, references, garbage, partitions) in the given ways, one after the other.
    private static func expectRefused(
        _ compression: ByteString, kinds: Int = 4, _ comment: String = "",
        _ forms: ([UInt8]) -> [(name: String, bytes: [UInt8])]
    ) throws {
        let (table, storage) = try table(compression)
        // Without anything older, what is wrong with the newest state is what opening says.
        for version in 0...6 { try storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        try storage.delete(table.log.path.stateManifest(Version(4)))
        for key in try manifests(table.log).prefix(kinds) {
            let bytes = try storage.get(key)
            for form in forms(bytes) {
                try Damage.replace(key, form.bytes, in: storage)
                do {
                    _ = try table.open()
                    Issue.record("\(comment)\(key) was read: \(form.name)")
                } catch {
                    guard case LogError.damaged(let file, _, let message) = error else { throw error }
                    let isNamed = file == name(key) && message.contains("byte")
                    #expect(isNamed, "\(comment)\(form.name): \(file) \(message)")
                }
            }
            try Damage.replace(key, bytes, in: storage)
        }
        #expect(try table.open().current.fileCount == 4)
    }

    @Test("a damaged newest state is passed over for the one before it and the versions since")
    func fallback() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for compression in everyCompression {
            let (table, storage) = try Self.table(compression)
            let expected = table.log.current
            let record = table.log.path.stateManifest(Version(6))
            for key in try [record] + Self.manifests(table.log) {
                let bytes = try storage.get(key)
                for form in Damage.some(30, of: bytes, using: &random) {
                    try Damage.replace(key, form.bytes, in: storage)
                    let warnings = Box<[String]>([])
                    var options = TestTable.options
                    options.warn = { warning in warnings.update { $0.append(warning) } }
                    let log = try TransactionLog.open(
                        storage: storage, table: "t", clock: table.clock, entropy: table.entropy,
                        options: options)
                    let comment: Comment = "FIRN_SEED=\(seed): \(key) \(form.name)"
                    StateTests.expectEqual(log.current, expected, comment)
                    let isWhole = log.baseManifest?.version == Version(6)
                    #expect(isWhole == warnings.value.isEmpty, comment)
                    if isWhole {
                        #expect(key == record, comment)
                    } else {
                        #expect(log.baseManifest?.version == Version(4), comment)
                        #expect(warnings.value.contains { $0.contains(Self.name(key)) }, comment)
                    }
                }
                try Damage.replace(key, bytes, in: storage)
            }
        }
    }

    @Test("a large manifest that is damaged anywhere is refused")
    func largeManifest() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        let storage = MemoryStorage()
        let table = try TestTable(storage: storage)
        _ = try table.log.commit(table.adding(500))
        _ = try table.log.writeState()
        let info = try #require(table.log.baseManifest?.files.manifests.first)
        let key = table.log.path.directory + info.path
        let bytes = try storage.get(key)
        let expected = table.log.current
        for form in Damage.some(60, of: bytes, using: &random) {
            try Damage.replace(key, form.bytes, in: storage)
            let warnings = Box<[String]>([])
            var options = TestTable.options
            options.warn = { warning in warnings.update { $0.append(warning) } }
            let log = try TransactionLog.open(
                storage: storage, table: "t", clock: table.clock, entropy: table.entropy, options: options)
            #expect(log.baseManifest == nil, "FIRN_SEED=\(seed): \(form.name)")
            #expect(log.current.fileCount == expected.fileCount)
            #expect(warnings.value.contains { $0.contains(info.path.display) }, "FIRN_SEED=\(seed)")
        }
    }

    @Test("a version file that is cut anywhere, or has any byte changed, is refused with its name and place")
    func versionFile() throws {
        let storage = MemoryStorage()
        let table = try TestTable(storage: storage, partitioned: true)
        _ = try table.log.commit(table.adding(months: [1, 2]))
        _ = try table.log.commit(table.adding(months: [3]))
        for version in 0...2 as ClosedRange<Int64> {
            let key = table.log.path.versionFile(Version(version))
            let bytes = try storage.get(key)
            for form in Damage.forms(of: bytes) {
                try Damage.replace(key, form.bytes, in: storage)
                do {
                    _ = try table.open()
                    Issue.record("version \(version) was read: \(form.name)")
                } catch {
                    let text = "\(error)"
                    let isNamed = text.contains(LogPath.versionFileName(Version(version)).display)
                    #expect(
                        isNamed && (text.contains("line") || text.contains("byte")), "\(form.name): \(text)")
                }
            }
            try Damage.replace(key, bytes, in: storage)
        }
    }

    @Test("a hint that is cut anywhere, or has any byte changed, does no harm")
    func hint() throws {
        let (table, storage) = try Self.table("zstd")
        let expected = table.log.current
        let key = table.log.path.hint
        for form in Damage.forms(of: try storage.get(key)) {
            try storage.overwriteHint(key, form.bytes)
            let opened = try table.open().current
            #expect(
                opened.version == expected.version && opened.filePaths == expected.filePaths, "\(form.name)")
        }
    }

    @Test(
        "a manifest that nothing vouches for gives an error or as many entries, never a trap",
        arguments: [SampleManifest.documentSchema, ""])
    func unsealedManifest(schema: String) throws {
        let files = (0..<3).map { SampleManifest.fullEntry($0) } + [SampleManifest.bareEntry(9)]
        let bytes =
            schema.isEmpty
            ? SampleManifest.written(files, codec: .null)
            : try SampleManifest.bytes(
                (0..<4).map { SampleManifest.record("a\($0)", partition: [("day", "1")]) }, codec: .null)
        var refused = 0
        for place in bytes.indices {
            for bits in [0x01, 0x02, 0x10, 0x7F, 0x80, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[place] ^= bits
                do {
                    #expect(try SampleManifest.read(damaged, count: 4).count == 4)
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > bytes.count)
    }
}
