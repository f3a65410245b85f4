/* why: for a stored event, each rule and person, one English line: why it acted, waits, was
 * cancelled, or did not match.
 *
 * What was done is read from the journal. Why the other rules did nothing is asked anew: the event
 * is matched once more, from what the journal kept of it, against the rules of today. */
#ifndef WHY_H
#define WHY_H

#include "config.h"
#include "store/store.h"

struct why_ask {
    int64_t event;
    const char *rule; /* NULL: every rule */
    const char *user; /* name or alias; NULL: everybody whom it concerns */
};

/* JSON lines: for each person an object with "event", then one for each rule with "rule", "place",
 * "matched" and "text". Returns: CW_ENOENT when there is no such event, rule or user. Limits: 200
 * rules that did not match for each person; the others are counted. */
enum cw_status why_event(struct store *store, const struct config *config,
                         const struct why_ask *ask, char **out, size_t *len,
                         struct cw_error *err) CW_CHECKED;

#endif
