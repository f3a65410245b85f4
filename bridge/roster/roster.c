#include "roster/priv.h"

#include "retry.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    MISSED_MS = 60000, /* somebody is not in it */
    MISSED_CAP_MS = 3600000,
    PAGES = 2000, /* of one pass */
};

/* ---- The addresses ---- */

void roster_set(char **to, char *text)
{
    free(*to);
    *to = text;
}

static int by_email(const void *a, const void *b)
{
    return strcasecmp(((const struct entry_of *)a)->email, ((const struct entry_of *)b)->email);
}

void roster_sort(struct roster *r)
{
    if (r->n)
        qsort(r->entries, r->n, sizeof *r->entries, by_email);
}

struct entry_of *roster_find(const struct roster *r, const char *email)
{
    struct entry_of key = {.email = (char *)(uintptr_t)email};
    return r->n ? bsearch(&key, r->entries, r->n, sizeof key, by_email) : NULL;
}

static void drop_entries(struct entry_of *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(entries[i].email);
        free(entries[i].name);
        free(entries[i].trouble);
        free(entries[i].clash);
        free(entries[i].found[0].name);
        free(entries[i].found[1].name);
    }
    free(entries);
}

/* ---- When awork is asked ---- */

static void ask_page(struct roster *r, unsigned page, int64_t due_ms)
{
    r->page = page;
    snprintf(r->path, sizeof r->path, "/users?page=%u&pageSize=%d", page, ROSTER_PAGE);
    r->errand.path = r->n ? r->path : NULL;
    r->errand.due_ms = due_ms;
}

static void begin_pass(struct roster *r, int64_t due_ms)
{
    roster_begin_pass(r);
    ask_page(r, 1, due_ms);
}

static void failed(struct roster *r, char *why, int64_t now_ms)
{
    if (!r->failures++)
        LOG(LOG_WARN, "awork does not tell its users; it is asked again", F_S("reason", why));
    roster_set(&r->failure, why);
    const struct target *t = &r->config->target;
    r->errand.due_ms =
        now_ms + retry_backoff_ms(r->failures, t->retry_base_ms, t->retry_cap_ms, &r->seed);
    roster_tell_trouble(r);
}

static enum cw_status end_pass(struct roster *r, bool whole, int64_t now_ms, struct cw_error *err)
{
    size_t missing = roster_end_pass(r, whole, now_ms);
    r->misses = missing ? r->misses + 1 : 0;
    r->refreshed_ms = now_ms;
    roster_tell_people(r);
    begin_pass(r, missing ? now_ms + retry_backoff_ms(r->misses, MISSED_MS, MISSED_CAP_MS, &r->seed)
                          : now_ms + DAY_MS);
    return roster_save(r, err);
}

/* An answer to what was asked before the configuration changed is of no use. */
static enum cw_status answered(void *ctx, const char *path, const struct transport_answer *answer,
                               int64_t now_ms, struct cw_error *err)
{
    struct roster *r = ctx;
    char *why = NULL;
    if (!r->errand.path || strcmp(path, r->errand.path) != 0)
        return CW_OK;
    enum roster_page what = roster_take(r, answer, &why);
    if (what == ROSTER_BAD) {
        failed(r, why, now_ms);
        return CW_OK;
    }
    if (r->failures)
        LOG(LOG_INFO, "awork tells its users again", F_END);
    r->failures = 0;
    roster_set(&r->failure, NULL);
    if (what == ROSTER_LAST || r->page == PAGES)
        return end_pass(r, what == ROSTER_LAST, now_ms, err);
    ask_page(r, r->page + 1, now_ms);
    return CW_OK;
}

/* ---- Life ---- */

struct roster *roster_create(struct store *store, uint64_t seed)
{
    struct roster *r = xcalloc(1, sizeof *r);
    r->store = store;
    r->seed = seed;
    r->errand = (struct dispatcher_errand){.answered = answered, .ctx = r};
    return r;
}

void roster_destroy(struct roster *r)
{
    if (!r)
        return;
    drop_entries(r->entries, r->n);
    free(r->failure);
    free(r->line);
    free(r);
}

const struct dispatcher_errand *roster_errand(const struct roster *r)
{
    return &r->errand;
}

bool roster_had_news(struct roster *r)
{
    bool had = r->had_news;
    r->had_news = false;
    return had;
}

const char *roster_about(const struct roster *r, const char *email, const char **name,
                         int64_t *since_ms)
{
    const struct entry_of *e = roster_find(r, email);
    *name = e && *e->id ? e->name : NULL;
    *since_ms = e && *e->id ? e->since_ms : 0;
    return e && *e->id ? e->id : NULL;
}

/* What was known of an address moves to the new list. */
static struct entry_of taken(struct roster *r, const char *email)
{
    struct entry_of *old = roster_find(r, email), e = {0};
    if (old) {
        e.name = old->name;
        e.trouble = old->trouble;
        e.since_ms = old->since_ms;
        memcpy(e.id, old->id, sizeof e.id);
        old->name = old->trouble = NULL;
    }
    e.email = xstrdup(email);
    if (!*e.id && !e.trouble)
        e.trouble = xprintf("awork has not yet been asked for %s", email);
    return e;
}

static void want(struct roster *r, const struct people *people, int64_t now_ms)
{
    struct entry_of *entries = xcalloc(people->n + 1, sizeof *entries);
    size_t n = 0;
    bool is_missing = false;
    for (size_t i = 0; i < people->n; i++)
        if (people->items[i].email) {
            entries[n] = taken(r, people->items[i].email);
            is_missing |= !*entries[n++].id;
        }
    drop_entries(r->entries, r->n);
    r->entries = entries;
    r->n = n;
    roster_sort(r);
    /* A clock that was set back must not put off the next time. */
    int64_t fresh_ms = r->refreshed_ms > now_ms ? now_ms : r->refreshed_ms + DAY_MS;
    r->misses = 0;
    begin_pass(r, is_missing || fresh_ms < now_ms ? now_ms : fresh_ms);
}

void roster_serve(struct roster *r, struct config *config, int64_t now_ms)
{
    r->config = config;
    want(r, &config->people, now_ms);
    roster_tell_people(r);
}

const char *roster_trouble(const struct roster *r)
{
    return r->line;
}
