/* outside: what `notify` and `call` send to hosts other than awork.
 *
 * Address and headers come from the configuration alone; secrets in them stay templates in the
 * journal, and are rendered for the moment in which the request leaves. One request is one attempt
 * on disk. What had no connection, 408, 429 and 5xx is tried again, but holds up its person for
 * OUTSIDE_HOLD_MS at most; a lost answer is never repeated, since nobody can look. */
#ifndef ACTION_OUTSIDE_H
#define ACTION_OUTSIDE_H

#include "action/step.h"

enum {
    OUTSIDE_TIMEOUT_MS = 10000,                            /* of one request */
    OUTSIDE_HOLD_MS = 30000,                               /* of one call, all tries together */
    OUTSIDE_TRY_MS = OUTSIDE_HOLD_MS - OUTSIDE_TIMEOUT_MS, /* later no try begins */
    OUTSIDE_BODY_BYTES = 256 * 1024,
};

/* A request as it leaves. All of it may be secret. */
struct outside {
    const char *method;
    char *url, *body;
    char **headers; /* "Name: value", NULL-ended; or NULL */
    size_t n_headers;
};

/* Makes the request that `t` (a notify or call) has come to. Returns: false and why not, without a
 * secret; then there is nothing to wipe. */
bool outside_make(const struct action_turn *t, struct outside *out, struct cw_error *err);
/* The same from what is stored: to send it. */
bool outside_remake(const struct action_turn *stored, struct outside *out, struct cw_error *err);
void outside_wipe(struct outside *request);

/* SEND, when the request can be made; else the fault is in *err. `what` names it in the journal;
 * `body` is what is journaled of it, or NULL. */
bool outside_send(const struct action_turn *t, const char *method, const char *what,
                  const char *body, struct action_verdict *out, struct cw_error *err);
/* Whether its time is over: it has held up the lane for long enough. */
bool outside_is_over(const struct action_turn *t);
/* "gave up after 30 seconds: the host answered 503" */
const char *outside_over(const struct action_turn *t);

extern const char *const call_methods[];
/* The JSON of an argument that was known when the rule decided, with the digits of its numbers. The
 * text is the caller's; NULL when it is not given or was not known yet. */
char *outside_stored(const struct action_turn *t, const char *name);
/* notify.c: who is written to next; NULL when nobody is left. */
const char *notify_recipient(const struct action_turn *t);
/* call.c: one of call_methods, POST unless it is given. */
const char *call_method(const char *given);

enum outside_end { OUTSIDE_DONE, OUTSIDE_AGAIN, OUTSIDE_FAILED };
/* What an answer means; `why` in t->arena. Sets *again for OUTSIDE_AGAIN. */
enum outside_end outside_judge(const struct action_turn *t, struct action_verdict *again,
                               const char **why);

#endif
