/* matcher: the scratch of one thread. Nothing in it outlives a cw_match but its memory. */
#ifndef CWR_MATCHER_H
#define CWR_MATCHER_H

#include <clockwire/rules.h>

#include "index.h"
#include "regex.h"

struct cwr_cached {
    uint64_t stamp; /* of the match that looked it up */
    uint64_t used;  /* of the match that listed it as read */
    uint64_t kept;  /* of the match that kept it for a sign of life */
    struct cw_value value;
};

struct cw_matcher {
    struct cwr_regex_scratch *regex;
    uint64_t stamp;            /* a new one for each match */
    struct cwr_cached *values; /* of the event's paths, by slot */
    size_t n_values;
    uint64_t round;  /* a new one for each set of marks */
    uint64_t *marks; /* the round that saw this person, and behind the people this team */
    size_t n_marks;
    struct cwr_found found; /* what the index proposes */
};

/* Begins a match: room for every slot, person and team, nothing cached. */
enum cw_status cwr_matcher_begin(struct cw_matcher *matcher, size_t n_paths,
                                 size_t n_marks) CW_CHECKED;

#endif
