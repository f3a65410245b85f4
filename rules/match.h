/* match: what the files of matching share. */
#ifndef CWR_MATCH_H
#define CWR_MATCH_H

#include "buf.h"
#include "matcher.h"
#include "ruleset.h"

enum { CWR_STRANGERS = 16, CWR_NAMES = 4096, CWR_KEY_BYTES = 1024 };

struct cwr_ticks {
    const struct cw_zone *zone; /* NULL: none was asked for */
    int64_t last_ms;            /* the latest up to some moment */
    uint32_t trigger;           /* of that one */
};

/* One cw_match. */
struct cwr_match {
    const struct cw_ruleset *rules;
    const struct cwr_rule *rule; /* at hand */
    struct cwr_look look;
    const struct cw_trace *trace;
    struct cw_candidate *items;
    size_t n, size;
    struct cw_text strangers[CWR_STRANGERS];
    size_t n_strangers;
    bool answers; /* a rule that asked for a stranger answers the sender */
    uint32_t limits, limit_rule;
    struct cw_value captures[CWR_REGEX_GROUPS];
    uint32_t trigger; /* of the rule at hand: what fits */
    bool ticking;     /* then only people whose latest tick up to upto_ms is the event's */
    int64_t upto_ms;
    bool signs;             /* some candidate is a sign of life */
    struct cwr_ticks ticks; /* of the rule at hand, in the zone asked for last */
};

/* The people that a rule's `user` names on this event, each once, in order. */
struct cwr_people {
    const struct cw_person **items;
    size_t n, size;
    size_t named;         /* names that were given, known or not */
    bool strangers_count; /* collect unknown names */
};

/* Only event.user when `event_user`. A failure is in look.status. */
void cwr_match_people(struct cwr_match *m, bool event_user, struct cwr_people *out);
/* The rule's `key` on this event. Returns: false, with why not, when it has no value. */
bool cwr_match_key(struct cwr_match *m, struct cw_text *out, struct cw_text *fault);
/* A pattern of the rule at hand may have hit its limit. */
void cwr_match_count(struct cwr_match *m);
void cwr_match_say(struct cwr_match *m, enum cw_look_kind kind, const struct cw_person *person,
                   struct cw_place place, const char *reason);

/* The parts of a match. cwr_match_rule looks at the condition and people of m->rule, the trigger
 * of which is known to fit. */
void cwr_match_begin(struct cwr_match *m, struct cw_matcher *matcher,
                     const struct cw_ruleset *rules, const struct cw_event *event, int64_t now_ms,
                     struct cw_arena *arena);
void cwr_match_rule(struct cwr_match *m);
/* Begins the look at m->rule: nothing is captured yet. */
void cwr_match_begin_rule(struct cwr_match *m);
/* Begins a match that no event's name leads to. */
enum cw_status cwr_match_begin_clock(struct cwr_match *m) CW_CHECKED;
enum cw_status cwr_match_finish(struct cwr_match *m, struct cw_matches *out) CW_CHECKED;
/* The first trigger that fits, or NULL; *named when the name of one does. */
const struct cwr_trigger *cwr_match_find(struct cwr_match *m, const struct cwr_triggers *triggers,
                                         bool *named);
/* Candidates like this one, for everybody whom the rule names. */
void cwr_match_like(struct cwr_match *m, struct cw_candidate *like);
/* The same for one person, if the condition holds. */
void cwr_match_for(struct cwr_match *m, const struct cw_person *person,
                   const struct cw_candidate *like);
struct cw_text cwr_match_vars(struct cwr_match *m);
void cwr_match_put(struct cwr_match *m, struct cwr_buf *buf, const struct cwr_ref *ref);
void cwr_match_say_no(struct cwr_match *m, const struct cw_person *person);

/* ---- match_listen.c: triggers that hear several events ---- */

/* Whether some trigger of the rule heard the event; what it means is a candidate. */
bool cwr_match_listen(struct cwr_match *m);
/* A part of an `all` is kept even if the condition does not hold. */
bool cwr_match_is_part(const struct cwr_match *m, const struct cw_candidate *candidate);
void cwr_match_say_heard(struct cwr_match *m, const struct cw_person *person,
                         const struct cw_candidate *candidate);
/* Sets what is kept of a sign of life. */
void cwr_match_keep_sign(struct cwr_match *m);

/* Whether it is the person's tick; then m->trigger is whose. */
bool cwr_match_ticked(struct cwr_match *m, const struct cw_person *person);
/* The rules that are to be looked at, *end excluded. */
void cwr_match_range(const struct cwr_match *m, size_t *first, size_t *end);
void cwr_match_say_when(struct cwr_match *m);
void cwr_match_say_disabled(struct cwr_match *m, const struct cwr_rule *rule);

/* The same with the index switched off, for tests. */
enum cw_status cwr_match_plainly(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                                 const struct cw_event *event, int64_t now_ms,
                                 const struct cw_trace *trace, struct cw_arena *arena,
                                 struct cw_matches *out) CW_CHECKED;

#endif
