/* ages: since when each rule, and the people and hours behind them all, read as they do.
 *
 * Kept in the journal, so that what is said of an old event by the rules of today can say that they
 * are not those of then. */
#ifndef AGES_H
#define AGES_H

#include "store/store.h"

#include <clockwire/rules.h>

/* At the start and after a reload, in a transaction of its own: what is written differently than
 * before is as it is since now. */
enum cw_status ages_keep(struct store *store, const struct cw_ruleset *rules, int64_t now_ms,
                         struct cw_error *err) CW_CHECKED;

struct ages;
struct ages *ages_read(struct store *store); /* what cannot be read is unknown */
void ages_destroy(struct ages *ages);
/* Since when the rule (NULL: people, teams and hours) reads as it does; INT64_MIN: not known. */
int64_t ages_since(const struct ages *ages, const char *rule);

#endif
