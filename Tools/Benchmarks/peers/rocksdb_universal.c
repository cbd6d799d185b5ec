/* RocksDB with universal compaction on batches of keys and values: rocksdb_universal DIRECTORY BUFFER FEED…
 *
 * Each feed is written by a thread of its own, a batch at a time, each synced to disk before the next. Write buffers
 * have BUFFER bytes; compression is zstd at level 1; everything else is as it comes. Prints one JSON object. What is
 * rewritten and what is there is told three times: after the last batch, when compaction is quiet, and when all is one
 * run.
 *
 * A feed is, again and again: the number of rows (4 bytes, little-endian), and for each row one byte that is 1 where it
 * is deleted, one byte with the number of its table, the length of the key (4 bytes), the key, the length of the value
 * (4 bytes), the value.
 */
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TABLES 2
#define LONGEST 4096

static rocksdb_t *database;
static rocksdb_column_family_handle_t *tables[TABLES];
static rocksdb_options_t *options;

static void fail(const char *message) {
    fprintf(stderr, "%s\n", message);
    exit(1);
}

static void check(char *error) {
    if (error) fail(error);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* One thread with its feed, and what it saw. */
struct writer {
    pthread_t thread;
    FILE *feed;
    double *seconds;
    size_t batches, capacity;
    uint64_t rows, bytes;
};

static int take(struct writer *writer, void *into, size_t size) {
    return fread(into, 1, size, writer->feed) == size;
}

static uint32_t take_length(struct writer *writer) {
    uint32_t length;
    if (!take(writer, &length, sizeof length) || length > LONGEST) fail("the feed is cut or malformed");
    return length;
}

static void take_row(struct writer *writer, rocksdb_writebatch_t *batch) {
    unsigned char head[2];
    char key[LONGEST], value[LONGEST];
    if (!take(writer, head, sizeof head) || head[1] >= TABLES) fail("the feed is cut or malformed");
    uint32_t key_length = take_length(writer);
    if (!take(writer, key, key_length)) fail("the feed is cut");
    uint32_t value_length = take_length(writer);
    if (!take(writer, value, value_length)) fail("the feed is cut");
    if (head[0])
        rocksdb_writebatch_delete_cf(batch, tables[head[1]], key, key_length);
    else
        rocksdb_writebatch_put_cf(batch, tables[head[1]], key, key_length, value, value_length);
    writer->rows += 1;
    writer->bytes += key_length + value_length;
}

static void *write_all(void *argument) {
    struct writer *writer = argument;
    rocksdb_writeoptions_t *durable = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(durable, 1);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    uint32_t rows;
    while (take(writer, &rows, sizeof rows)) {
        rocksdb_writebatch_clear(batch);
        for (uint32_t row = 0; row < rows; row++) take_row(writer, batch);
        char *error = NULL;
        double start = now();
        rocksdb_write(database, durable, batch, &error);
        check(error);
        if (writer->batches == writer->capacity) {
            writer->capacity = writer->capacity ? 2 * writer->capacity : 4096;
            writer->seconds = realloc(writer->seconds, writer->capacity * sizeof *writer->seconds);
            if (!writer->seconds) fail("there is no memory");
        }
        writer->seconds[writer->batches++] = now() - start;
    }
    rocksdb_writebatch_destroy(batch);
    rocksdb_writeoptions_destroy(durable);
    return NULL;
}

static uint64_t property(int table, const char *name) {
    uint64_t value = 0;
    if (rocksdb_property_int_cf(database, tables[table], name, &value)) fail("RocksDB does not tell what is asked for");
    return value;
}

static uint64_t sum(const char *name) {
    uint64_t total = 0;
    for (int table = 0; table < TABLES; table++) total += property(table, name);
    return total;
}

/* A ticker of RocksDB's statistics. */
static uint64_t ticker(const char *statistics, const char *name) {
    char line[128];
    snprintf(line, sizeof line, "%s COUNT : ", name);
    const char *place = strstr(statistics, line);
    if (!place) fail("RocksDB's statistics lack a ticker");
    return strtoull(place + strlen(line), NULL, 10);
}

/* A number of a file in /proc/self, by the word before it. */
static uint64_t of_process(const char *path, const char *word) {
    char line[256];
    uint64_t value = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, word, strlen(word))) value = strtoull(line + strlen(word), NULL, 10);
    if (file) fclose(file);
    return value;
}

/* Nothing runs for a second. What its picker calls pending may never be picked, so that is not asked. */
static void wait_until_quiet(void) {
    for (double since = now(); now() - since < 1; usleep(10000))
        if (sum("rocksdb.mem-table-flush-pending") || property(0, "rocksdb.num-running-flushes")
            || property(0, "rocksdb.num-running-compactions"))
            since = now();
}

static void report(const char *when) {
    char *statistics = rocksdb_options_statistics_get_string(options);
    printf(
        "\"%s\":{\"flushed\":%lu,\"compacted\":%lu,\"log\":%lu,\"stallMicroseconds\":%lu,\"written\":%lu,"
        "\"eventBytes\":%lu,\"accountBytes\":%lu},",
        when, ticker(statistics, "rocksdb.flush.write.bytes"), ticker(statistics, "rocksdb.compact.write.bytes"),
        ticker(statistics, "rocksdb.wal.bytes"), ticker(statistics, "rocksdb.stall.micros"),
        of_process("/proc/self/io", "write_bytes: ") - of_process("/proc/self/io", "cancelled_write_bytes: "), property(0, "rocksdb.live-sst-files-size"),
        property(1, "rocksdb.live-sst-files-size"));
    free(statistics);
}

static void open_database(const char *directory, size_t buffer) {
    options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_options_set_compaction_style(options, rocksdb_universal_compaction);
    rocksdb_options_set_compression(options, rocksdb_zstd_compression);
    /* Window bits as RocksDB has them, level 1, no strategy, no dictionary. */
    rocksdb_options_set_compression_options(options, -14, 1, 0, 0);
    rocksdb_options_set_write_buffer_size(options, buffer);
    rocksdb_options_enable_statistics(options);
    const char *names[TABLES] = {"default", "accounts"};
    const rocksdb_options_t *both[TABLES] = {options, options};
    char *error = NULL;
    database = rocksdb_open_column_families(options, directory, TABLES, names, both, tables, &error);
    check(error);
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* All writers' times as one, in order. */
static double *all_seconds(struct writer *writers, int count, size_t *total) {
    *total = 0;
    for (int index = 0; index < count; index++) *total += writers[index].batches;
    double *seconds = malloc((*total + 1) * sizeof *seconds);
    if (!seconds) fail("there is no memory");
    size_t place = 0;
    for (int index = 0; index < count; index++) {
        if (writers[index].batches)
            memcpy(seconds + place, writers[index].seconds, writers[index].batches * sizeof *seconds);
        place += writers[index].batches;
    }
    qsort(seconds, *total, sizeof *seconds, compare);
    return seconds;
}

static void report_writing(struct writer *writers, int count, double wall) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t batches;
    double *seconds = all_seconds(writers, count, &batches);
    uint64_t rows = 0, bytes = 0;
    for (int index = 0; index < count; index++) {
        rows += writers[index].rows;
        bytes += writers[index].bytes;
    }
    if (!batches) fail("there is nothing to write");
    printf(
        "{\"batches\":%zu,\"rows\":%lu,\"bytes\":%lu,\"wall\":%f,\"user\":%f,\"system\":%f,\"p50\":%f,\"p99\":%f,\"max\":%f,",
        batches, rows, bytes, wall, usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6,
        usage.ru_stime.tv_sec + usage.ru_stime.tv_usec / 1e6, seconds[batches / 2], seconds[batches * 99 / 100],
        seconds[batches - 1]);
    free(seconds);
}

int main(int count, char **arguments) {
    if (count < 4) fail("usage: rocksdb_universal DIRECTORY BUFFER FEED…");
    open_database(arguments[1], strtoull(arguments[2], NULL, 10));
    int writer_count = count - 3;
    struct writer *writers = calloc(writer_count, sizeof *writers);
    double start = now();
    for (int index = 0; index < writer_count; index++) {
        if (!(writers[index].feed = fopen(arguments[3 + index], "r"))) fail("a feed cannot be opened");
        if (pthread_create(&writers[index].thread, NULL, write_all, &writers[index])) fail("no thread can be had");
    }
    for (int index = 0; index < writer_count; index++) pthread_join(writers[index].thread, NULL);
    report_writing(writers, writer_count, now() - start);
    report("loaded");
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    for (int table = 0; table < TABLES; table++) {
        char *error = NULL;
        rocksdb_flush_cf(database, flush, tables[table], &error);
        check(error);
    }
    wait_until_quiet();
    report("quiet");
    rocksdb_compactoptions_t *everything = rocksdb_compactoptions_create();
    /* Also what is one run already is written anew, so that all is of one form. */
    rocksdb_compactoptions_set_bottommost_level_compaction(everything, 2);
    for (int table = 0; table < TABLES; table++)
        rocksdb_compact_range_cf_opt(database, tables[table], everything, NULL, 0, NULL, 0);
    wait_until_quiet();
    report("once");
    printf("\"peakBytes\":%lu}\n", of_process("/proc/self/status", "VmHWM:") << 10);
    return 0;
}
