import Bytes
import Metadata
import Planning
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing

/// What two processes do at the same time, in each order in which their steps can meet.
@Suite("Collectors, readers and other collectors")
struct CollectorRaceTests {
    /// A reader whose clock is behind, so that it takes for kept what the collector does not.
    private func scene() throws -> (
        CollectorTable, reader: CollectorTable.Process, old: Version, gone: [FileEntry]
    ) {
        let scene = try CollectorTable()
        let (old, gone, _) = try scene.history()
        let reader = try scene.open(seed: 2)
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        scene.memory.setTime(milliseconds: CollectorTable.begin + 2 * CollectorTable.hour)
        return (scene, reader, old, gone)
    }

    @Test("a version that is pinned at any step of a collection is refused, or stays whole")
    func pinDuringCollection() throws {
        let (whole, _, _, gone) = try scene()
        let steps = whole.storage.counting { #expect((try? whole.table.collectGarbage())?.deletedFiles == 3) }
        #expect(whole.dataFiles.isDisjoint(with: gone.paths))
        var refused = 0
        for step in 1...steps {
            let (scene, reader, old, gone) = try scene()
            let outcome = Mutex(Result<TableState, any Error>?.none)
            let taken = scene.storage.counting(interludeBefore: step) {
                let result = Result { try reader.table.pin(old) }
                outcome.withLock { $0 = result }
            } _: {
                _ = try? scene.table.collectGarbage()
            }
            // What another thread has read already takes this one fewer steps.
            guard taken >= step else { continue }
            let result = outcome.withLock { $0 }
            switch try #require(result) {
            case .success(let state):
                #expect(state.files.count == 4, "step \(step)")
                for file in gone { #expect(reader.canRead(file), "step \(step)") }
                #expect(gone.paths.isSubset(of: scene.dataFiles), "step \(step)")
            case .failure(let error):
                refused += 1
                #expect((error as? StoreError)?.errno == .estale, "step \(step): \(error)")
            }
        }
        #expect(refused > 0 && refused < steps)
    }

    @Test("a collection at any step of pinning a version deletes nothing of it, or the pin is refused")
    func collectionDuringPin() throws {
        let (whole, reader, old, _) = try scene()
        let steps = whole.storage.counting { #expect(throws: Never.self) { try reader.table.pin(old) } }
        var refused = 0
        for step in 1...steps {
            let (scene, reader, old, gone) = try scene()
            var isPinned = false
            let collecting = scene.table
            _ = scene.storage.counting(interludeBefore: step) {
                _ = try? collecting.collectGarbage()
            } _: {
                isPinned = (try? reader.table.pin(old)) != nil
            }
            refused += isPinned ? 0 : 1
            if isPinned { for file in gone { #expect(reader.canRead(file), "step \(step)") } }
            // Nor is any of it taken later.
            _ = try scene.table.collectGarbage()
            #expect(!isPinned || gone.paths.isSubset(of: scene.dataFiles), "step \(step)")
        }
        #expect(refused > 0 && refused < steps)
    }

    @Test("two collectors at once get in nobody's way, whichever step the one is at")
    func twoCollectors() throws {
        let (whole, _, _, _) = try scene()
        let steps = whole.storage.counting { _ = try? whole.table.collectGarbage() }
        for step in 1...steps {
            let (scene, other, _, _) = try scene()
            other.clock.advance(milliseconds: 2 * CollectorTable.hour)
            let deleted = Mutex(0)
            _ = scene.storage.counting(interludeBefore: step) {
                let outcome = try? other.table.collectGarbage()
                deleted.withLock { $0 += outcome?.deletedFiles ?? 0 }
            } _: {
                let outcome = Result { try scene.table.collectGarbage() }
                #expect(throws: Never.self, "step \(step)") { try outcome.get() }
                deleted.withLock { $0 += (try? outcome.get())??.deletedFiles ?? 0 }
            }
            #expect(deleted.withLock { $0 } == 3, "step \(step)")
            #expect(scene.table.state.garbage.isEmpty, "step \(step)")
            #expect(scene.dataFiles == PurgeFixture.paths(scene.table.state), "step \(step)")
        }
    }

    @Test("a file that is open in another session stays, and the report says in which")
    func openHandle() throws {
        let (scene, reader, _, gone) = try scene()
        var handle: OpenDataFile? = try reader.table.openDataFile(gone[0].path, id: gone[0].id)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 2)
        #expect(scene.dataFiles.contains(gone[0].path))
        let report = try scene.table.garbageReport()
        #expect(report.files.map(\.reasons) == [[.pinned(reader.store.session.id)]])
        let text = String(decoding: report.text, as: UTF8.self)
        #expect(
            text.contains(
                "waits: open in session \(reader.store.session.id) (test 2, pid \(Processes.currentID) on"),
            "\(text)")
        #expect(try handle?.object.read(at: 0, count: 1) == [1])
        handle = nil
        try reader.store.session.beat()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 1)
    }

    @Test("a file that was opened while it was live needs no publication in its own process")
    func ownHandle() throws {
        let scene = try CollectorTable()
        let files = try scene.add(2)
        let handle = try scene.table.openDataFile(files[0].path, id: files[0].id)
        try scene.remove([files[0]])
        try scene.table.checkpoint()
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        // What is in storage says nothing of the handle until the collection itself has read it.
        let first = scene.storage.counting { _ = try? scene.table.garbageReport() }
        #expect(first > 0)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        #expect(try handle.object.read(at: 0, count: 1) == [1])
    }

    @Test("a file open in an old version keeps the version too, however long it takes to read")
    func slowReader() throws {
        let (scene, reader, old, gone) = try scene()
        _ = try reader.table.pin(old)
        var handle: OpenDataFile? = try reader.table.openDataFile(gone[0].path, id: gone[0].id, in: old)
        reader.clock.advance(milliseconds: 24 * CollectorTable.hour)
        try reader.store.session.beat()
        #expect(handle != nil)
        #expect(reader.table.pinnedVersions.map(\.version) == [old])
        #expect(reader.table.pinnedVersions.first?.untilMilliseconds == nil)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        // The next file of a slow copy is still there, for as long again as after a first look.
        handle = nil
        reader.clock.advance(milliseconds: Session.versionPinMilliseconds - 1)
        try reader.store.session.beat()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        #expect(reader.canRead(gone[1]))
        reader.clock.advance(milliseconds: 1)
        try reader.store.session.beat()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
    }

    @Test("a version whose files are gone is not had again by raising the retention")
    func raisedRetention() throws {
        let (scene, reader, old, gone) = try scene()
        _ = try scene.table.collectGarbage()
        #expect(scene.dataFiles.isDisjoint(with: gone.paths))
        try scene.table.setProperty("log.retention.hours", "100")
        #expect(throws: StoreError.self) { try reader.table.pin(old) }
        #expect(throws: StoreError.self) { try scene.table.pin(old) }
    }
}
