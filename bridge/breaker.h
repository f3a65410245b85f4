/* breaker: may anybody reach awork now? What concerns everybody holds up everybody: a 429, the
 * workspace's key, an outage, the edge before awork.
 *
 * Open, nothing leaves before its wait is over; then one request, the probe. Its answer closes the
 * breaker, or makes the wait longer. Answers of what had left before it opened change nothing, but
 * that a 429 may lengthen the wait. An outage is several failures in a row, over all lanes; what
 * only one call suffers (a 500, nonsense, a 403) counts once in a row. Looks and acts are counted
 * apart: when only acts fail, only an act can tell that it is over.
 *
 * Pure: time and chance are arguments. ARCHITECTURE.md has its table. */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_OPENS_AFTER = 5 }; /* failures in a row */

enum breaker_cause {
    BREAKER_CLOSED, /* all may go */
    BREAKER_RATE,
    BREAKER_OUTAGE,
    BREAKER_KEY,
    BREAKER_EDGE,
    BREAKER_CAUSES
};

enum breaker_says {
    BREAKER_SAYS_GOOD,
    BREAKER_SAYS_NOTHING, /* nobody has judged it, or it is about one person's own token */
    BREAKER_SAYS_RATE,    /* 429 */
    BREAKER_SAYS_KEY,     /* the workspace's key is refused */
    BREAKER_SAYS_EDGE,    /* 403 */
    BREAKER_SAYS_OUT,     /* no connection, no answer, 502 to 504 */
    BREAKER_SAYS_ODD      /* 500 and the like, nonsense */
};

struct breaker_news { /* an answer, or that there is none */
    enum breaker_says says;
    int64_t call;
    int64_t told_ms; /* RATE: how long to wait */
    bool is_probe, acts, own_token;
};

struct breaker {
    enum breaker_cause cause;
    int64_t since_ms, until_ms;
    uint32_t refusals; /* of this cause in a row */
    bool probing;
    bool wants_act;
    struct breaker_row {
        uint32_t failures;
        int64_t call; /* of the last one */
    } looks, acts;
};

enum breaker_change { BREAKER_SAME, BREAKER_OPENED, BREAKER_SHUT };

/* When a request may leave; INT64_MAX: not before the probe's answer. `is_probe`: it belongs to the
 * call that probes. */
int64_t breaker_next_ms(const struct breaker *b, bool is_probe, int64_t now_ms);
/* A request leaves. Returns: whether it is the probe. */
bool breaker_take(struct breaker *b);
/* OPENED also when it was open for another cause. A probe goes on probing, `probing` says so, when
 * it was a good look and only an act can tell. */
enum breaker_change breaker_hear(struct breaker *b, const struct breaker_news *news, int64_t now_ms,
                                 uint64_t *seed);
/* The probe has told nothing: the next request is the probe. */
void breaker_pass(struct breaker *b);
/* The key may be another one: the next request is the probe, at once. */
void breaker_new_key(struct breaker *b);

#endif
