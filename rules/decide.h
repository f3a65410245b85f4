/* decide: what the files of deciding share. */
#ifndef CWR_DECIDE_H
#define CWR_DECIDE_H

#include "ruleset.h"

/* One cw_decide or cw_decide_due. */
struct cwr_deciding {
    const struct cw_ruleset *rules;
    const struct cw_facts_reader *facts; /* or NULL */
    int64_t now_ms;
    struct cw_json *json; /* holds the values of the run at hand */
    struct cw_arena *arena;
    struct cw_json **state; /* holds the latest fact; made when it is needed */
};

/* The effect is refused for `what` "(file, line N)". */
enum cw_status cwr_refuse(struct cw_effect *effect, struct cw_arena *arena, const char *what,
                          struct cw_place place) CW_CHECKED;
/* Sets the calls of the effect, or what its dry run would do; or refuses it. */
enum cw_status cwr_act(const struct cwr_deciding *d, const struct cwr_rule *rule,
                       struct cw_effect *effect) CW_CHECKED;
/* Sets due_ms by the rule's `at`, or refuses. */
enum cw_status cwr_instant(const struct cwr_deciding *d, const struct cwr_rule *rule,
                           struct cw_effect *effect) CW_CHECKED;
/* Refuses when its timer actions are others than those of an earlier effect. */
enum cw_status cwr_contradict(const struct cwr_deciding *d, const struct cwr_rule *winner,
                              const struct cw_effect *first, const struct cwr_rule *rule,
                              struct cw_effect *effect) CW_CHECKED;
/* ---- decide_listen.c: triggers that hear several events ---- */

/* How a mark names the trigger and key of a rule: "6 of x.y within 1 hour\nada". */
enum cw_status cwr_mark_key(const struct cwr_trigger *trigger, struct cw_text key,
                            struct cw_arena *arena, struct cw_text *out) CW_CHECKED;
/* The clock of an `absent` begins anew. */
enum cw_status cwr_decide_sign(const struct cwr_deciding *d, const struct cwr_rule *rule,
                               const struct cw_candidate *from, struct cw_effect *out) CW_CHECKED;
/* What an `all` or `count` remembers now; *fires: the rule matches. */
enum cw_status cwr_decide_part(const struct cwr_deciding *d, const struct cwr_rule *rule,
                               const struct cw_candidate *from, struct cw_effect *out,
                               bool *fires) CW_CHECKED;

/* What is left of a condition when `during` and state.x have been asked for a person at this
 * moment; *why is set when one was asked. Lives: in the arena. Returns: CW_ENOENT when hours are
 * gone from the ruleset; CW_ESYNTAX, CW_NOMEM; CW_ELIMIT as cw_condition_ask; what the reader of
 * facts returns. */
enum cw_status cwr_decide_known(const struct cwr_deciding *d, const struct cw_person *person,
                                struct cw_text condition, struct cwr_answer *out, const char **why,
                                struct cw_error *err) CW_CHECKED;
/* A person's own fact at this moment; missing when there is none. Lives: until the next one.
 * Returns: CW_EBUSY when nobody can tell, CW_NOMEM, what the reader of facts returns. */
enum cw_status cwr_state_get(const struct cwr_deciding *d, const struct cw_person *person,
                             struct cw_text name, struct cw_value *out) CW_CHECKED;

#endif
