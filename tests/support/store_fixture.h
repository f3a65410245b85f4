/* store_fixture: rows and stores for tests of the journal. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "check.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK(expr)       CHECK_INT((expr), CW_OK)
#define IS(text, want) CHECK_MEM((text).at, (text).len, (want))

static char fixture_dir[64];
static struct cw_arena *fixture_arena;

static inline const char *fixture_path(const char *name)
{
    static char path[128];
    if (!fixture_dir[0]) {
        strcpy(fixture_dir, "/tmp/cw-store-XXXXXX");
        if (!mkdtemp(fixture_dir))
            exit(1);
    }
    snprintf(path, sizeof path, "%s/%s", fixture_dir, name);
    return path;
}

static inline const char *fixture_where(const char *name)
{
    static char where[160];
    snprintf(where, sizeof where, "sqlite:%s", fixture_path(name));
    return where;
}

static inline void fixture_end(void)
{
    char command[96];
    if (!fixture_dir[0])
        return;
    snprintf(command, sizeof command, "rm -rf %s", fixture_dir);
    if (system(command) != 0)
        perror(command);
    fixture_dir[0] = '\0';
}

static inline struct store *fixture_open(const char *where)
{
    struct cw_error err = {0};
    struct store *store = NULL;
    struct store_opts opts = {.create_dirs = true};
    if (store_open(where, &opts, &store, &err) != CW_OK) {
        fprintf(stderr, "%s: %s\n", where, err.text);
        exit(1);
    }
    return store;
}

static inline struct cw_arena *arena(void)
{
    if (!fixture_arena)
        fixture_arena = cw_arena_create(64 << 20);
    return fixture_arena;
}

static inline struct store_key key_of(uint64_t n)
{
    struct store_key key;
    uint64_t mixed = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    memcpy(key.bytes, &mixed, 8);
    memcpy(key.bytes + 8, &n, 8);
    return key;
}

static inline int64_t add_event(struct store *store, uint64_t key)
{
    struct store_event event = {.received_ms = 1000,
                                .source = CW_TEXT("git"),
                                .type = CW_TEXT("push"),
                                .id = CW_TEXT("d-1"),
                                .payload = CW_TEXT("{\"a\":1}"),
                                .used = CW_TEXT("{}")};
    struct store_key k = key_of(key);
    int64_t seq = 0;
    OK(store_event_add(store, &event, &k, 1, &seq, NULL));
    return seq;
}

static inline struct store_run run_of(int64_t event, const char *rule, const char *person)
{
    return (struct store_run){.event = event,
                              .rule = cw_text_of(rule),
                              .person = cw_text_of(person),
                              .key = CW_TEXT("k"),
                              .state = STORE_RUN_WAITING,
                              .due_ms = 5000,
                              .changed_ms = 1000,
                              .condition = CW_TEXT("{\"timer\":\"running\"}"),
                              .vars = CW_TEXT("{\"v\":2}")};
}

static inline int64_t add_run(struct store *store, int64_t event, const char *rule,
                              const char *person, enum store_run_state state, int64_t due_ms)
{
    struct store_run run = run_of(event, rule, person);
    int64_t id = 0;
    run.state = state;
    run.due_ms = due_ms;
    OK(store_run_add(store, &run, &id, NULL));
    return id;
}

static inline struct store_call call_of(int64_t run, int64_t event, const char *person,
                                        uint32_t step)
{
    return (struct store_call){.run = run,
                               .event = event,
                               .rule = CW_TEXT("r"),
                               .person = cw_text_of(person),
                               .step = step,
                               .action = CW_TEXT("start"),
                               .args = CW_TEXT("{\"task\":\"T-1\"}"),
                               .condition = CW_TEXT("c"),
                               .due_ms = 10,
                               .created_ms = 11,
                               .changed_ms = 12,
                               .expires_ms = 13};
}

static inline int64_t add_call(struct store *store, int64_t run, int64_t event, const char *person,
                               uint32_t step)
{
    struct store_call call = call_of(run, event, person, step);
    int64_t id = 0;
    OK(store_call_add(store, &call, &id, NULL));
    return id;
}

static inline void set_call(struct store *store, int64_t id, enum store_call_state state,
                            uint32_t tries)
{
    struct store_call call = {.id = id, .state = state, .tries = tries, .changed_ms = 99};
    OK(store_call_save(store, &call, NULL));
}

static inline struct store_run *get_run(struct store *store, int64_t event, int64_t id)
{
    struct store_run *runs = NULL;
    size_t n = 0;
    OK(store_runs_of(store, event, arena(), &runs, &n, NULL));
    for (size_t i = 0; i < n; i++)
        if (runs[i].id == id)
            return &runs[i];
    fprintf(stderr, "run %lld is not there\n", (long long)id);
    exit(1);
}

static inline struct store_call *get_call(struct store *store, int64_t event, int64_t id)
{
    struct store_call *calls = NULL;
    size_t n = 0;
    OK(store_calls_of(store, event, arena(), &calls, &n, NULL));
    for (size_t i = 0; i < n; i++)
        if (calls[i].id == id)
            return &calls[i];
    fprintf(stderr, "call %lld is not there\n", (long long)id);
    exit(1);
}

#endif
