/* tokens: the awork tokens of those who log in (`token: oauth`), and their renewal.
 *
 * A login gives a pair: an access token for a day or so, and a refresh token, good once, for the
 * next pair. Each person's pair is renewed when four fifths of its life are over, whether a call is
 * due or not; one request for a person at a time. A new pair is in the journal, sealed, before it
 * is used. Before a refresh leaves the journal says so: after a lost answer it is tried again, and
 * what awork then says is told with that.
 *
 * What awork refuses is broken: it is told once, and `clockwire login` makes it good. It refuses to
 * use the pair of another awork user than the configuration names. */
#ifndef TOKENS_H
#define TOKENS_H

#include "people.h"
#include "store/store.h"
#include "transport/transport.h"

struct tokens;

struct tokens_deps {
    struct store *store;
    struct transport *wire; /* to other hosts; nobody else's */
    const struct people *people;
    const char *key; /* `journal.key`; NULL: nobody logs in */
    uint64_t seed;   /* of the jitter */
    /* What tokens_get says of the person is another now. Called between two turns. */
    void (*changed)(void *ctx, const char *person);
    void (*wake)(void *ctx); /* `tokens_turn` has something to do at once */
    void *ctx;
};

struct tokens *tokens_create(const struct tokens_deps *deps);
void tokens_destroy(struct tokens *tokens); /* who waits for a login is told that it failed */

/* Reads what the journal has; at the start, and it tells who has yet to log in. */
enum cw_status tokens_load(struct tokens *tokens, int64_t now_ms, struct cw_error *err) CW_CHECKED;
/* Who is new is read from the journal, who is gone is forgotten (the journal keeps their pair until
 * it ends); with another key everything is sealed anew. */
void tokens_reload(struct tokens *tokens, const struct people *people, const char *key,
                   int64_t now_ms);
/* Answers, refreshes and logins, each in a transaction of its own: not within another one. Returns:
 * CW_EIO when the journal failed. */
enum cw_status tokens_turn(struct tokens *tokens, int64_t now_ms, struct cw_error *err) CW_CHECKED;
/* When it wants its next turn; INT64_MAX: never. */
int64_t tokens_next_ms(const struct tokens *tokens);
/* Begin no refresh any more; answers are still kept. For the drain at the end. */
void tokens_stop(struct tokens *tokens);
size_t tokens_in_flight(const struct tokens *tokens);

/* ---- For who makes calls; `tokens` may be NULL ---- */
enum tokens_state {
    TOKENS_NONE,   /* never logged in, or not to */
    TOKENS_READY,  /* here it is */
    TOKENS_SOON,   /* it is being renewed */
    TOKENS_BROKEN, /* only a login helps */
};
struct tokens_own {
    enum tokens_state state;
    const char *access; /* READY. Lives: until the next turn. Secret */
    uint64_t n;         /* the number of this pair */
};
struct tokens_own tokens_get(const struct tokens *tokens, const char *person, int64_t now_ms);
/* awork refuses this pair: it is renewed once, and is broken when the new one is refused, too. */
void tokens_refused(struct tokens *tokens, const char *person, uint64_t n);
void tokens_worked(struct tokens *tokens, const char *person, uint64_t n);
/* One line for /readyz, or NULL. The text lives until the next call. */
const char *tokens_trouble(struct tokens *tokens);

/* ---- Logins ---- */
struct tokens_login {
    const char *person, *code, *verifier, *redirect_url;
};
/* Whether the person could log in. Returns: CW_ENOENT without such a user, CW_EINVAL when they do
 * not log in here. */
enum cw_status tokens_may_login(const struct tokens *tokens, const char *person,
                                struct cw_error *err) CW_CHECKED;
/* Exchanges the code, asks awork whose it is, and keeps the pair. `told` is called once, from a
 * turn: with a line for people. Returns: as above; CW_EBUSY when too many log in at once. */
enum cw_status tokens_login(struct tokens *tokens, const struct tokens_login *login,
                            void (*told)(void *ctx, enum cw_status st, const char *line), void *ctx,
                            struct cw_error *err) CW_CHECKED;

#endif
