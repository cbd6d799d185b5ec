import Bytes

/// What the first argument names.
enum Benchmark {
    private static let usage = """
        usage: firn-bench WORK ARGUMENTS
          make-table STORE TABLE FILES LIST [flat]   a table of so many files; LIST gets them as tab-separated lines
          make-fragments STORE TABLE FILES MANIFESTS   a table whose files lie in so many manifests
          open STORE TABLE                      open the table and count its files
          manifest STORE TABLE                  read and check all manifests on one thread; the time of one
          manifest-floor STORE TABLE            only decompress their blocks
          build-segments ROUNDS                 50,000 entries into a segment, again and again
          compact-state STORE TABLE             write the whole state anew
          add-state STORE TABLE FILES           commit so many files more and write the state of it
          commit STORE TABLE COMMITS FILES      commits, one after the other; the median of one
          commit-threads STORE TABLE WRITERS COMMITS FILES     of several threads at once; the time over all commits
          commit-processes STORE TABLE WRITERS COMMITS FILES   of several processes at once
          commit-floor DIRECTORY COUNT BYTES    create, write, fsync, link, fsync of the directory; the median
          merge DIRECTORY KEY append|upsert OUT FILE…   sorted Parquet files of the directory into one
          merge-ranges COUNT DIRECTORY KEY append|upsert OUT FILE…   so many ranges of keys at once: OUT.0, OUT.1 …
          ingest STORE KEY FILE OUT             a text file into a new table
          read FILE sequential|random SECONDS   one GB in blocks of 1 MiB, or a million reads of 4 KiB
          list DIRECTORY names|stat|open        every file of a directory
          make-references STORE TABLE LEAVES FILES SPAN   a partition tree and files that so many leaves reference each
          assign-all STORE TABLE LEAVES COUNT   a job in each of so many leaves of it
          open-references STORE TABLE           open such a table
          split-partitions STORE TABLE COUNT FILES     a new table, split so often, with files over all keys
          add-references STORE TABLE LEAVES FIRST COMMITS FILES SPAN   commits of files that leaves share
          assign-jobs STORE TABLE LEAVES COUNT         a job a commit
          replace-references STORE TABLE LEAVES COUNT  the end of a job a commit
          service-write MOUNT WRITER SECONDS JOURNAL   small files of fixed seeds into two tables, one after the other
          service-read SECONDS DIRECTORY…       all files of directories, again and again, each checked
          service-rows TABLE JOURNAL…           the rows that writers were acknowledged, as CSV
          service-feed WRITER JOURNAL           the same as batches of keys and values
        """

    static func run(_ arguments: [String]) throws {
        guard arguments.count > 1 else { Output.fail(usage) }
        var rest = Arguments(Array(arguments.dropFirst(2)))
        switch arguments[1] {
        case "make-table": try TableMaking.run(&rest)
        case "make-fragments": try StateBenchmark.makeFragments(&rest)
        case "open": try StateBenchmark.open(&rest)
        case "manifest": try ManifestBenchmark.read(&rest)
        case "manifest-floor": try ManifestBenchmark.floor(&rest)
        case "build-segments": try ManifestBenchmark.build(&rest)
        case "compact-state": try StateBenchmark.compact(&rest)
        case "add-state": try StateBenchmark.addAndWrite(&rest)
        case "commit": try CommitBenchmark.commit(&rest)
        case "commit-threads": try ConcurrentCommitBenchmark.threads(&rest)
        case "commit-processes": try ConcurrentCommitBenchmark.processes(&rest)
        case "commit-process": try ConcurrentCommitBenchmark.process(&rest)
        case "commit-floor": try CommitBenchmark.floor(&rest)
        case "merge": try MergeBenchmark.run(&rest)
        case "merge-ranges": try MergeBenchmark.ranges(&rest)
        case "ingest": try IngestBenchmark.run(&rest)
        case "read": try ReadBenchmark.run(&rest)
        case "list": try ListBenchmark.run(&rest)
        case "make-references": try ReferenceBenchmark.make(&rest)
        case "assign-all": try ReferenceBenchmark.assignAll(&rest)
        case "open-references": try ReferenceBenchmark.open(&rest)
        case "split-partitions": try ReferenceBenchmark.split(&rest)
        case "add-references": try ReferenceBenchmark.add(&rest)
        case "assign-jobs": try ReferenceBenchmark.assign(&rest)
        case "replace-references": try ReferenceBenchmark.replace(&rest)
        case "service-write": try ServiceWriter.run(&rest)
        case "service-read": try ServiceReader.run(&rest)
        case "service-rows": try ServiceReplay.rows(&rest)
        case "service-feed": try ServiceReplay.feed(&rest)
        default: Output.fail(usage)
        }
    }
}

/// The arguments of one piece of work, taken one by one.
struct Arguments {
    private var values: ArraySlice<String>

    init(_ values: [String]) { self.values = values[...] }

    var isEmpty: Bool { values.isEmpty }

    mutating func text() -> ByteString {
        guard let value = values.popFirst() else { Output.fail("an argument is missing") }
        return ByteString(value)
    }

    mutating func number() -> Int {
        let value = text()
        guard let number = Int(value.display) else { Output.fail("\(value.display) is not a number") }
        return number
    }
}
