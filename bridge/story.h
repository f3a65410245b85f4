/* story: what the journal knows of events, as JSON: each with its runs, calls and attempts. */
#ifndef STORY_H
#define STORY_H

#include "store/store.h"

#include <clockwire/rules.h>
#include <jansson.h>

struct story_ask {
    int64_t after;      /* events with a higher number */
    size_t last;        /* not 0: the last so many of those that fit, in place of `after` */
    size_t limit;       /* of one page */
    int64_t since_ms;   /* that came then or later */
    const char *source; /* of "source" or "source.type"; NULL: any */
    const char *rule;   /* with a run of it; NULL: any */
    const struct cw_ruleset *rules;
    const struct cw_person *person; /* of whom, or with a run of theirs; NULL: any */
};

/* A page, one JSON object per line, and {"next": N, "more": B}: the number after which to go on,
 * and whether there is more by now. The text is the caller's. Limits: the last 50 attempts of a
 * call; no further event after 256 KiB of text; values above 64 KiB are told by their size; a page
 * looks at 2,000 events, and the last ones are looked for among 5,000. */
enum cw_status story_events(struct store *store, const struct story_ask *ask, char **out,
                            size_t *len, struct cw_error *err) CW_CHECKED;
/* Sets what an event's "calls" say of each: with its attempts. */
enum cw_status story_put_call(struct store *store, const struct store_call *call,
                              struct cw_arena *arena, json_t *to, struct cw_error *err) CW_CHECKED;
/* Sets a moment in UTC, unless ms is 0. */
void story_put_time(json_t *to, const char *name, int64_t ms);

#endif
