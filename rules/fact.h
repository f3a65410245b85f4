/* fact: what rules read of a person's timer as timer.x; one table for conditions and templates. */
#ifndef CWR_FACT_H
#define CWR_FACT_H

#include <clockwire/rules.h>

enum { CWR_FACTS = 8 };

/* Whether there is a timer.`name`. */
bool cwr_fact_is(struct cw_text name);
/* The names of all of them, for "did you mean". Returns: how many. */
size_t cwr_fact_names(const char *names[CWR_FACTS]);
/* "2 days 1 hour", "3 hours 5 minutes", "40 minutes", "12 seconds": what is finer is cut off. */
enum cw_status cwr_fact_span(int64_t ms, struct cw_arena *arena, struct cw_text *out) CW_CHECKED;

#endif
