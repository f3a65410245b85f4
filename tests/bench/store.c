/* bench/store: rows per second of the journal's hot path, and what a million keys cost.
 *
 *   store DIR [seconds=2] [keys=1000000]
 *
 * One event of 7,678 bytes with two keys is one row; k rows make a turn; every turn is committed
 * with FULL sync and followed by store_tidy. Beside it: append + fdatasync of the same bytes.
 * Then the same at k=64 over a journal that holds a million keys, and how long it takes to open. */
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 7678 };
static char payload[PAYLOAD];
static uint64_t counter;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum cw_status status, const struct cw_error *err)
{
    if (status == CW_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static struct store_key next_key(void)
{
    counter++;
    uint64_t halves[2] = {mix(counter), mix(counter ^ UINT64_C(0x5555))};
    struct store_key key;
    memcpy(key.bytes, halves, sizeof key.bytes);
    return key;
}

static void turn(struct store *s, int k, size_t bytes)
{
    struct cw_error err = {0};
    must(store_begin(s, &err), &err);
    for (int i = 0; i < k; i++) {
        struct store_key keys[2] = {next_key(), next_key()};
        struct store_event event = {.received_ms = 1700000000000,
                                    .source = CW_TEXT("github"),
                                    .type = CW_TEXT("push"),
                                    .id = CW_TEXT("72d3162e-cc78-11e3-81ab-4c9367dc0958"),
                                    .payload = {payload, bytes},
                                    .used = CW_TEXT("{\"ref\":\"refs/heads/main\"}")};
        int64_t seq;
        must(store_event_add(s, &event, keys, 2, &seq, &err), &err);
    }
    must(store_commit(s, &err), &err);
    must(store_tidy(s, STORE_BUSY, &err), &err);
}

static struct store *open_store(const char *path)
{
    struct cw_error err = {0};
    struct store *s = NULL;
    char where[600];
    snprintf(where, sizeof where, "sqlite:%s", path);
    must(store_open(where, &(struct store_opts){.create_dirs = true}, &s, &err), &err);
    return s;
}

static void rate(const char *name, struct store *s, int k, double seconds)
{
    double begun = now(), cpu_begun = cpu();
    long rows = 0;
    while (now() - begun < seconds) {
        turn(s, k, PAYLOAD);
        rows += k;
    }
    double took = now() - begun;
    printf("%-24s k=%-4d %8.0f rows/s  %6.1f us CPU/row\n", name, k, (double)rows / took,
           (cpu() - cpu_begun) * 1e6 / (double)rows);
    fflush(stdout);
}

static void append_rate(const char *path, int k, double seconds)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    double begun = now();
    long rows = 0;
    while (now() - begun < seconds) {
        for (int i = 0; i < k; i++)
            if (write(fd, payload, PAYLOAD) != PAYLOAD)
                exit(1);
        if (fdatasync(fd) < 0)
            exit(1);
        rows += k;
    }
    printf("%-24s k=%-4d %8.0f rows/s\n", "append + fdatasync", k, (double)rows / (now() - begun));
    close(fd);
    unlink(path);
}

static long rss_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib;
}

int main(int argc, char **argv)
{
    static const int ks[] = {1, 8, 64, 256};
    double seconds = argc > 2 ? atof(argv[2]) : 2;
    long keys = argc > 3 ? atol(argv[3]) : 1000000;
    char path[512], other[512];
    if (argc < 2)
        return 2;
    for (size_t i = 0; i < PAYLOAD; i++)
        payload[i] = (char)('a' + mix(i) % 26);
    snprintf(path, sizeof path, "%s/bench.db", argv[1]);
    snprintf(other, sizeof other, "%s/bench.log", argv[1]);
    double begun = now();
    long empty_kib = rss_kib();
    struct store *s = open_store(path);
    printf("open: %.1f ms, %ld KiB private (%ld before)\n", (now() - begun) * 1e3, rss_kib(),
           empty_kib);
    for (size_t i = 0; i < sizeof ks / sizeof ks[0]; i++) {
        append_rate(other, ks[i], seconds);
        rate("journal", s, ks[i], seconds);
    }
    rate("few keys", s, 64, seconds);
    for (long n = 0; n < keys / 2; n += 1000)
        turn(s, 1000, 16);
    printf("with %ld keys more: %ld KiB private\n", keys, rss_kib());
    rate("many keys", s, 64, seconds);
    store_close(s);
    begun = now();
    s = open_store(path);
    printf("open with them: %.1f ms, %ld KiB private\n", (now() - begun) * 1e3, rss_kib());
    store_close(s);
    return 0;
}
