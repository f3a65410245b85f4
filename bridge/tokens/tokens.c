#include "tokens/priv.h"

#include "log.h"
#include "metrics.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { REFRESHES = 4 }; /* on their way at one time */
/* However long an access token lives, the refresh token lives for 30 days. */
static const int64_t longest_ms = (int64_t)20 * 86400 * 1000;

/* ---- Life ---- */

static void take_key(struct tokens *t, const char *key)
{
    struct cw_error err;
    seal_key_wipe(&t->key);
    t->has_key = key && seal_key_read(cw_text_of(key), &t->key, &err) == CW_OK;
}

struct tokens *tokens_create(const struct tokens_deps *deps)
{
    struct tokens *t = xcalloc(1, sizeof *t);
    t->deps = *deps;
    t->seed = deps->seed;
    t->next_ms = INT64_MAX;
    take_key(t, deps->key);
    t->deps.key = NULL;
    return t;
}

static void free_token(struct token *k)
{
    oauth_pair_wipe(&k->pair);
    oauth_pair_wipe(&k->fresh);
    free(k->fresh_owner);
    free(k->owner);
    free(k->person);
}

void tokens_destroy(struct tokens *t)
{
    if (!t)
        return;
    t->deps.wire->ops->abandon(t->deps.wire);
    while (t->flights)
        wire_end(t->flights);
    logins_end(t);
    for (size_t i = 0; i < t->n; i++)
        free_token(&t->items[i]);
    free(t->items);
    seal_key_wipe(&t->key);
    free(t);
}

struct token *token_find(const struct tokens *t, const char *person)
{
    for (size_t i = 0; t && i < t->n; i++)
        if (strcmp(t->items[i].person, person) == 0)
            return &t->items[i];
    return NULL;
}

/* ---- When ---- */

int64_t token_renew_at(const struct token *k)
{
    int64_t life_ms = k->pair.expires_in_ms / 5 * 4;
    return k->issued_ms + (life_ms < longest_ms ? life_ms : longest_ms);
}

bool token_may_renew(const struct tokens *t, const struct token *k)
{
    return t->has_key && !t->stopped && k->pair.access && !k->fresh.access && !k->way &&
           k->fault != FAULT_GONE && t->n_refreshes < REFRESHES;
}

static int64_t next_of(const struct tokens *t, const struct token *k)
{
    int64_t at_ms = token_may_renew(t, k) ? k->renew_ms : INT64_MAX;
    if (k->fresh.access || k->must_save)
        return 0;
    if (k->fault == FAULT_REFUSED && !k->may_probe && k->probe_ms < at_ms)
        at_ms = k->probe_ms;
    return at_ms;
}

void tokens_plan(struct tokens *t)
{
    int64_t broken = 0;
    t->next_ms = INT64_MAX;
    for (size_t i = 0; i < t->n; i++) {
        int64_t at_ms = next_of(t, &t->items[i]);
        if (at_ms < t->next_ms)
            t->next_ms = at_ms;
        broken += t->items[i].fault != FAULT_NONE;
    }
    metric_set(METRIC_logins_needed, broken);
}

int64_t tokens_next_ms(const struct tokens *t)
{
    return wire_has_answer(t) ? 0 : t->next_ms;
}

void tokens_stop(struct tokens *t)
{
    t->stopped = true;
    tokens_plan(t);
}

size_t tokens_in_flight(const struct tokens *t)
{
    size_t n = 0;
    for (const struct flight *f = t->flights; f; f = f->next)
        n++;
    return n;
}

/* ---- What people are told ---- */

void token_tell(enum log_level level, const char *msg, const struct token *k, const char *why)
{
    auto_free char *todo = xprintf("clockwire login %s", k->person);
    LOG(level, msg, F_S("person", k->person), F_S("reason", why),
        F_S("do", k->fault != FAULT_NONE ? todo : ""));
}

void token_break(struct tokens *t, struct token *k, enum token_fault fault, const char *why)
{
    bool is_known = k->fault == fault;
    k->fault = fault;
    k->must_save = true;
    k->may_probe = false;
    k->probe_ms = t->now_ms + SLOW_CAP_MS;
    if (k->why != why)
        snprintf(k->why, sizeof k->why, "%s", why);
    if (!is_known)
        token_tell(LOG_ERROR,
                   "this person has to log in again; until then what needs their token waits", k,
                   k->why);
}

static void mend(struct token *k)
{
    k->fault = FAULT_NONE;
    k->is_refused = k->is_trial = k->may_probe = false;
    k->must_save = true;
}

/* Who has no pair: they are told of once, together. */
static void tell_strangers(const struct tokens *t)
{
    const struct token *first = NULL;
    int64_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct token *k = &t->items[i];
        bool is_new = !k->pair.access && k->fault == FAULT_NONE;
        first = is_new && !first ? k : first;
        n += is_new;
    }
    auto_free char *todo = first ? xprintf("clockwire login %s", first->person) : NULL;
    if (first)
        LOG(LOG_WARN, "people have yet to log in; their pauses are made without their token",
            F_I("people", n), F_S("person", first->person), F_S("do", todo));
}

const char *tokens_trouble(struct tokens *t)
{
    const struct token *first = NULL;
    size_t n = 0;
    for (size_t i = 0; t && i < t->n; i++) {
        first = t->items[i].fault != FAULT_NONE && !first ? &t->items[i] : first;
        n += t->items[i].fault != FAULT_NONE;
    }
    if (!first)
        return t && t->client_told ? "awork refuses the client of target.awork.oauth" : NULL;
    int len = snprintf(t->trouble, sizeof t->trouble,
                       "%.60s has to log in again: %.100s: clockwire "
                       "login %.60s",
                       first->person, first->why, first->person);
    if (n > 1 && len > 0 && (size_t)len < sizeof t->trouble)
        snprintf(t->trouble + len, sizeof t->trouble - (size_t)len, " (and %zu more)", n - 1);
    return t->trouble;
}

/* ---- Who is who ---- */

/* Who is known by an address only is asked for; until then no call is made for them. */
static bool is_owner(const struct token *k, const struct person *person)
{
    return k->owner && person && (!*person->awork || strcasecmp(k->owner, person->awork) == 0);
}

/* The configuration may name another awork user by now. */
void token_check_owner(struct tokens *t, struct token *k)
{
    const struct person *person = people_find(t->deps.people, k->person);
    if (!k->owner || !person || is_owner(k, person))
        return;
    token_break(t, k, FAULT_GONE, "the login is of another awork user than `users` names");
    oauth_pair_wipe(&k->pair); /* the journal keeps it: with another configuration it is good */
    k->must_save = false;
}

/* What the journal has of the person; what was told of it before is not told again. */
static enum cw_status read_row(struct tokens *t, struct token *k, struct cw_error *err)
{
    oauth_pair_wipe(&k->pair);
    free(k->owner);
    k->owner = NULL;
    k->why[0] = '\0';
    k->is_refused = k->is_trial = k->may_probe = false;
    k->renew_ms = INT64_MAX;
    k->n++;
    enum cw_status st = journal_get(t, k, err);
    if (!st && k->pair.access) {
        k->renew_ms = token_renew_at(k);
        token_check_owner(t, k);
    }
    if (!*k->why)
        k->fault = FAULT_NONE;
    return st;
}

static enum cw_status add(struct tokens *t, const char *person, struct cw_error *err)
{
    t->items = xrealloc(t->items, (t->n + 1) * sizeof *t->items);
    struct token *k = &t->items[t->n++];
    *k = (struct token){.person = xstrdup(person)};
    return read_row(t, k, err);
}

enum cw_status tokens_load(struct tokens *t, int64_t now_ms, struct cw_error *err)
{
    const struct people *people = t->deps.people;
    enum cw_status st = CW_OK;
    t->now_ms = now_ms;
    for (size_t i = 0; !st && i < people->n; i++)
        if (people->items[i].oauth)
            st = add(t, people->items[i].name, err);
    if (!st)
        st = journal_sweep(t, err);
    tell_strangers(t);
    tokens_plan(t);
    return st;
}

/* ---- Reload ---- */

static void forget(struct tokens *t, size_t i)
{
    free_token(&t->items[i]);
    t->items[i] = t->items[--t->n];
}

static bool logs_in(const struct people *people, const char *name)
{
    const struct person *person = people_find(people, name);
    return person && person->oauth;
}

static void told_of(const struct tokens *t, const char *person, enum cw_status st,
                    const struct cw_error *err)
{
    if (st)
        LOG(LOG_ERROR, "the login of this person could not be read", F_S("person", person),
            F_S("reason", err->text));
    t->deps.changed(t->deps.ctx, person);
}

/* A pair that is on its way is kept first, whatever becomes of the person. */
static void look_again(struct tokens *t, size_t i, bool is_new_key)
{
    struct token *k = &t->items[i];
    const struct person *person = people_find(t->deps.people, k->person);
    struct cw_error err;
    bool is_leaver = !logs_in(t->deps.people, k->person);
    if (k->way || k->fresh.access) {
        k->must_save |= is_new_key;
        t->has_leavers |= is_leaver;
    } else if (is_leaver)
        forget(t, i);
    else if (k->pair.access && is_owner(k, person))
        k->must_save |= is_new_key;
    else
        told_of(t, k->person, read_row(t, k, &err), &err);
}

void tokens_reload(struct tokens *t, const struct people *people, const char *key, int64_t now_ms)
{
    struct seal_key old = t->key;
    struct cw_error err;
    t->now_ms = now_ms;
    t->deps.people = people;
    t->client_told = false;
    take_key(t, key);
    bool is_new = t->has_key && memcmp(&old, &t->key, sizeof old) != 0;
    seal_key_wipe(&old);
    for (size_t i = t->n; i--;)
        look_again(t, i, is_new);
    for (size_t i = 0; i < people->n; i++)
        if (people->items[i].oauth && !token_find(t, people->items[i].name))
            told_of(t, people->items[i].name, add(t, people->items[i].name, &err), &err);
    tokens_plan(t);
}

/* Of whom nothing is on its way any more. */
void tokens_see_off(struct tokens *t)
{
    t->has_leavers = false;
    for (size_t i = t->n; i--;) {
        const struct token *k = &t->items[i];
        bool is_leaver = !logs_in(t->deps.people, k->person);
        if (is_leaver && !k->way && !k->fresh.access)
            forget(t, i);
        else
            t->has_leavers |= is_leaver;
    }
}

/* ---- What calls are told ---- */

struct tokens_own tokens_get(const struct tokens *t, const char *person, int64_t now_ms)
{
    const struct token *k = token_find(t, person);
    struct tokens_own own = {TOKENS_NONE, NULL, k ? k->n : 0};
    if (!k || (!k->pair.access && k->fault == FAULT_NONE))
        return own;
    bool is_alive = k->pair.access && now_ms < k->issued_ms + k->pair.expires_in_ms;
    if (is_alive && (!k->is_refused || k->may_probe)) {
        own.state = TOKENS_READY;
        own.access = k->pair.access;
    } else {
        own.state = k->fault != FAULT_NONE ? TOKENS_BROKEN : TOKENS_SOON;
    }
    return own;
}

void tokens_refused(struct tokens *t, const char *person, uint64_t n)
{
    struct token *k = token_find(t, person);
    if (!k || k->n != n) /* it is another one by now */
        return;
    k->is_refused = true;
    k->may_probe = false;
    k->probe_ms = INT64_MAX; /* the turn says when */
    k->renew_ms = 0;
    t->next_ms = 0;
}

void tokens_worked(struct tokens *t, const char *person, uint64_t n)
{
    struct token *k = token_find(t, person);
    if (!k || k->n != n || (!k->is_trial && k->fault != FAULT_REFUSED))
        return;
    k->is_trial = false;
    if (k->fault != FAULT_REFUSED)
        return;
    mend(k);
    k->renew_ms = token_renew_at(k);
    t->next_ms = 0;
    token_tell(LOG_INFO, "awork takes the token of this person again", k, "");
}
