/* People's own tokens, where they come of a login: a request waits while the token is renewed or a
 * login is needed, and a token that awork refuses is told of. See tokens/tokens.h. */
#include "dispatcher/priv.h"
#include "xalloc.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 3600000 }; /* whoever forgets to wake us */

static bool logs_in(const struct dispatcher *d, const char *name)
{
    const struct person *person = people_find(d->deps.people, name);
    return d->deps.tokens && person && person->oauth;
}

bool own_token_by_login(const struct dispatcher *d, const char *person)
{
    return logs_in(d, person) && tokens_get(d->deps.tokens, person, d->now_ms).state != TOKENS_NONE;
}

const char *own_token(struct dispatcher *d, struct lane *lane)
{
    const struct person *person = people_find(d->deps.people, lane->person);
    if (!logs_in(d, lane->person))
        return person && person->token ? person->token : "";
    struct tokens_own own = tokens_get(d->deps.tokens, lane->person, d->now_ms);
    lane->parcel->token = own.n;
    return own.state == TOKENS_READY ? own.access : "";
}

const char *own_token_trouble(struct dispatcher *d, const char *person)
{
    enum tokens_state state = tokens_get(d->deps.tokens, person, d->now_ms).state;
    if (!logs_in(d, person) || state == TOKENS_READY || state == TOKENS_NONE)
        return NULL;
    if (state == TOKENS_SOON)
        return "the person's own token is being renewed";
    size_t size = strlen(person) + 60;
    char *text = xtake(d->arena, size);
    snprintf(text, size, "this waits for `clockwire login %s`", person);
    return text;
}

int64_t own_token_retry_at(const struct dispatcher *d, struct lane *lane)
{
    enum tokens_state state = tokens_get(d->deps.tokens, lane->person, d->now_ms).state;
    int64_t at_ms = d->now_ms + LOOK_AGAIN_MS, expires_ms = lane->head->expires_ms;
    lane->waits_for_awork = false;
    if (state == TOKENS_READY) /* another one than was refused */
        return d->now_ms;
    if (expires_ms && expires_ms < at_ms)
        at_ms = expires_ms < d->now_ms ? d->now_ms : expires_ms + 1;
    return at_ms;
}

void own_token_heed(struct dispatcher *d, const struct lane *lane, const struct action_verdict *v)
{
    const struct parcel *p = lane->parcel;
    if (!p->own_token || !logs_in(d, lane->person))
        return;
    if (v->what == ACTION_RETRY && v->cause == ACTION_TOKEN)
        tokens_refused(d->deps.tokens, lane->person, p->token);
    else if (v->what != ACTION_RETRY && p->answer.outcome == TRANSPORT_ANSWER)
        tokens_worked(d->deps.tokens, lane->person, p->token);
}
