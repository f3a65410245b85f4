/* why: for a stored event, each rule and person, one English line: why it acted, waits, was
 * cancelled, or did not match; and for a rule and person, what became of the events that concerned
 * them.
 *
 * What was done is read from the journal. Why the other rules did nothing is asked anew: the event
 * is matched once more, from what the journal kept of it, against the rules of today; a rule that
 * was written anew since says so. */
#ifndef WHY_H
#define WHY_H

#include "config.h"
#include "store/store.h"

struct why_ask {
    int64_t event;    /* or else: */
    int64_t run;      /* its event, rule and person are asked for; 0: none */
    const char *rule; /* NULL: every rule */
    const char *user; /* name or alias; NULL: everybody whom it concerns */
    int64_t now_ms;
};

/* JSON lines: for each person an object with "event", then one for each rule with "rule", "place",
 * "matched" and "text". Returns: CW_ENOENT when there is no such event, run, rule or user. Limits:
 * 200 rules that did not match for each person; the others are counted. */
enum cw_status why_event(struct store *store, const struct config *config,
                         const struct why_ask *ask, char **out, size_t *len,
                         struct cw_error *err) CW_CHECKED;

/* The same of ask->event, where there is such an event, else of the newest of that id: the
 * sender's, in any case, or how it begins, in 8 characters or more. Where none of the next 2,000
 * events before `before` (0: the newest) has it, a line with "looked" and "next", the number to go
 * on before, 0 at the end. */
enum cw_status why_event_of(struct store *store, const struct config *config,
                            const struct why_ask *ask, const char *id, int64_t before, char **out,
                            size_t *len, struct cw_error *err) CW_CHECKED;

struct why_not_ask {
    const char *rule; /* NULL: whatever rules had a say */
    const char *user; /* is needed */
    const char *at;   /* on the user's clock, RFC 3339, or so long ago; NULL: now */
    int64_t before;   /* go on with events of lower numbers; 0: begin at that time */
    int64_t now_ms;
    size_t most;   /* events that are told */
    size_t looked; /* events that are looked at */
};

/* Why nothing, or something, was done for somebody at a time: the events that came before it, or up
 * to a minute after, and concern the person and the rule, the newest first. JSON lines: one with
 * "why_not"; for a rule objects with both "event" and "rule", else each event as why_event tells
 * it, without the rules that had no say; and one with "looked" and "next", the number to go on
 * before, 0 at the end. Returns: CW_ENOENT, CW_EINVAL for a time that cannot be read. */
enum cw_status why_not(struct store *store, const struct config *config,
                       const struct why_not_ask *ask, char **out, size_t *len,
                       struct cw_error *err) CW_CHECKED;

/* The newest of these events, for anybody when `user` is NULL, as one line: "rule on source.type at
 * 10:00:00: no: ..."; when that is of no run, the newest run has a second line. The caller frees
 * it; NULL when there is none. */
char *why_last(struct store *store, const struct config *config, const char *rule, const char *user,
               int64_t now_ms);

#endif
