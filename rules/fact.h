/* fact: what rules read of a person's timer as timer.x; one table for conditions and templates. */
#ifndef CWR_FACT_H
#define CWR_FACT_H

#include <clockwire/rules.h>

enum { CWR_FACTS = 8 };

enum cwr_fact_kind { CWR_FACT_STATE, CWR_FACT_SPAN, CWR_FACT_MOMENT, CWR_FACT_TEXT };

/* The i-th: "timer.state", ... */
const char *cwr_fact_path(size_t i);
/* The number of timer.`name`, CWR_FACTS when there is none. */
size_t cwr_fact_named(struct cw_text name);
enum cwr_fact_kind cwr_fact_kind_of(size_t i);
const char *cwr_timer_word(enum cw_timer timer);
/* As cw_facts_get of cwr_fact_path(i), for matchers: how long is a number of seconds. *told is how
 * a reason says what it is, NULL: "timer.x is ...". */
enum cw_status cwr_fact_compare(const struct cw_facts *facts, size_t i, struct cw_arena *arena,
                                struct cw_value *out, const char **told) CW_CHECKED;
/* "2 days 1 hour", "3 hours 5 minutes", "40 minutes", "12 seconds": what is finer is cut off. */
enum cw_status cwr_fact_span(int64_t ms, struct cw_arena *arena, struct cw_text *out) CW_CHECKED;

#endif
