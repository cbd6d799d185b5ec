import Bytes
import JSON
import Metadata
import Platform
import Tables
import TestKit
import Testing
import TransactionLog

@Suite(
    "A table whose compaction is behind",
    .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct BackPressureTests {
    /// A mounted table of thirty runs that a job of this process holds, as another mount's would: as long as it
    /// does, writers are slowed as far as they ever are.
    private final class Pressed {
        let mounted: MountedStore
        let store: Store
        let table: Table
        let job = JobID(0x5105)

        init() throws {
            mounted = try MountedStore()
            try mounted.mount()
            try mounted.expectSuccess(
                """
                mkdir $M/t && echo false > $M/t/properties/compaction.enabled
                for i in $(seq 30); do { echo id; seq $i $((i + 100)); } > run-$i.csv; done
                cp run-*.csv $M/t/ingest/
                head -c 8388608 /dev/zero > eight
                """)
            store = try Store.open(at: mounted.store, options: StoreOptions(command: "test"))
            table = try store.table("t")
            let inputs = table.state.files(in: PartitionID("")).map(\.id)
            #expect(inputs.count == 30)
            let job = Job(
                id: job, partition: PartitionID(""), inputs: inputs, status: .running,
                session: store.session.id, strategy: "requested", reason: "test")
            try table.commit("ASSIGN COMPACTION", actions: [.operation(.putJob(job))])
            try table.setProperty("compaction.enabled", "true")
            try mounted.expectSuccess(
                """
                for i in $(seq 600); do
                    grep -q '^ingestRate: *65536 ' $M/t/status && exit 0
                    sleep 0.1
                done
                cat $M/t/status; exit 1
                """, timeoutSeconds: 90)
        }

        deinit { store.close() }

        /// Lets the daemon compact.
        func letGo() throws {
            _ = try table.refresh()
            try table.commit(
                "CANCEL COMPACTION", actions: [.operation(.removeJob(job, outcome: .cancelled))])
        }
    }

    /// A program that writes four mebibytes through a mapping.
    private static let mapper = """
        import mmap, sys
        with open(sys.argv[1], "w+b") as file:
            file.truncate(4 << 20)
            with mmap.mmap(file.fileno(), 4 << 20) as pages:
                for page in range(0, 4 << 20, 4096):
                    pages[page] = 49

        """

    /// Writers of every kind that are held: the big ones would need minutes.
    private static let writers = """
        cp eight $M/t/ingest/.copied & copy=$!
        dd if=eight of=$M/t/ingest/.direct bs=8M oflag=direct 2>/dev/null & direct=$!
        for i in $(seq 200); do
            [ "$(stat -c %s $M/t/ingest/.copied $M/t/ingest/.direct 2>/dev/null | wc -l)" = 2 ] && break
            sleep 0.05
        done
        """

    @Test(
        "while writers are held at the floor, everything else answers; a killed one is gone; then all goes on"
    )
    func others() throws {
        let pressed = try Pressed()
        let mounted = pressed.mounted
        let status = try mounted.expectSuccess("cat $M/t/status.json")
        let report = try JSONValue.parse(Array(status.utf8))
        #expect(report["ingestRate"]?.int64Value == 65_536)
        #expect(report["stall"]?.stringValue?.display.contains("30 runs") == true)
        try mounted.directory.write("data/map.py", Array(Self.mapper.utf8))
        // Each step says its name before it begins, so that one that hangs is named by what was said last.
        let output = try mounted.expectSuccess(
            """
            set -e
            \(Self.writers)
            step() { echo "$1"; }
            step list;   [ "$(ls $M/t/live | wc -l)" = 30 ]; ls -l $M/t/ingest > /dev/null
            step status; grep -q '30 runs' $M/t/status
            step ctl;    echo checkpoint > $M/t/ctl
            step set;    echo 20 > $M/t/properties/gc.delayMinutes
            step read;   cat $M/t/live/*.parquet | wc -c > /dev/null; cat $M/t/log/* > /dev/null
            step events; tail -n 1 $M/t/events > /dev/null
            step small;  exec 3> $M/t/ingest/small.csv; printf 'id\\n1\\n' >&3
            step close;  exec 3>&-
            step rename; printf 'id\\n2\\n' > $M/t/ingest/.renamed.csv
                         mv $M/t/ingest/.renamed.csv $M/t/ingest/renamed.csv
            step mapped; python3 map.py $M/t/ingest/.mapped
            step rows;   grep -q '^numFiles: *32$' $M/t/status
            step held;   kill -0 $copy && kill -0 $direct
            [ $(stat -c %s $M/t/ingest/.copied) -lt 8388608 ]
            [ $(stat -c %s $M/t/ingest/.direct) -lt 8388608 ]
            step killed; kill -9 $copy $direct
            # What is held at the floor is held for sixteen seconds a write.
            timeout 8 tail --pid=$copy -f /dev/null
            timeout 8 tail --pid=$direct -f /dev/null
            step gone
            """, timeoutSeconds: 60)
        #expect(output.hasSuffix("gone"), "\(output)")

        try pressed.letGo()
        try mounted.expectSuccess(
            """
            cp eight $M/t/ingest/.copied
            for i in $(seq 600); do
                grep -q '^ingestRate: *unlimited' $M/t/status && break
                sleep 0.1
            done
            grep -q '^stall: *none' $M/t/status
            grep -q '"event":"stall begins"' $M/t/events
            grep -q '"event":"stall ends"' $M/t/events
            [ $(grep '^firn_ingest_delayed_bytes_total' $M/t/metrics | cut -d' ' -f2) -gt 0 ]
            """, timeoutSeconds: 120)
        try mounted.unmount()
    }

    @Test("an end of the mount does not wait for writers that are held")
    func unmount() throws {
        let pressed = try Pressed()
        let daemon = try pressed.mounted.daemonID()
        try pressed.mounted.expectSuccess(
            """
            \(Self.writers)
            kill -TERM \(daemon)
            timeout 10 tail --pid=\(daemon) -f /dev/null
            wait
            ! mountpoint -q $M
            """)
        #expect(!pressed.mounted.run("grep -c 'left without an answer' $D/daemon.log").output.contains("1"))
    }
}
