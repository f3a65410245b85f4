/* mark: the kinds of marks that rules keep in the journal, for those who tell of them. */
#ifndef MARK_H
#define MARK_H

#include "store/store.h"

#include <clockwire/rules.h>

struct mark_kind {
    const char *kind;
    bool has_trigger; /* its key is the trigger as written, a line's end, and the key of the run */
    const char *text; /* what it means for now */
};

/* Of a kind that is not known: one without a text. */
const struct mark_kind *mark_kind_of(const struct store_mark *mark);
/* Whether it is any business of those who look at what waits: people's own tokens are not. */
bool mark_is_shown(const struct store_mark *mark);
/* The two parts of its key; the first is empty for kinds without a trigger. */
struct cw_text mark_trigger(const struct store_mark *mark);
struct cw_text mark_key(const struct store_mark *mark);
/* Why it is of no use by these rules, or NULL. */
const char *mark_end(const struct store_mark *mark, const struct cw_ruleset *rules);
/* How many events a `count` or `all` still has at this moment; 0 for other kinds. */
size_t mark_heard(const struct store_mark *mark, int64_t now_ms);
/* A short name of it, for commands: "m" and 12 hex digits. */
enum { MARK_ID = 16 };
const char *mark_id(const struct store_mark *mark, char out[MARK_ID]);

#endif
