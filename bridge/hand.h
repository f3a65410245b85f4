/* hand: what a change of the timer by hand does: pending runs of the person that yield to it are
 * cancelled, and the quiet begins, if the setting asks for one. */
#ifndef HAND_H
#define HAND_H

#include "store/store.h"

struct hand {
    struct cw_text person;
    const char *seen_by;   /* "event 12", "the look of call 7" */
    int64_t at_ms, now_ms; /* at: when the timer was changed, by awork's clock */
    int64_t quiet_ms;      /* 0: none */
};

/* In the present transaction. *n: how many runs it cancelled; calls of theirs too, so that the
 * person's lane is to be told. */
enum cw_status hand_wins(struct store *store, const struct hand *hand, struct cw_arena *arena,
                         size_t *n, struct cw_error *err) CW_CHECKED;
/* Whether the run gives way to a change at that moment: it yields, and was matched before. */
enum cw_status hand_beats(struct store *store, const struct store_run *run, int64_t at_ms,
                          struct cw_arena *arena, bool *out, struct cw_error *err) CW_CHECKED;
/* Until when the person is left in peace; 0: not at all. */
enum cw_status hand_quiet(struct store *store, struct cw_text person, int64_t now_ms,
                          struct cw_arena *arena, int64_t *until_ms,
                          struct cw_error *err) CW_CHECKED;
/* "the timer was changed by hand (event 12)"; to be freed. */
char *hand_reason(const char *seen_by);

#endif
