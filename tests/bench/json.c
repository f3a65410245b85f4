/* Bench: our reader beside Jansson over one text, interleaved. Usage: bench_json FILE [ROUNDS] */
#include <clockwire/doc.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

enum { PER_ROUND = 200 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double ours(struct cw_json *json, struct cw_text text)
{
    double from = now_us();
    for (int i = 0; i < PER_ROUND; i++)
        if (cw_json_read(json, text, NULL) != CW_OK)
            exit(1);
    return (now_us() - from) / PER_ROUND;
}

static double jansson(struct cw_text text)
{
    double from = now_us();
    for (int i = 0; i < PER_ROUND / 10; i++)
        json_decref(json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL));
    return (now_us() - from) / (PER_ROUND / 10);
}

static double look_ups(struct cw_json *json, struct cw_text text, struct cw_arena *arena)
{
    static const char *const paths[] = {"ref", "repository.full_name", "sender.login",
                                        "head_commit.message"};
    struct cw_path compiled[4];
    struct cw_value value;
    for (size_t i = 0; i < 4; i++)
        if (cw_path_parse(cw_text_of(paths[i]), arena, &compiled[i], NULL) != CW_OK)
            exit(1);
    if (cw_json_read(json, text, NULL) != CW_OK)
        exit(1);
    struct cw_value root = cw_json_root(json);
    double from = now_us();
    for (int i = 0; i < PER_ROUND; i++)
        for (size_t k = 0; k < 4; k++)
            if (cw_value_get(&root, compiled[k], arena, &value) != CW_OK)
                exit(1);
    return (now_us() - from) / PER_ROUND;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t len = 0, rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 101;
    if (argc < 2 || !rounds) {
        fprintf(stderr, "usage: %s FILE [ROUNDS]\n", argv[0]);
        return 2;
    }
    char *bytes = check_read(argv[1], &len);
    struct cw_text text = {bytes, len};
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(64 << 20);
    double *times = calloc(3 * rounds, sizeof *times);
    if (!json || !arena || !times)
        return 1;
    for (size_t i = 0; i < rounds; i++) {
        times[i] = ours(json, text);
        times[rounds + i] = jansson(text);
        times[2 * rounds + i] = look_ups(json, text, arena);
        cw_arena_reset(arena);
    }
    for (size_t i = 0; i < 3; i++)
        qsort(times + i * rounds, rounds, sizeof *times, by_size);
    printf(
        "%zu bytes, median of %zu rounds: read %.2f us, Jansson %.2f us, four look-ups %.3f us\n",
        len, rounds, times[rounds / 2], times[rounds + rounds / 2], times[2 * rounds + rounds / 2]);
    free(times);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    free(bytes);
    return 0;
}
