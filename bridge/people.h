/* people: who is who for the dispatcher, and where the calls go: the part of the configuration
 * that reaches awork. Immutable after the start or a reload, but for what awork tells of people who
 * are known by their e-mail address. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "oauth.h"

#include <clockwire/rules.h>
#include <stdint.h>

struct person {
    const char *name;           /* the key under `users`; also the name of the lane */
    const char *awork;          /* uuid; "" while it is asked for by `email` */
    const char *email;          /* NULL: the file has the id */
    const char *trouble;        /* why there is no id, or why it may be out of date; or NULL */
    const char *timezone;       /* IANA */
    const char *token;          /* the person's own, NULL: none. Secret */
    bool oauth;                 /* in place of it the person logs in; see tokens/tokens.h */
    const char *type_of_work;   /* name or uuid, NULL: none */
    const char *chat;           /* where they are written to, NULL: nowhere. Secret */
    const struct cw_zone *zone; /* of the ruleset's; NULL: UTC */
    bool opted_out;             /* `automation: off` */
};

enum without_user_token { WITHOUT_TOKEN_EMULATE, WITHOUT_TOKEN_SKIP, WITHOUT_TOKEN_FAIL };

struct rate_window {
    uint32_t requests;
    int64_t window_ms;
};

struct target {
    const char *url;   /* https://api.awork.com/api/v1, no slash at the end */
    const char *token; /* the workspace's API key. Secret */
    struct rate_window windows[4];
    size_t n_windows;
    enum without_user_token without_user_token;
    struct oauth_client oauth;
    int64_t retry_base_ms; /* first back-off: 1 s */
    int64_t retry_cap_ms;  /* longest back-off: 5 min */
    int64_t give_up_ms;    /* a call older than this dies: 24 h */
    int64_t doubt_wait_ms; /* a call in doubt waits this long before it looks: 1 s */
    int64_t timeout_ms;    /* of one request: 30 s */
    int64_t collapse_ms;   /* an older backlog comes down to its net effect; 0: none does */
    int64_t quiet_ms;      /* after a change by hand; 0: none */
    /* Hosts besides this machine that others than awork may be reached at without TLS; NULL-ended,
     * or NULL. */
    const char *const *plain_hosts;
};

struct outside_value { /* what calls read of secret.* and env.* */
    const char *name;  /* "secret.x" */
    const char *value; /* NULL: it is not there. Secret */
};

struct people {
    const struct person *items;
    size_t n;
    struct target target;
    const struct outside_value *outside;
    size_t n_outside;
    const struct cw_ruleset *rules; /* knows aliases and teams; NULL: there are none */
};

/* By name; NULL when there is nobody. */
const struct person *people_find(const struct people *people, const char *name);
/* The value of "secret.x" or "env.x"; NULL when it is not there. */
const char *people_outside(const struct people *people, struct cw_text name);

#endif
