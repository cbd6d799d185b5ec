import Bytes
import Platform
import TestKit
import Testing

/// Tables that IndexTables wrote, at `FIRN_FIXTURES` or beside the package.
enum ForeignFixtures {
    static let requirement =
        MountedStore.requirement + ", and the tables of FIRN_FIXTURES (../shared/fixtures)"

    static let directory: ByteString = {
        if let named = Processes.environment("FIRN_FIXTURES") { return named + "/indextables" }
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return ByteString("/" + here + "/../shared/fixtures/indextables")
    }()

    static var isAvailable: Bool { ((try? FileSystemCalls.status(directory))?.isDirectory) ?? false }
}

/// Tables of IndexTables in a mount, looked at as a person looks at files.
@Suite(
    "Mounted tables of IndexTables",
    .enabled(if: MountedStore.canMount && ForeignFixtures.isAvailable, "\(ForeignFixtures.requirement)"))
struct ForeignMountTests {
    @Test(
        "all is listed, read, copied and compared without an error, and nothing can be written",
        arguments: ["--read-only", ""])
    func everything(options: String) throws {
        let mounted = try MountedStore()
        try mounted.expectSuccess(
            "cp -r --no-preserve=mode '\(ForeignFixtures.directory)'/. $S; cp -r $S before")
        try mounted.mount(options: options)
        try mounted.expectSuccess(
            """
            set -e
            find $M > names; test $(wc -l < names) -gt 2000
            find $M -type f ! -name events -exec cat {} + > bytes
            cp -a $M copied
            rsync -a --exclude=events $M/ synced
            tar c --exclude=events -C $M . > packed.tar
            """, timeoutSeconds: 300)
        try mounted.expectSuccess(
            """
            set -e
            for table in $(ls $M); do
                for file in $(cd $M/$table/live; find . -type f); do
                    cmp $M/$table/live/$file before/$table/$file
                    cmp copied/$table/live/$file before/$table/$file
                done
                for version in $(ls $M/$table/states | grep -v latest); do
                    files=$(find $M/$table/states/$version/live -type f | wc -l)
                    grep -q "\\"files\\": $files," $M/$table/states/$version/state.json
                    if grep -v '"after":' $M/$table/states/$version/changes.jsonl; then exit 1; fi
                done
                grep -q 'every file says 0' $M/$table/status
                if touch $M/$table/ingest/x 2> refusal; then exit 1; fi
                grep -q 'Read-only file system' refusal
                if rm -rf $M/$table/live/* 2> refusal; then exit 1; fi
            done
            """, timeoutSeconds: 120)
        try mounted.unmount()
        // What the mount leaves of its own is its session and the room that it reserves.
        try mounted.expectSuccess("for table in $(ls before); do diff -r before/$table $S/$table; done")
    }
}
