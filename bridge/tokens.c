#include "tokens_priv.h"

#include "log.h"
#include "metrics.h"
#include "retry.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    REFRESHES = 4, /* on their way at one time */
    SLOW_BASE_MS = 30000,
    SLOW_CAP_MS = 600000, /* of what only a person can repair */
    FULL_MS = 1000,       /* the disk is full: it is asked again after that */
};
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

static int64_t renew_at(const struct token *k)
{
    int64_t life_ms = k->pair.expires_in_ms / 5 * 4;
    return k->issued_ms + (life_ms < longest_ms ? life_ms : longest_ms);
}

static bool may_renew(const struct tokens *t, const struct token *k)
{
    return t->has_key && !t->stopped && k->pair.access && !k->fresh.access && !k->way &&
           k->fault != FAULT_GONE && t->n_refreshes < REFRESHES;
}

static int64_t next_of(const struct tokens *t, const struct token *k)
{
    int64_t at_ms = may_renew(t, k) ? k->renew_ms : INT64_MAX;
    if (k->fresh.access || k->must_save)
        return 0;
    if (k->fault == FAULT_REFUSED && !k->may_probe && k->probe_ms < at_ms)
        at_ms = k->probe_ms;
    return at_ms;
}

static void plan(struct tokens *t)
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
    plan(t);
}

size_t tokens_in_flight(const struct tokens *t)
{
    size_t n = 0;
    for (const struct flight *f = t->flights; f; f = f->next)
        n++;
    return n;
}

/* ---- What people are told ---- */

static void tell(enum log_level level, const char *msg, const struct token *k, const char *why)
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
        tell(LOG_ERROR, "this person has to log in again; until then what needs their token waits",
             k, k->why);
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
static void check_owner(struct tokens *t, struct token *k)
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
        k->renew_ms = renew_at(k);
        check_owner(t, k);
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
    plan(t);
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
    plan(t);
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
    k->renew_ms = renew_at(k);
    t->next_ms = 0;
    tell(LOG_INFO, "awork takes the token of this person again", k, "");
}

/* ---- A refresh ---- */

static void later(struct tokens *t, struct token *k, int64_t wait_ms)
{
    k->renew_ms = t->now_ms + wait_ms;
    metric_add(METRIC_refreshes_failed, 1);
}

static int64_t backoff(struct tokens *t, struct token *k)
{
    const struct target *target = &t->deps.people->target;
    return retry_backoff_ms(++k->failures, target->retry_base_ms, target->retry_cap_ms, &t->seed);
}

static void client_refused(struct tokens *t, struct token *k, const char *why)
{
    later(t, k, retry_backoff_ms(++k->failures, SLOW_BASE_MS, SLOW_CAP_MS, &t->seed));
    if (!t->client_told)
        LOG(LOG_ERROR, "awork refuses the client of target.awork.oauth; no token is renewed",
            F_S("reason", why));
    t->client_told = true;
}

static void gone(struct tokens *t, struct token *k, const char *why)
{
    auto_free char *text = xprintf(
        "%s%s", why, k->in_doubt ? ", after the answer to an earlier refresh was lost" : "");
    metric_add(METRIC_refreshes_failed, 1);
    token_break(t, k, FAULT_GONE, text);
    t->deps.changed(t->deps.ctx, k->person); /* who waits for it says for what */
}

static void failed(struct tokens *t, struct token *k, const struct flight *f,
                   enum oauth_verdict verdict, const char *why)
{
    bool is_throttled = f->answer.outcome == TRANSPORT_ANSWER && f->answer.status == 429;
    if (verdict == OAUTH_CLIENT) {
        client_refused(t, k, why);
        return;
    }
    k->in_doubt |= verdict == OAUTH_LOST;
    k->failures += is_throttled;
    later(t, k, is_throttled ? retry_throttled_ms(&f->answer.rate, &t->seed) : backoff(t, k));
    tell(LOG_WARN,
         verdict == OAUTH_LOST ? "the answer to a refresh was lost; it is tried again"
                               : "a token was not renewed; it is tried again",
         k, why);
}

/* The pair is in use from now on. */
static void install(struct tokens *t, struct token *k)
{
    oauth_pair_wipe(&k->pair);
    k->pair = k->fresh;
    k->fresh = (struct oauth_pair){0};
    if (k->fresh_owner) {
        free(k->owner);
        k->owner = k->fresh_owner;
        k->fresh_owner = NULL;
    }
    k->issued_ms = k->fresh_ms;
    k->n++;
    k->failures = 0;
    k->in_doubt = k->must_save = false;
    k->is_trial |= k->is_refused;
    k->is_refused = k->fault == FAULT_REFUSED;
    k->may_probe = k->is_refused; /* a new one may be tried at once */
    k->renew_ms = renew_at(k);
    t->client_told = false;
    check_owner(t, k);
    t->deps.changed(t->deps.ctx, k->person);
}

enum cw_status token_settle(struct tokens *t, struct token *k, struct cw_error *err)
{
    const char *owner = k->fresh_owner ? k->fresh_owner : k->owner;
    enum cw_status st = journal_put(t, k, &k->fresh, owner, k->fresh_ms, false, err);
    if (!st)
        install(t, k);
    return st;
}

/* awork may keep the refresh token as it is. */
static void take_pair(struct tokens *t, struct token *k, struct oauth_pair *pair)
{
    if (!pair->refresh)
        pair->refresh = xstrdup(k->pair.refresh);
    k->fresh = *pair;
    k->fresh_ms = t->now_ms;
    *pair = (struct oauth_pair){0};
    metric_add(METRIC_refreshes, 1);
}

static void refresh_heard(struct tokens *t, struct flight *f)
{
    struct token *k = token_find(t, f->person);
    struct oauth_pair pair = {0};
    char why[200] = "";
    enum oauth_verdict verdict = OAUTH_AGAIN;
    if (!k || k->way != f) /* they have logged in anew, or are gone */
        return;
    k->way = NULL;
    if (f->answer.outcome == TRANSPORT_ANSWER)
        verdict = oauth_judge(f->answer.status, f->answer.body, &pair, why);
    else if (f->answer.outcome == TRANSPORT_LOST)
        verdict = OAUTH_LOST;
    if (!*why && f->answer.error)
        snprintf(why, sizeof why, "%s", f->answer.error);
    if (verdict == OAUTH_GOOD)
        take_pair(t, k, &pair);
    else if (verdict == OAUTH_GONE)
        gone(t, k, why);
    else
        failed(t, k, f, verdict, why);
    oauth_pair_wipe(&pair);
}

/* ---- The turn ---- */

/* Of whom nothing is on its way any more. */
static void see_off(struct tokens *t)
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

static enum cw_status renew(struct tokens *t, struct token *k, struct cw_error *err)
{
    enum cw_status st = journal_put(t, k, &k->pair, k->owner, k->issued_ms, true, err);
    if (st)
        return st;
    k->must_save = false;
    k->way = wire_refresh(t, k);
    return CW_OK;
}

/* awork has refused what it gave: the refresh did not help. */
static void judge_refusal(struct tokens *t, struct token *k)
{
    if (!k->is_refused || k->may_probe || k->probe_ms != INT64_MAX)
        return;
    k->probe_ms = t->now_ms + SLOW_CAP_MS;
    if (k->is_trial)
        token_break(t, k, FAULT_REFUSED, "awork refuses a token that it has just given");
    if (k->fault == FAULT_REFUSED)
        k->renew_ms = renew_at(k);
    if (k->fault != FAULT_NONE)
        t->deps.changed(t->deps.ctx, k->person);
}

static void probe(struct tokens *t, struct token *k)
{
    if (k->fault != FAULT_REFUSED || k->may_probe || k->probe_ms > t->now_ms)
        return;
    k->may_probe = true;
    t->deps.changed(t->deps.ctx, k->person);
}

static enum cw_status mind(struct tokens *t, struct token *k, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    judge_refusal(t, k);
    if (k->fresh.access)
        return token_settle(t, k, err);
    probe(t, k);
    if (may_renew(t, k) && k->renew_ms <= t->now_ms)
        return renew(t, k, err);
    if (k->must_save && k->pair.access && t->has_key)
        st = journal_put(t, k, &k->pair, k->owner, k->issued_ms, k->in_doubt, err);
    k->must_save &= st != CW_OK;
    return st;
}

static enum cw_status hear(struct tokens *t, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (struct flight *f; !st && (f = wire_take(t)); wire_end(f)) {
        if (f->login)
            st = login_heard(t, f, err);
        else
            refresh_heard(t, f);
    }
    return st;
}

enum cw_status tokens_turn(struct tokens *t, int64_t now_ms, struct cw_error *err)
{
    t->now_ms = now_ms;
    if (tokens_next_ms(t) > now_ms)
        return CW_OK;
    enum cw_status st = hear(t, err);
    for (size_t i = 0; !st && i < t->n; i++)
        st = mind(t, &t->items[i], err);
    if (t->has_leavers)
        see_off(t);
    plan(t);
    if (st != CW_ELIMIT)
        return st;
    LOG_SOME(LOG_WARN, "the journal's disk is full: tokens are not renewed",
             F_S("reason", err->text));
    t->next_ms = now_ms + FULL_MS;
    return CW_OK;
}
