import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing

/// Heartbeats that cannot be written, cannot be read, or are not there any more.
@Suite("Sessions in trouble")
struct SessionTroubleTests {
    private func garbage() throws -> (CollectorTable, old: Version, gone: [FileEntry]) {
        let scene = try CollectorTable()
        let (old, gone, _) = try scene.history()
        return (scene, old, gone)
    }

    private func age(_ scene: CollectorTable) {
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        scene.memory.setTime(milliseconds: CollectorTable.begin + 2 * CollectorTable.hour)
    }

    @Test("what cannot be published is not pinned: it is refused then and afterwards, and nothing is deleted")
    func unwritable() throws {
        let (scene, old, gone) = try garbage()
        let storage = MuteStorage(scene.memory)
        let reader = try CollectorTable.Process(storage, scene.directory, seed: 2)
        storage.isMute = true
        for _ in 0..<2 {
            #expect(throws: StoreError.self) { try reader.table.pin(old) }
            #expect(!reader.table.isPinned(old))
        }
        #expect(!reader.canRead(gone[0]))
        reader.clock.advance(milliseconds: 2 * CollectorTable.hour)
        #expect(throws: StoreError.self) { try reader.table.collectGarbage() }
        #expect(gone.paths.isSubset(of: scene.dataFiles))
        reader.clock.set(milliseconds: CollectorTable.begin)
        storage.isMute = false
        _ = try reader.table.pin(old)
        #expect(reader.table.isPinned(old) && reader.canRead(gone[0]))
        // A session that has not been able to say so for half a minute no longer relies on its pins.
        storage.isMute = true
        reader.clock.advance(milliseconds: 30_000)
        #expect(!reader.table.isPinned(old))
    }

    @Test("a pin that has ended is not there again because another attempt to pin failed")
    func expiredPin() throws {
        let (scene, old, _) = try garbage()
        let storage = MuteStorage(scene.memory)
        let reader = try CollectorTable.Process(storage, scene.directory, seed: 2)
        _ = try reader.table.pin(old)
        reader.clock.advance(milliseconds: Session.versionPinMilliseconds)
        try reader.store.session.beat()
        #expect(!reader.table.isPinned(old))
        storage.isMute = true
        #expect(throws: StoreError.self) { try reader.table.pin(old) }
        #expect(!reader.table.isPinned(old))
    }

    @Test("a heartbeat that cannot be read keeps everyone from deleting, and is named")
    func unreadable() throws {
        let (scene, _, gone) = try garbage()
        age(scene)
        let key: ByteString = "_sessions/00000000000000aa.json"
        for bytes in [[], Array("{\"id\":".utf8), heartbeat(0xBB).encoded] as [[UInt8]] {
            try scene.memory.overwriteHint(key, bytes)
            do {
                _ = try scene.table.collectGarbage()
                Issue.record("something was deleted beside \(bytes.count) bytes")
            } catch {
                #expect(error.message.contains("00000000000000aa"), "\(error)")
            }
            #expect(gone.paths.isSubset(of: scene.dataFiles))
        }
        try scene.memory.delete(key)
        // Other names are nobody's heartbeat.
        try scene.memory.overwriteHint("_sessions/notes.json", [1])
        try scene.memory.overwriteHint("_sessions/00000000000000aa.json.swp", [1])
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
    }

    @Test("nor does it do so for ever: a mount removes it when nobody has replaced it for a minute")
    func unreadableForLong() throws {
        let (scene, _, _) = try garbage()
        age(scene)
        try scene.memory.overwriteHint("_sessions/00000000000000aa.json", [])
        let mount = try scene.open(seed: 2, runsServices: true)
        let sessions = SessionDirectory(storage: scene.memory)
        for _ in 0..<2_000 where try sessions.found().contains(where: { $0.heartbeat == nil }) {
            mount.clock.advance(milliseconds: 6_000)
            Thread.sleep(nanoseconds: 10_000_000)
        }
        // The other session has stood still for as long, and is given up as well.
        mount.clock.advance(milliseconds: 2 * CollectorTable.hour)
        #expect(try mount.table.collectGarbage()?.deletedFiles == 3)
    }

    @Test("what was found dead is not removed where it has changed since")
    func raised() throws {
        let memory = MemoryStorage()
        let sessions = SessionDirectory(storage: memory)
        try sessions.publish(heartbeat(7))
        let found = try #require(try sessions.found().first)
        var beating = heartbeat(7)
        beating.counter += 1
        try sessions.publish(beating)
        try sessions.remove(found)
        #expect(try sessions.heartbeats().map(\.counter) == [2])
        try sessions.remove(try #require(try sessions.found().first))
        #expect(try sessions.heartbeats().isEmpty)
    }

    private func heartbeat(_ number: UInt64, process: Int32 = 1, start: UInt64 = 1) -> Heartbeat {
        Heartbeat(
            id: SessionID(number), counter: 1, host: "host", boot: Processes.idSpace(), processID: process,
            processStart: start, command: "mount", startedAtMilliseconds: 0)
    }

    @Test("where the heartbeats have vanished nothing is deleted until those of others can be there again")
    func vanished() throws {
        let (scene, old, gone) = try garbage()
        let reader = try scene.open(seed: 2)
        _ = try reader.table.pin(old)
        age(scene)
        for key in scene.memory.allKeys where key.hasPrefix("_sessions/") { try scene.memory.delete(key) }
        for _ in 0..<2 {
            do {
                _ = try scene.table.collectGarbage()
                Issue.record("deleted without heartbeats")
            } catch {
                #expect(error.errno == .ebusy && error.message.contains("was removed"), "\(error)")
            }
        }
        // The reader's next beat brings its pins back.
        try reader.store.session.beat()
        scene.collector.clock.advance(milliseconds: 10_000)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        for file in gone { #expect(reader.canRead(file)) }
    }

    @Test("a reader whose heartbeat was taken away looks anew whether its version is whole")
    func buried() throws {
        let (scene, old, gone) = try garbage()
        let reader = try scene.open(seed: 2)
        _ = try reader.table.pin(old)
        age(scene)
        // It is declared dead, as one that was stopped for long is, and the others go on.
        try SessionDirectory(storage: scene.memory).remove(reader.store.session.id)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
        #expect(throws: StoreError.self) { try reader.table.pin(old) }
        for file in gone { #expect(!reader.canRead(file)) }
    }

    @Test("the pins of a process that is certainly gone hold nothing")
    func goneProcess() throws {
        let (scene, old, _) = try garbage()
        age(scene)
        var dead = heartbeat(0xDD, process: Processes.currentID, start: 1)
        dead.pins["t"] = .init(versions: [old])
        try SessionDirectory(storage: scene.memory).publish(dead)
        #expect(try scene.table.garbageReport().freeCount == 3)
        dead.boot = "another host's"
        try SessionDirectory(storage: scene.memory).publish(dead)
        #expect(try scene.table.garbageReport().freeCount == 0)
        try SessionDirectory(storage: scene.memory).remove(dead.id)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
    }
}

/// Writes no heartbeats while it is mute.
private final class MuteStorage: StorageLayer {
    let inner: MemoryStorage
    private let mute = Mutex(false)

    var isMute: Bool {
        get { mute.withLock { $0 } }
        set { mute.withLock { $0 = newValue } }
    }

    init(_ inner: MemoryStorage) { self.inner = inner }

    func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        if isMute, key.hasPrefix("_sessions/") { throw StorageError(.noSpace, .overwrite, key) }
        try inner.overwriteHint(key, bytes)
    }
}
