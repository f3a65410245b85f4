/* The insides of tokens, shared by its files and by nobody else. */
#ifndef TOKENS_PRIV_H
#define TOKENS_PRIV_H

#include "log.h"
#include "seal.h"
#include "tokens/tokens.h"

/* What keeps a token from being used. */
enum token_fault {
    FAULT_NONE,
    FAULT_REFUSED, /* awork refused a pair that it had just given; it is tried again now and then */
    FAULT_GONE     /* no refresh is possible; what is left of the access token may be used */
};

struct token {
    char *person;
    struct oauth_pair pair; /* no access: there is none */
    char *owner;            /* awork's id of whose it is */
    int64_t issued_ms;
    uint64_t n;              /* of the pair: 1, 2, ... */
    struct oauth_pair fresh; /* came, and is not in the journal yet */
    char *fresh_owner;       /* of a login, else NULL */
    int64_t fresh_ms;
    enum token_fault fault;
    char why[200];      /* of the fault, or of the last failure */
    bool is_refused;    /* awork refused this pair */
    bool is_trial;      /* it came because the one before was refused, and has not worked yet */
    bool may_probe;     /* of a fault: it is tried once */
    bool in_doubt;      /* the answer to a refresh was lost */
    bool must_save;     /* the journal says something else */
    uint32_t failures;  /* in a row */
    int64_t renew_ms;   /* when the next refresh is due */
    int64_t probe_ms;   /* when a refused one is tried again */
    struct flight *way; /* the refresh that is on its way, or NULL */
};

struct login;

struct flight { /* a request, then its answer */
    struct flight *next, **link;
    struct tokens *owner;
    char *person;
    uint64_t n;          /* of the pair that is renewed */
    struct login *login; /* or NULL */
    bool has_answer;
    struct transport_answer answer; /* body and error are copies */
};

struct login {
    struct login *next;
    char *person;
    struct oauth_pair pair; /* after the exchange */
    void (*told)(void *ctx, enum cw_status st, const char *line);
    void *ctx;
};

enum { LOGINS = 8, SLOW_CAP_MS = 600000 };

struct tokens {
    struct tokens_deps deps;
    struct seal_key key;
    bool has_key;
    struct token *items; /* of those who log in */
    size_t n;
    struct flight *flights;
    size_t n_refreshes; /* on their way */
    struct login *logins;
    size_t n_logins;
    uint64_t seed;
    int64_t now_ms, next_ms;
    bool stopped;
    bool has_leavers;  /* of some only what is on its way keeps them */
    bool client_told;  /* that awork refuses our client */
    char trouble[300]; /* of /readyz */
};

/* ---- tokens/tokens.c ---- */
struct token *token_find(const struct tokens *t, const char *person);
/* When the pair is old enough, and whether it can be renewed at all. */
int64_t token_renew_at(const struct token *k);
bool token_may_renew(const struct tokens *t, const struct token *k);
/* The configuration may name another awork user by now. */
void token_check_owner(struct tokens *t, struct token *k);
/* awork's side of it: only a login helps, or nothing but waiting. Told once. */
void token_break(struct tokens *t, struct token *k, enum token_fault fault, const char *why);
void token_tell(enum log_level level, const char *msg, const struct token *k, const char *why);
/* Sets when the next turn is due. */
void tokens_plan(struct tokens *t);
void tokens_see_off(struct tokens *t);

/* ---- tokens/renew.c ---- */
/* What is fresh goes to the journal, and then into use. */
enum cw_status token_settle(struct tokens *t, struct token *k, struct cw_error *err) CW_CHECKED;

/* ---- tokens/journal.c ---- */
/* In a transaction of its own: the pair and its fault; asked: a refresh with it is about to leave.
 */
enum cw_status journal_put(struct tokens *t, const struct token *k, const struct oauth_pair *pair,
                           const char *owner, int64_t issued_ms, bool asked,
                           struct cw_error *err) CW_CHECKED;
/* Reads what is kept of k->person into a new token. */
enum cw_status journal_get(struct tokens *t, struct token *k, struct cw_error *err) CW_CHECKED;
/* Drops what nobody needs: of people who do not log in any more, when it has ended. */
enum cw_status journal_sweep(struct tokens *t, struct cw_error *err) CW_CHECKED;

/* ---- tokens/wire.c ---- */
/* Sends a form to the token endpoint, or asks who a token is of. */
struct flight *wire_refresh(struct tokens *t, struct token *k);
void wire_exchange(struct tokens *t, struct login *login, const struct tokens_login *with);
void wire_me(struct tokens *t, struct login *login);
/* The next flight that has its answer, to be given to wire_end; or NULL. */
struct flight *wire_take(struct tokens *t);
bool wire_has_answer(const struct tokens *t);
void wire_end(struct flight *f);

/* ---- tokens/login.c ---- */
enum cw_status login_heard(struct tokens *t, struct flight *f, struct cw_error *err) CW_CHECKED;
void logins_end(struct tokens *t);

#endif
