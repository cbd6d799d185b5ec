import Metadata
import Platform
import Tables

/// Prints the changes of a table from a version on.
struct ChangeListing {
    private let changes: TableChanges
    private let console: Console
    private let format: TableChanges.Format
    private let dataOnly: Bool
    /// Up to here everything is printed.
    private var version: Version
    /// True where nothing was printed yet.
    private(set) var isEmpty = true

    private static let leastPauseNanoseconds: UInt64 = 50_000_000
    private static let greatestPauseNanoseconds: UInt64 = 2_000_000_000
    /// After so many looks at the next version alone, all are listed: the next one may have expired unseen.
    private static let looksBetweenListings = 32
    private static let greatestFailureCount = 20

    init(
        changes: TableChanges, console: Console, format: TableChanges.Format, dataOnly: Bool, version: Version
    ) {
        self.changes = changes
        self.console = console
        self.format = format
        self.dataOnly = dataOnly
        self.version = version
    }

    /// Prints what came up to a version; false where nobody reads it any more, or `goesOn` says so.
    mutating func show(upTo end: Version, while goesOn: () -> Bool = { true }) throws -> Bool {
        guard version < end else { return true }
        var failure: Errno?
        var isStopped = false
        let (changes, console) = (changes, console)
        try changes.forEach(from: version, to: end, as: format, dataOnly: dataOnly) { reached, bytes in
            do throws(Errno) {
                if !bytes.isEmpty {
                    try console.printChecked(bytes: bytes)
                    isEmpty = false
                }
                version = reached
                isStopped = !goesOn()
            } catch {
                failure = error
            }
            return failure == nil && !isStopped
        }
        if failure == .epipe { return false }
        if let failure { throw CommandFailure("the changes cannot be written: \(failure.message)") }
        return !isStopped
    }

    /// Prints new versions as they come, until `end`, one of `signals`, or the end of who reads.
    mutating func follow(until end: Version?, endingWith signals: [Signal]) throws -> Int32 {
        let goesOn = { Signals.wait(for: signals, atMostNanoseconds: 0) == nil }
        var pause = Self.leastPauseNanoseconds
        var lookCount = 0
        var failureCount = 0
        while end.map({ version < $0 }) ?? true {
            do {
                if let newest = try newest(lookCount) {
                    guard try show(upTo: end.map { min($0, newest) } ?? newest, while: goesOn) else {
                        return 0
                    }
                    pause = Self.leastPauseNanoseconds
                    lookCount = 0
                    continue
                }
                failureCount = 0
            } catch let error as StoreError {
                // A storage may be away for a moment; everything else stays as it is.
                guard error.errno == .eio, failureCount < Self.greatestFailureCount else { throw error }
                if failureCount == 0 { console.note("firn: \(error); trying again") }
                failureCount += 1
            }
            lookCount += 1
            if Signals.wait(for: signals, atMostNanoseconds: pause) != nil { return 0 }
            if Processes.readerIsGone(1) { return 0 }
            pause = min(pause * 2, Self.greatestPauseNanoseconds)
        }
        return 0
    }

    /// A newer version, where there is one.
    private func newest(_ lookCount: Int) throws(StoreError) -> Version? {
        guard lookCount % Self.looksBetweenListings == 0 else {
            return try changes.newestVersion(after: version)
        }
        let newest = try changes.newestVersion()
        return newest > version ? newest : nil
    }
}
