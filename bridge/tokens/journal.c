/* The pairs in the journal: a mark of the kind "token" for each person.
 *
 * Its end is that of the refresh token, 30 days after it was given; all times in its value are
 * counted from there, so that a clock that is set back across a restart moves them, too. The pair
 * itself is sealed; the rest says what became of it. */
#include "secret.h"
#include "tell.h"
#include "tokens/priv.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 100, ROW_BYTES = 1 << 20, SWEEP_BYTES = 16 << 20 };

static const char kind[] = "token";
static const int64_t refresh_life_ms = (int64_t)30 * 86400 * 1000;
static const char *const faults[] = {NULL, "refused", "gone"}; /* of enum token_fault */

/* ---- Out ---- */

/* Tokens hold neither blanks nor line ends. */
static char *seal_pair(const struct tokens *t, const char *person, const struct oauth_pair *pair,
                       const char *owner)
{
    char *text = xprintf("%s\n%s\n%s", pair->access, pair->refresh, owner);
    char *sealed = seal_make(&t->key, kind, person, cw_text_of(text));
    secret_free(text);
    return sealed;
}

static char *value_of(const struct tokens *t, const struct token *k, const struct oauth_pair *pair,
                      const char *owner, bool asked)
{
    auto_free char *sealed = seal_pair(t, k->person, pair, owner);
    json_t *json = json_pack("{s:I, s:s, s:b}", "expires_in", (json_int_t)pair->expires_in_ms,
                             "sealed", sealed, "asked", asked);
    if (k->fault != FAULT_NONE)
        json_object_set_new(json, "fault", json_string(faults[k->fault]));
    if (k->fault != FAULT_NONE)
        json_object_set_new(json, "why", json_string(k->why));
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!text)
        abort();
    return text;
}

enum cw_status journal_put(struct tokens *t, const struct token *k, const struct oauth_pair *pair,
                           const char *owner, int64_t issued_ms, bool asked, struct cw_error *err)
{
    auto_free char *value = value_of(t, k, pair, owner, asked);
    struct store_mark mark = {.kind = cw_text_of(kind),
                              .person = cw_text_of(k->person),
                              .value = cw_text_of(value),
                              .until_ms = issued_ms + refresh_life_ms};
    enum cw_status st = store_begin(t->deps.store, err);
    if (st)
        return st;
    st = store_mark_put(t->deps.store, &mark, err);
    if (!st)
        return store_commit(t->deps.store, err);
    store_rollback(t->deps.store);
    return st;
}

/* ---- In ---- */

/* Cuts the text into the three that it was made of. */
static bool split(char *text, struct token *k)
{
    char *refresh = strchr(text, '\n'), *owner = refresh ? strchr(refresh + 1, '\n') : NULL;
    if (!owner)
        return false;
    *refresh = *owner = '\0';
    k->pair.access = xstrdup(text);
    k->pair.refresh = xstrdup(refresh + 1);
    k->owner = xstrdup(owner + 1);
    *refresh = *owner = '\n'; /* all of it is to be wiped */
    return true;
}

static bool unseal(const struct tokens *t, struct token *k, const json_t *json)
{
    char *text = NULL;
    struct cw_text sealed = cw_text_of(json_string_value(json_object_get(json, "sealed")));
    bool good = t->has_key && seal_open(&t->key, kind, k->person, sealed, &text, NULL) == CW_OK &&
                split(text, k);
    secret_free(text);
    return good;
}

static void read_value(struct tokens *t, struct token *k, const struct store_mark *mark,
                       const json_t *json)
{
    const char *fault = json_string_value(json_object_get(json, "fault"));
    const char *why = json_string_value(json_object_get(json, "why"));
    int64_t life_ms = json_integer_value(json_object_get(json, "expires_in"));
    if (!unseal(t, k, json)) {
        token_break(t, k, FAULT_GONE, "it cannot be opened with this `journal.key`");
        return;
    }
    k->pair.expires_in_ms = life_ms > 0 ? life_ms : 0;
    k->issued_ms = mark->until_ms - refresh_life_ms;
    if (k->issued_ms > t->now_ms) /* nobody knows how old it is: it is renewed at once */
        k->issued_ms = t->now_ms - k->pair.expires_in_ms;
    k->in_doubt = json_is_true(json_object_get(json, "asked"));
    if (fault)
        token_break(t, k, strcmp(fault, faults[FAULT_GONE]) == 0 ? FAULT_GONE : FAULT_REFUSED,
                    why && *why ? why : "awork refused it");
}

enum cw_status journal_get(struct tokens *t, struct token *k, struct cw_error *err)
{
    struct cw_arena *arena = xarena(ROW_BYTES);
    struct store_mark mark, which = {.kind = cw_text_of(kind), .person = cw_text_of(k->person)};
    enum cw_status st = store_mark_get(t->deps.store, &which, arena, &mark, err);
    if (!st) {
        json_t *json = tell_read(mark.value, 0);
        read_value(t, k, &mark, json);
        k->must_save = false; /* it is there already */
        json_decref(json);
    }
    cw_arena_destroy(arena);
    return st == CW_ENOENT ? CW_OK : st;
}

static enum cw_status drop(struct tokens *t, const struct store_mark *list, size_t n,
                           struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (size_t i = 0; !st && i < n; i++) {
        auto_free char *person = xtext(list[i].person);
        if (!token_find(t, person))
            st = store_mark_drop(t->deps.store, &list[i], err);
    }
    return st;
}

enum cw_status journal_sweep(struct tokens *t, struct cw_error *err)
{
    struct cw_arena *arena = xarena(SWEEP_BYTES);
    struct store_mark *list = NULL;
    size_t n = 0;
    enum cw_status st =
        store_marks_due(t->deps.store, cw_text_of(kind), t->now_ms, AT_ONCE, arena, &list, &n, err);
    if (!st && n)
        st = store_begin(t->deps.store, err);
    if (!st && n) {
        st = drop(t, list, n, err);
        if (!st)
            st = store_commit(t->deps.store, err);
        else
            store_rollback(t->deps.store);
    }
    cw_arena_destroy(arena);
    return st;
}
