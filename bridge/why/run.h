/* why/run: what the journal tells of an event: its runs and calls, each run in one line. */
#ifndef WHY_RUN_H
#define WHY_RUN_H

#include "store/store.h"

#include <clockwire/rules.h>

struct why_story {
    struct store *store;
    const struct cw_ruleset *rules; /* of today: whose clock tells the times, and what will be */
    int64_t now_ms;
    struct cw_arena *arena;
    struct store_event event; /* without its payload */
    struct store_run *runs;
    struct store_call *calls;
    size_t n_runs, n_calls;
};

/* Says that there is no such event, or no more. Returns: CW_ENOENT. */
enum cw_status why_missing(struct store *store, int64_t event, struct cw_error *err);
/* Reads an event with its runs and calls. Returns: CW_ENOENT when there is none. */
enum cw_status why_story_read(struct why_story *story, int64_t event,
                              struct cw_error *err) CW_CHECKED;
/* Those of the event at hand. */
enum cw_status why_story_runs(struct why_story *story, struct cw_error *err) CW_CHECKED;
/* The run of a rule for a person (NULL: of anybody), or NULL. */
const struct store_run *why_run_of(const struct why_story *story, const char *rule,
                                   const char *person);
/* "matched -> wait 5 minutes -> cancelled ..."; the caller frees it. */
char *why_run_text(const struct why_story *story, const struct store_run *run);
/* Where a rule stands; without a file when it is gone. */
struct cw_place why_rule_place(const struct cw_ruleset *rules, struct cw_text rule);

#endif
