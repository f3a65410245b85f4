/* hold: who is held: a mark of the kind "hold" for one person, or for everybody.
 *
 * While a hold is in force the lanes it concerns begin nothing; events, runs and waits go on. It
 * ends at its moment, or by a release, which moves that moment to now: an ended mark stays a while
 * and tells why calls came too late, then it is swept. */
#ifndef HOLD_H
#define HOLD_H

#include "store/store.h"

#include <clockwire/rules.h>

enum { HOLDS_MOST = 10000 }; /* people who may be held by name */

struct hold {
    int64_t since_ms, until_ms; /* INT64_MAX: until it is released */
    const char *rule;           /* by which; "": by a command */
    int64_t event, run;         /* of that rule */
    bool of_all;                /* not of one person */
};

/* The hold of that person, NULL or "": of everybody; also one that has ended. Lives: in `arena`.
 * Returns: CW_ENOENT. */
enum cw_status hold_get(struct store *store, const char *person, struct cw_arena *arena,
                        struct hold *out, struct cw_error *err) CW_CHECKED;
/* What holds the person now, and for longest; what `run` itself has begun is nothing to it.
 * Returns: CW_ENOENT when nothing does. */
enum cw_status hold_find(struct store *store, const char *person, int64_t run, int64_t now_ms,
                         struct cw_arena *arena, struct hold *out, struct cw_error *err) CW_CHECKED;
/* Inside a turn. Returns: CW_EDENIED when too many are held. */
enum cw_status hold_put(struct store *store, const char *person, const struct hold *hold,
                        struct cw_error *err) CW_CHECKED;
/* Inside a turn: it ends now. Returns: CW_ENOENT when none was in force. */
enum cw_status hold_end(struct store *store, const char *person, int64_t now_ms,
                        struct cw_arena *arena, struct cw_error *err) CW_CHECKED;

/* "until 14:00:00 by `clockwire hold`", "until it is released, by rule x (event 12)". Lives: in
 * `arena`. */
const char *hold_text(const struct hold *hold, const struct cw_zone *zone, int64_t now_ms,
                      struct cw_arena *arena);
/* What a mark of the kind says. Lives: in `arena`. */
struct hold hold_of(const struct store_mark *mark, struct cw_arena *arena);

/* Each hold that is in force; that of everybody (person NULL) comes first. */
enum cw_status holds_each(struct store *store, int64_t now_ms, struct cw_arena *arena,
                          void (*see)(void *ctx, const char *person, const struct hold *hold),
                          void *ctx, struct cw_error *err) CW_CHECKED;

struct hold_count {
    bool all;      /* everybody is held */
    size_t people; /* who are held by name */
};
enum cw_status hold_counts(struct store *store, int64_t now_ms, struct hold_count *out,
                           struct cw_error *err) CW_CHECKED;

#endif
