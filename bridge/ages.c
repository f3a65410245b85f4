#include "ages.h"

#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { AGES_BYTES = 64 << 20 };

static const char name[] = "rules.since", everything_else[] = "*";

struct age {
    const char *id;
    uint64_t digest;
    int64_t since_ms;
};

struct ages {
    char *text; /* "digest since id" lines; ids point into it */
    struct age *items;
    size_t n;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct age *)a)->id, ((const struct age *)b)->id);
}

static char *read_text(struct store *store)
{
    struct cw_arena *arena = xarena(AGES_BYTES);
    struct cw_text text;
    struct cw_error err;
    char *copy = NULL;
    if (store_setting_get(store, name, arena, &text, &err) == CW_OK)
        copy = xtext(text);
    cw_arena_destroy(arena);
    return copy ? copy : xstrdup("");
}

static void read_line(struct ages *a, char *line)
{
    char *end;
    struct age age = {.digest = strtoull(line, &end, 16)};
    age.since_ms = strtoll(end, &end, 10);
    if (*end != ' ')
        return;
    age.id = end + 1;
    a->items[a->n++] = age;
}

struct ages *ages_read(struct store *store)
{
    struct ages *a = xcalloc(1, sizeof *a);
    size_t lines = 0;
    a->text = read_text(store);
    for (const char *at = a->text; (at = strchr(at, '\n')); at++)
        lines++;
    a->items = xcalloc(lines + 1, sizeof *a->items);
    for (char *at = a->text, *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        read_line(a, at);
    }
    if (a->n)
        qsort(a->items, a->n, sizeof *a->items, by_id);
    return a;
}

void ages_destroy(struct ages *a)
{
    if (!a)
        return;
    free(a->items);
    free(a->text);
    free(a);
}

static const struct age *find(const struct ages *a, const char *id)
{
    const struct age key = {.id = id};
    return a->n ? bsearch(&key, a->items, a->n, sizeof *a->items, by_id) : NULL;
}

int64_t ages_since(const struct ages *a, const char *rule)
{
    const struct age *age = find(a, rule ? rule : everything_else);
    return age ? age->since_ms : INT64_MIN;
}

/* Returns: whether it reads as before. */
static bool put_age(FILE *f, const struct ages *old, const char *id, uint64_t digest,
                    int64_t now_ms)
{
    const struct age *was = find(old, id);
    bool same = was && was->digest == digest;
    fprintf(f, "%llx %lld %s\n", (unsigned long long)digest,
            (long long)(same ? was->since_ms : now_ms), id);
    return same;
}

static enum cw_status write_text(struct store *store, struct cw_text text, struct cw_error *err)
{
    enum cw_status st = store_begin(store, err);
    if (st)
        return st;
    st = store_setting_put(store, name, text, err);
    if (!st)
        return store_commit(store, err);
    store_rollback(store);
    return st;
}

enum cw_status ages_keep(struct store *store, const struct cw_ruleset *rules, int64_t now_ms,
                         struct cw_error *err)
{
    struct ages *old = ages_read(store);
    size_t len = 0, n = cw_ruleset_rules(rules);
    char *text;
    FILE *f = tell_open(&text, &len);
    bool same = put_age(f, old, everything_else, cw_ruleset_digest(rules, SIZE_MAX), now_ms);
    for (size_t i = 0; i < n; i++)
        same &=
            put_age(f, old, cw_ruleset_rule(rules, i, NULL), cw_ruleset_digest(rules, i), now_ms);
    tell_close(f);
    same = same && old->n == n + 1;
    ages_destroy(old);
    enum cw_status st = same ? CW_OK : write_text(store, (struct cw_text){text, len}, err);
    free(text);
    return st;
}
