import Bytes
import Storage
import TestKit
import Testing

@Suite("Storage in memory that fails on command")
struct MemoryStorageTests {
    private func kind(_ body: () throws -> Void) -> StorageError.Kind? {
        do {
            try body()
            return nil
        } catch { return (error as? StorageError)?.kind }
    }

    @Test("what was put or finished survives a crash, what was not does not")
    func durability() throws {
        let storage = MemoryStorage()
        try storage.putIfAbsent("d/put", [1])
        let finished = try storage.create("d/finished")
        try finished.write([2])
        try finished.finish()
        let open = try storage.create("e/open")
        try open.write([3])
        try storage.overwriteHint("h/hint", [4])
        let left = storage.crashedCopy()
        #expect(left.allKeys == ["d/finished", "d/put"])
        #expect(try left.get("d/finished") == [2])
        let kept = storage.crashedCopy(keepingUnsynced: true)
        #expect(kept.allKeys == ["d/finished", "d/put", "e/open", "h/hint"])
        #expect(try kept.get("e/open") == [3])
    }

    @Test("the name of a hint may reach the disk before its contents")
    func emptyHints() throws {
        let storage = MemoryStorage()
        try storage.overwriteHint("d/hint", [4])
        try storage.putIfAbsent("d/other", [1])
        #expect(try storage.crashedCopy().get("d/hint") == [])
    }

    @Test("a deletion that was not synced is undone by a crash")
    func undeleted() throws {
        let storage = MemoryStorage()
        try storage.putIfAbsent("d/a", [1])
        try storage.delete("d/a")
        #expect(try storage.crashedCopy().get("d/a") == [1])
        try storage.putIfAbsent("d/b", [1])
        #expect(storage.crashedCopy().allKeys == ["d/b"])
    }

    @Test("deletions in a directory last once they were synced, and only those")
    func syncedDeletions() throws {
        let storage = MemoryStorage()
        for key in ["d/a", "d/b", "e/a"] as [ByteString] { try storage.putIfAbsent(key, [1]) }
        for key in ["d/a", "e/a"] as [ByteString] { try storage.delete(key) }
        try storage.syncDeletions(in: "d")
        #expect(storage.crashedCopy().allKeys == ["d/b", "e/a"])
        try storage.syncDeletions(in: "e")
        #expect(storage.crashedCopy().allKeys == ["d/b"])
    }

    @Test("a put is there whole or not at all, whichever step a crash comes before")
    func crashes() throws {
        var outcomes: [Bool] = []
        for step in 1...4 {
            let storage = MemoryStorage()
            storage.inject(.crash, atOperation: step)
            let failure = kind { try storage.putIfAbsent("d/a", [1, 2]) }
            #expect(failure == (step < 4 ? .unavailable : nil) && storage.hasCrashed == (step < 4))
            if storage.hasCrashed { #expect(kind { _ = try storage.get("d/a") } == .unavailable) }
            let left = storage.crashedCopy()
            #expect(left.allKeys == (step < 4 ? [] : ["d/a"]))
            outcomes.append(!storage.crashedCopy(keepingUnsynced: true).allKeys.isEmpty)
        }
        #expect(outcomes == [false, false, true, true])
    }

    @Test("a lost reply leaves the object, a failed sync of its contents does not")
    func lostReplies() throws {
        let cases: [(Int, MemoryStorage.Fault, StorageError.Kind, Bool)] = [
            (1, .error(.failedSync), .failedSync, false), (1, .error(.noSpace), .noSpace, false),
            (2, .error(.unavailable), .unavailable, false), (2, .lostReply, .unknownOutcome, true),
            (3, .lostReply, .unknownOutcome, true), (3, .error(.failedSync), .unknownOutcome, true),
        ]
        for (step, fault, expected, present) in cases {
            let storage = MemoryStorage()
            storage.inject(fault, atOperation: step)
            #expect(kind { try storage.putIfAbsent("d/a", [1]) } == expected, "\(fault) at \(step)")
            #expect(try storage.exists("d/a") == present)
        }
    }

    @Test("a failed sync drops the object that was being written")
    func failedFinish() throws {
        for step in 1...2 {
            let storage = MemoryStorage()
            let writer = try storage.create("d/a")
            try writer.write([1])
            storage.inject(.error(.failedSync), atOperation: step)
            #expect(kind { try writer.finish() } == .failedSync)
            #expect(storage.allKeys.isEmpty)
            #expect(kind { try writer.finish() } == .invalid)
        }
    }

    @Test("there is no more room than the limit says")
    func limit() throws {
        let storage = MemoryStorage(limitBytes: 10)
        try storage.putIfAbsent("a", [UInt8](repeating: 0, count: 6))
        #expect(kind { try storage.putIfAbsent("b", [UInt8](repeating: 0, count: 5)) } == .noSpace)
        let writer = try storage.create("c")
        #expect(kind { try writer.write([UInt8](repeating: 0, count: 5)) } == .noSpace)
        #expect(storage.allKeys == ["a"])
        #expect(try storage.space() == StorageSpace(capacityBytes: 10, availableBytes: 4))
        storage.setLimit(bytes: 20)
        try storage.putIfAbsent("b", [UInt8](repeating: 0, count: 5))
    }

    @Test("every step is counted and told")
    func counts() throws {
        let storage = MemoryStorage()
        try storage.putIfAbsent("d/a", [1])
        _ = try storage.get("d/a")
        #expect(storage.operations == ["put contents d/a", "put link d/a", "put sync d/a", "get d/a"])
        #expect(storage.operationCount == 4)
    }
}
