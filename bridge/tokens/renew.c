/* The renewal of pairs: what is sent when, and what becomes of the answers. */
#include "log.h"
#include "metrics.h"
#include "retry.h"
#include "tokens/priv.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOW_BASE_MS = 30000, /* of what only a person can repair */
    FULL_MS = 1000,       /* the disk is full: it is asked again after that */
};

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
    token_tell(LOG_WARN,
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
    k->renew_ms = token_renew_at(k);
    t->client_told = false;
    token_check_owner(t, k);
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
        k->renew_ms = token_renew_at(k);
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
    if (token_may_renew(t, k) && k->renew_ms <= t->now_ms)
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
        tokens_see_off(t);
    tokens_plan(t);
    if (st != CW_ELIMIT)
        return st;
    LOG_SOME(LOG_WARN, "the journal's disk is full: tokens are not renewed",
             F_S("reason", err->text));
    t->next_ms = now_ms + FULL_MS;
    return CW_OK;
}
