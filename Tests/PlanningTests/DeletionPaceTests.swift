import Planning
import Testing

@Suite("Deletion pace")
struct DeletionPaceTests {
    private let quiet = DeletionPace(DeletionPace.Picture())

    private func pace(_ change: (inout DeletionPace.Picture) -> Void) -> DeletionPace {
        var picture = DeletionPace.Picture()
        change(&picture)
        return DeletionPace(picture)
    }

    @Test(
        "where nothing presses, files and bytes go at fixed rates, and a file takes the longer of its two times"
    )
    func rates() {
        #expect(quiet.filesPerSecond == 500 && quiet.bytesPerSecond == Double(128 << 20))
        #expect(quiet.nanoseconds(forBytes: 0) == 2_000_000)
        #expect(quiet.nanoseconds(forBytes: 1000) == 2_000_000)
        #expect(quiet.nanoseconds(forBytes: 256 << 20) == 2_000_000_000)
        #expect(quiet.nanoseconds(forBytes: -1) == 2_000_000)
        let usual = pace {
            $0.waitingFiles = 200
            $0.waitingBytes = 2 << 30
            $0.liveFiles = 1000
            $0.liveBytes = 10 << 30
            $0.room = .init(capacityBytes: 1 << 40, availableBytes: 20 << 30)
        }
        #expect(usual == quiet)
    }

    @Test("the less room there is, the faster: what is missing is made in ten seconds")
    func shortOfRoom() {
        var last = quiet
        for missing in [1, 4, 8, 16] as [Int64] {
            let pace = pace { $0.room = .init(capacityBytes: 1 << 40, availableBytes: (16 - missing) << 30) }
            #expect(pace.bytesPerSecond == quiet.bytesPerSecond + Double(missing << 30) / 10)
            #expect(pace.bytesPerSecond > last.bytesPerSecond && pace.filesPerSecond > last.filesPerSecond)
            last = pace
        }
        // A small disk is short of room when a tenth of it is not free.
        let small = pace { $0.room = .init(capacityBytes: 10 << 30, availableBytes: 1 << 30) }
        #expect(small == quiet)
        let full = pace { $0.room = .init(capacityBytes: 10 << 30, availableBytes: 0) }
        #expect(full.bytesPerSecond == quiet.bytesPerSecond + Double(1 << 30) / 10)
    }

    @Test("garbage beyond a fifth of what is live is gone in five minutes, however much it is")
    func backlog() {
        let many = pace {
            $0.waitingFiles = 3_000_200
            $0.liveFiles = 1000
        }
        #expect(many.filesPerSecond == 500 + 10_000)
        let large = pace {
            $0.waitingBytes = 1 << 42
            $0.liveBytes = 1 << 40
        }
        let excess = Double(1 << 42) - Double(1 << 40) / 5
        #expect(abs(large.bytesPerSecond - quiet.bytesPerSecond - excess / 300) < 1)
    }
}
