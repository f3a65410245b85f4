/* strangers: senders whom nobody in the configuration is called like, counted by their alias.
 *
 * At most 1,000 are kept. Who goes first is the one that was seen longest ago, where each doubling
 * of its count keeps it six hours longer: so a flood of new names pushes out its own like, and not
 * what comes every day. In memory, and in the journal at most once a minute; a kill loses what was
 * counted since. What has become known is told no more. */
#ifndef STRANGERS_H
#define STRANGERS_H

#include "store/store.h"

#include <clockwire/rules.h>

enum { STRANGERS_MOST = 1000 };

struct strangers;

struct strangers *strangers_create(void);
void strangers_destroy(struct strangers *strangers);
/* Reads what the journal has. What cannot be read is forgotten. */
enum cw_status strangers_load(struct strangers *strangers, struct store *store,
                              struct cw_error *err) CW_CHECKED;

struct stranger {
    struct cw_text alias;
    struct cw_text source, type; /* of the last event that named it */
    int64_t event, first_ms, last_ms;
    uint64_t count;
};
/* One more event has named it, in the turn that is on; `strangers_end` says whether it was. An
 * alias that is too long to be one is no stranger, nor is the name of a team. */
void strangers_note(struct strangers *strangers, const struct stranger *seen);
void strangers_end(struct strangers *strangers, bool committed);
/* Inside a turn: writes what has changed, when it is time or `at_once`. */
enum cw_status strangers_save(struct strangers *strangers, struct store *store, int64_t now_ms,
                              bool at_once, struct cw_error *err) CW_CHECKED;
/* When it wants to write; INT64_MAX: nothing has changed. */
int64_t strangers_next_ms(const struct strangers *strangers);
/* Who is known by these rules is forgotten. */
void strangers_reload(struct strangers *strangers, const struct cw_ruleset *rules);

/* A page of whom the rules do not know, the most frequent first: JSON lines with "paste", what to
 * write for them, then {"next": N, "more": B}. The text is the caller's. Limits: no further line
 * after 256 KiB. */
void strangers_list(const struct strangers *strangers, const struct cw_ruleset *rules, size_t after,
                    char **out, size_t *len);
/* A line for the section `users`, or what to do about somebody who is there; NULL: there is nothing
 * to write, or somebody has the alias by now. Safe to paste, whatever the alias is: it stands in
 * quotes, and what is no plain letter is escaped. The text is the caller's. */
char *strangers_paste(const struct cw_ruleset *rules, struct cw_text alias);

#endif
