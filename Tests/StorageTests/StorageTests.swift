import Bytes
import Platform
import Storage
import TestKit
import Testing

/// What every storage must do, run over each.
@Suite("Every storage")
struct StorageTests {
    enum Kind: String, CaseIterable, Sendable { case directory, stepwise, memory }

    private func with(_ kind: Kind, _ body: (any ObjectStorage) throws -> Void) throws {
        switch kind {
        case .memory: try body(MemoryStorage(limitBytes: 1 << 40))
        case .directory, .stepwise:
            let directory = try TemporaryDirectory("storage")
            try body(
                DirectoryStorage(
                    root: directory.path, stepwise: kind == .stepwise, entropy: SeededEntropy()))
        }
    }

    private func kind(_ body: () throws -> Void) -> StorageError.Kind? {
        do {
            try body()
            return nil
        } catch { return (error as? StorageError)?.kind }
    }

    @Test("of two puts the second fails and changes nothing", arguments: Kind.allCases)
    func putIfAbsent(kind: Kind) throws {
        try with(kind) { storage in
            try storage.putIfAbsent("log/1.json", Array("one".utf8))
            #expect(self.kind { try storage.putIfAbsent("log/1.json", Array("two".utf8)) } == .alreadyExists)
            #expect(try storage.get("log/1.json") == Array("one".utf8))
            #expect(self.kind { try storage.putIfAbsent("log", []) } == .alreadyExists)
            try storage.putIfAbsent("empty", [])
            #expect(try storage.get("empty") == [])
        }
    }

    @Test("deletions can be made to last, also where nothing is", arguments: Kind.allCases)
    func syncDeletions(kind: Kind) throws {
        try with(kind) { storage in
            try storage.putIfAbsent("d/e/a", [1])
            try storage.delete("d/e/a")
            try storage.syncDeletions(in: "d/e")
            try storage.syncDeletions(in: "none/of/these")
            try storage.syncDeletions(in: "")
            #expect(try storage.metadata(of: "d/e/a") == nil)
            #expect(self.kind { try storage.syncDeletions(in: "../d") } == .invalid)
        }
    }

    @Test("what is reserved takes its room, is there once, and is given back whole", arguments: Kind.allCases)
    func reserve(kind: Kind) throws {
        try with(kind) { storage in
            let size: UInt64 = 8 << 20
            let before = try #require(try storage.space()).availableBytes
            #expect(try storage.reserve("_room", sizeBytes: size))
            #expect(try storage.size(of: "_room") == size)
            // Others use the same disk; that they free as much in this moment is not to be feared.
            #expect(try #require(try storage.space()).availableBytes < before - size / 2)
            #expect(self.kind { _ = try storage.reserve("_room", sizeBytes: 1) } == .alreadyExists)
            try storage.delete("_room")
            #expect(try storage.metadata(of: "_room") == nil)
            #expect(self.kind { _ = try storage.reserve("_room", sizeBytes: 1 << 60) } != nil)
            #expect(try storage.metadata(of: "_room") == nil, "nothing stays of what did not fit")
        }
    }

    @Test("a range is cut at the end of the object", arguments: Kind.allCases)
    func ranges(kind: Kind) throws {
        try with(kind) { storage in
            try storage.putIfAbsent("a", Array("0123456789".utf8))
            let cases: [(Range<UInt64>, String)] = [
                (0..<3, "012"), (8..<20, "89"), (10..<12, ""), (50..<60, ""), (4..<4, ""),
                (9..<UInt64.max, "9"),
            ]
            for (range, text) in cases { #expect(try storage.get("a", range: range) == Array(text.utf8)) }
            #expect(self.kind { _ = try storage.get("b") } == .notFound)
            #expect(self.kind { _ = try storage.get("a/b") } == .notFound)
            #expect(self.kind { _ = try storage.openForReading("b") } == .notFound)
        }
    }

    @Test("metadata tells sizes, and nothing for what is not there", arguments: Kind.allCases)
    func metadata(kind: Kind) throws {
        try with(kind) { storage in
            try storage.putIfAbsent("d/a", [1, 2, 3])
            let metadata = try #require(try storage.metadata(of: "d/a"))
            #expect(metadata.sizeBytes == 3 && !metadata.isDirectory)
            #expect(metadata.modificationMilliseconds > 1_700_000_000_000)
            #expect(try storage.metadata(of: "d")?.isDirectory == true)
            for key: ByteString in ["x", "d/x", "d/a/x"] { #expect(try storage.metadata(of: key) == nil) }
            #expect(try storage.size(of: "d/a") == 3)
            #expect(try storage.exists("d/a"))
            #expect(try !storage.exists("x"))
        }
    }

    @Test("a listing is one level, sorted by bytes, after a name", arguments: Kind.allCases)
    func lists(kind: Kind) throws {
        try with(kind) { storage in
            let names: [ByteString] = [
                "b", "a", "a b", "Z", "é", ByteString([0x7A, 0xFF]), "a-", "sub/x", "sub/y/z",
            ]
            for name in names { try storage.putIfAbsent("t/" + name, [1]) }
            let expected: [ByteString] = ["Z", "a", "a b", "a-", "b", "sub", ByteString([0x7A, 0xFF]), "é"]
            #expect(try storage.list("t").map(\.name) == expected)
            #expect(try storage.list("t").filter(\.isDirectory).map(\.name) == ["sub"])
            #expect(try storage.list("t", after: "a b").map(\.name) == Array(expected[3...]))
            #expect(try storage.list("t", after: "aa").map(\.name) == Array(expected[4...]))
            #expect(try storage.list("t/sub").map(\.name) == ["x", "y"])
            #expect(try storage.list("").map(\.name) == ["t"])
            #expect(try storage.list("none") == [])
            #expect(try storage.list("none/at/all") == [])
            let sizes = try storage.list("t/sub", after: nil, withMetadata: true)
            #expect(sizes.map(\.metadata?.sizeBytes).first == 1 && sizes.last?.metadata?.isDirectory == true)
            #expect(self.kind { _ = try storage.list("t/a") } == .notFound)
        }
    }

    @Test("keys that could lead elsewhere or are not listed are refused", arguments: Kind.allCases)
    func keys(kind: Kind) throws {
        try with(kind) { storage in
            let long = ByteString([UInt8](repeating: 0x61, count: 256))
            let keys: [ByteString] = [
                "", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", ".hidden", "a/.b", ByteString([0x61, 0]),
                long,
            ]
            for key in keys {
                #expect(self.kind { try storage.putIfAbsent(key, []) } == .invalid, "\(key)")
                #expect(self.kind { _ = try storage.get(key) } == .invalid, "\(key)")
                #expect(self.kind { _ = try storage.create(key) } == .invalid, "\(key)")
                #expect(self.kind { try storage.delete(key) } == .invalid, "\(key)")
                #expect(self.kind { try storage.overwriteHint(key, []) } == .invalid, "\(key)")
            }
            #expect(self.kind { _ = try storage.list("..") } == .invalid)
            try storage.putIfAbsent(ByteString([UInt8](repeating: 0x61, count: 255)), [])
        }
    }

    @Test("an object is streamed under its final name", arguments: Kind.allCases)
    func streams(kind: Kind) throws {
        try with(kind) { storage in
            let writer = try storage.create("data/p=1/a.parquet")
            #expect(self.kind { _ = try storage.create("data/p=1/a.parquet") } == .alreadyExists)
            var expected: [UInt8] = []
            for size in [1, 1_000, 0, 300_000, 7, 262_144, 100] {
                let part = [UInt8](repeating: UInt8(size & 0xFF), count: size)
                try writer.write(part)
                expected += part
            }
            #expect(writer.bytesWritten == UInt64(expected.count))
            try writer.finish()
            writer.abort()
            #expect(try storage.get("data/p=1/a.parquet") == expected)
            #expect(self.kind { try writer.write([1]) } == .invalid)
            #expect(self.kind { try writer.finish() } == .invalid)
        }
    }

    @Test("an object that is aborted or dropped unfinished is gone", arguments: Kind.allCases)
    func aborts(kind: Kind) throws {
        try with(kind) { storage in
            let writer = try storage.create("data/a")
            try writer.write([1, 2])
            writer.abort()
            do { try (try storage.create("data/b")).write([1]) }
            #expect(try storage.list("data") == [])
            try storage.putIfAbsent("data/a", [3])
            #expect(try storage.get("data/a") == [3])
        }
    }

    @Test("a hint is replaced whole", arguments: Kind.allCases)
    func hints(kind: Kind) throws {
        try with(kind) { storage in
            try storage.overwriteHint("log/hint", Array("first, longer".utf8))
            try storage.overwriteHint("log/hint", Array("second".utf8))
            #expect(try storage.get("log/hint") == Array("second".utf8))
            #expect(try storage.list("log").map(\.name) == ["hint"])
        }
    }

    @Test("what is deleted is gone, and deleting it again is fine", arguments: Kind.allCases)
    func deletes(kind: Kind) throws {
        try with(kind) { storage in
            try storage.putIfAbsent("d/a", [1])
            let open = try storage.openForReading("d/a")
            #expect(try !storage.deleteDirectoryIfEmpty("d"))
            try storage.delete("d/a")
            try storage.delete("d/a")
            try storage.delete("x/y")
            #expect(self.kind { _ = try storage.get("d/a") } == .notFound)
            #expect(try open.read(at: 0, count: 5) == [1])
            #expect(try storage.deleteDirectoryIfEmpty("d"))
            #expect(try storage.deleteDirectoryIfEmpty("d"))
            #expect(try storage.list("") == [])
            try storage.putIfAbsent("d/a", [2])
            #expect(try storage.get("d/a") == [2])
        }
    }

    @Test("an object is read here and there", arguments: Kind.allCases)
    func randomAccess(kind: Kind) throws {
        try with(kind) { storage in
            let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try storage.putIfAbsent("a", bytes)
            let object = try storage.openForReading("a")
            #expect(object.sizeBytes == 10_000)
            for (offset, count) in [(0, 10), (9_990, 50), (10_000, 1), (20_000, 5), (5_000, 5_000), (3, 0)] {
                let expected = Array(bytes.dropFirst(offset).prefix(count))
                #expect(try object.read(at: UInt64(offset), count: count) == expected)
            }
        }
    }

    @Test("a local file becomes an object, shared or copied", arguments: Kind.allCases)
    func fromLocal(kind: Kind) throws {
        let local = try TemporaryDirectory("local")
        try with(kind) { storage in
            for (index, sharing) in [true, false].enumerated() {
                try local.write("f", [UInt8](repeating: UInt8(index), count: 3_000_000))
                let key = ByteString("data/\(index)")
                try storage.putIfAbsent(key, fromLocal: local.file("f"), sharing: sharing)
                #expect(
                    self.kind { try storage.putIfAbsent(key, fromLocal: local.file("f"), sharing: sharing) }
                        == .alreadyExists)
                try FileSystemCalls.unlink(local.file("f"))
                #expect(try storage.get(key) == [UInt8](repeating: UInt8(index), count: 3_000_000))
            }
            #expect(
                self.kind { try storage.putIfAbsent("x", fromLocal: local.file("none"), sharing: true) }
                    == .notFound)
        }
    }

    @Test("of many threads that put one key, one succeeds", arguments: Kind.allCases)
    func races(kind: Kind) throws {
        try with(kind) { storage in
            let winners = Counter()
            let threads = (0..<4).map { thread in
                Thread.spawn(name: "putter") {
                    for round in 0..<20 {
                        let key = ByteString("r/\(round / 4)/\(round)")
                        if (try? storage.putIfAbsent(key, [UInt8(thread)])) != nil { winners.add() }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(winners.value == 20)
        }
    }
}
