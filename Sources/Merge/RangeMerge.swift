import Bytes
import Metadata
import Platform

/// Merges one range of keys into files of its own, and counts for each what went into it.
///
/// Unchecked: one thread at a time runs it, and the results are read when all threads have ended.
final class RangeMerge: @unchecked Sendable {
    private let blocks: MergedBlocks
    private let writer: DataFileWriter
    private let cancellation: Cancellation
    private let pace: RangePace
    private let files: [FileID]
    private let range: KeyRange
    /// Told each part when its output is durable.
    private let onPart: (JobPart) throws -> Void
    /// The part in work: the rows that have gone into the file that is open.
    private var current: JobPart
    /// The last key that has come in, whether its rows went out or were dropped.
    private var lastKey: ByteString?
    private(set) var parts: [JobPart] = []
    private(set) var rowsPassedThrough: Int64 = 0

    /// - Parameter files: the ids of the inputs by their number.
    init(
        _ range: KeyRange, of files: [FileID], _ blocks: MergedBlocks, into writer: DataFileWriter,
        cancellation: Cancellation, pace: RangePace, onPart: @escaping (JobPart) throws -> Void
    ) {
        self.range = range
        self.files = files
        self.blocks = blocks
        self.writer = writer
        self.cancellation = cancellation
        self.pace = pace
        self.onPart = onPart
        current = JobPart(minKey: range.min, maxKey: range.max)
    }

    /// When it throws, the unfinished file is deleted; those of ``parts`` are there.
    func run() throws {
        let ticket = pace.enter()
        defer { pace.leave(ticket) }
        do {
            try MergePipeline(blocks).forEach { piece in
                try pace.wait(ticket, cancellation)
                try take(piece)
            }
            try close(try writer.end(), next: nil)
        } catch {
            writer.abort()
            throw error
        }
    }

    private func take(_ piece: MergedPiece) throws {
        try cancellation.check()
        // A piece without rows goes to what is open, so that no part begins with nothing to write. One that goes on
        // with a key belongs to where the key's first rows were counted.
        if piece.rowCount > 0, !writer.hasKey || piece.firstKey != lastKey, let entry = try writer.cut() {
            try close(entry, next: piece.firstKey)
        }
        lastKey = piece.lastKey
        for (input, count) in piece.rowsIn {
            current.rowsIn += Int64(count)
            current.rowsInByFile[files[input], default: 0] += Int64(count)
        }
        current.rowsDropped += Int64(piece.droppedCount)
        switch piece.content {
        case .rows(let batch):
            try writer.append(merged: batch)
        case .rowGroup(let input, let rowGroup):
            try writer.append(
                rowGroup: rowGroup, of: input, firstKey: piece.firstKey, lastKey: piece.lastKey)
            rowsPassedThrough += Int64(piece.rowCount)
        }
    }

    /// Ends the part in work, which reaches up to `next`, or to the end of the range.
    private func close(_ output: FileEntry?, next: ByteString?) throws {
        var part = current
        part.maxKey = next ?? range.max
        part.outputs = output.map { [$0] } ?? []
        current = JobPart(minKey: next, maxKey: range.max)
        guard part.rowsIn == part.rowsOut + part.rowsDropped else {
            if let output { writer.discard(output) }
            throw MergeError(
                .accounting,
                "\(part.rowsIn) rows came in, \(part.rowsOut) went out and \(part.rowsDropped) were dropped")
        }
        parts.append(part)
        try onPart(part)
    }

    /// Deletes the files of all parts.
    func discard() {
        for part in parts { part.outputs.forEach(writer.discard) }
    }
}

/// Merges several ranges side by side.
enum RangeWorkers {
    /// Runs all, at most `count` at a time, one of them on the calling thread. The first error stops the others and
    /// is thrown.
    static func run(_ merges: [RangeMerge], count: Int, stop: Cancellation) throws {
        let failure = FirstError()
        let next = Monitor(0)
        let work: @Sendable () -> Void = {
            while let merge = next.withLock({ number -> RangeMerge? in
                guard number < merges.count, !stop.isCancelled else { return nil }
                number += 1
                return merges[number - 1]
            }) {
                do { try merge.run() } catch {
                    failure.note(error)
                    stop.cancel()
                }
            }
        }
        let threads = (1..<max(min(count, merges.count), 1)).map { _ in
            Thread.spawn(name: "firn-merge-out", work)
        }
        work()
        for thread in threads { thread.join() }
        try failure.rethrow()
        // Stopped from outside, between two ranges.
        if next.withLock({ $0 }) < merges.count { throw CancellationError() }
    }
}
