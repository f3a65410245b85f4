/* ruleset: what compiling makes and matching reads. Immutable once made, but for what
 * cw_ruleset_identify learns; in one arena. */
#ifndef CWR_RULESET_H
#define CWR_RULESET_H

#include <clockwire/rules.h>
#include <stdatomic.h>

#include "condition.h"
#include "hours.h"
#include "index.h"
#include "map.h"
#include "regex.h"

enum { CWR_NAME_BYTES = 320 }; /* of a person's name or alias */

struct cwr_triggers {
    const struct cwr_trigger *items;
    size_t n;
};

struct cwr_trigger {
    enum cw_trigger_kind kind;
    struct cw_text source;              /* EVENT: a source's name or a family */
    struct cw_text type;                /* EVENT; empty: any */
    const struct cwr_condition *filter; /* EVENT; or NULL */
    const struct cwr_schedule *every;   /* EVERY */
    const struct cwr_triggers *parts;   /* ALL, ABSENT, COUNT: events; each any of several */
    size_t n_parts;
    uint32_t count; /* COUNT: how many */
    struct cw_text count_text;
    int64_t within_ms;    /* ALL, COUNT; of ABSENT: for how long */
    struct cw_text shown; /* how it is written; of EVENT: empty */
    struct cw_place place;
};

/* People under one name: a team, everyone, or one person alone. */
struct cwr_team {
    struct cw_text name; /* of a team */
    const struct cw_person *const *people;
    size_t n;
    struct cw_place place;
};

/* One item of `user`: a team, or a template whose text, with `prefix` before it, names people. */
struct cwr_who {
    const struct cwr_team *team;
    bool teams; /* the template names teams */
    struct cw_text prefix;
    const struct cw_template *tpl;
    struct cw_text text; /* as written */
    struct cw_place place;
};

/* A value with templates in its texts. */
struct cwr_tree {
    enum { CWR_TREE_JSON, CWR_TREE_TEMPLATE, CWR_TREE_LIST, CWR_TREE_MAP } kind;
    struct cw_text name; /* of a member */
    struct cw_text json; /* a number, true, false or null */
    const struct cw_template *tpl;
    bool is_late; /* of a template */
    const struct cwr_tree *items;
    size_t n;
};

struct cwr_arg {
    struct cw_text name;
    bool is_bool, truth;
    bool is_late;                  /* some of it is known in the lane only */
    bool is_config;                /* nothing from outside gets into it */
    const struct cw_template *tpl; /* NULL for is_bool and a tree */
    const struct cwr_tree *tree;   /* or NULL */
    bool is_moment;                /* what `tpl` says is one, and */
    int64_t shift_ms;              /* so much later is meant */
    struct cw_place place;
};

struct cwr_action {
    const char *name;
    const struct cwr_arg *args;
    size_t n_args;
    bool timer;         /* changes the person's timer */
    bool now_only;      /* of use at the match only */
    int64_t expires_ms; /* not begun this long after it was due it is dropped */
    struct cw_place place;
};

enum cwr_mode { CWR_RESTART, CWR_SINGLE, CWR_PARALLEL };

struct cwr_rule {
    struct cw_text id;
    struct cw_place place;
    uint64_t digest; /* of its text */
    bool enabled;
    struct cwr_triggers when, unless;
    const struct cwr_who *who; /* none: event.user */
    size_t n_who;
    const struct cwr_condition *condition; /* or NULL */
    bool asks_person;                      /* the condition reads user.* or asks `during` */
    bool asks_hours;                       /* it asks `during` */
    bool ticks;                            /* a trigger of `when` is a schedule */
    bool listens;                          /* one is `all`, `absent` or `count` */
    bool has_wait, has_throttle, final, dry_run;
    bool yields; /* to a change by hand: not so with `human_wins: false` */
    int64_t wait_ms, throttle_ms;
    const struct cw_template *at; /* or NULL; the instant is at_ms after what it says */
    int64_t at_ms;
    struct cw_place at_place, key_place;
    const struct cw_template *key; /* NULL: the person */
    enum cwr_mode mode;
    bool has_timer; /* some action changes the timer */
    bool answers;   /* some action is now_only */
    struct cwr_action *actions;
    size_t n_actions;
    const struct cw_text *captures; /* their names */
    size_t n_captures;
    const struct cwr_ref *vars; /* what the actions read of event, match and source */
    size_t n_vars;
    const uint32_t *reads; /* slots of all event paths that it reads */
    size_t n_reads;
};

/* Whether an event that does not fit ends what is pending under the rule's key. */
static inline bool cwr_rule_corrects(const struct cwr_rule *rule)
{
    return rule->key && (rule->has_wait || rule->at);
}

struct cwr_regex_row {
    struct cwr_regex *regex;
    struct cwr_regex_row *next;
};

struct cw_ruleset {
    atomic_uint refs;
    uint64_t digest; /* of what stands beside the rules */
    struct cw_arena *arena;
    struct cwr_rule *rules;
    size_t n_rules;
    struct cw_person *people;
    size_t n_people;
    struct cwr_person_hours *hours; /* of the people */
    struct cwr_calendar calendar;
    struct cwr_team *teams;
    size_t n_teams;
    struct cwr_team everyone;
    struct cwr_map names;     /* folded names and aliases to people */
    struct cwr_map team_rows; /* folded names to teams */
    struct cwr_map ids;       /* rule ids to rules */
    struct cwr_ref *paths;    /* every event path that any rule reads, each once */
    size_t n_paths;
    struct cw_calendar *calendars; /* files that hours except */
    size_t n_calendars;
    struct cw_outside *outside; /* what calls read of secret.* and env.* */
    size_t n_outside;
    struct cwr_index index;
    struct cwr_regex_row *regexes;
};

/* An empty ruleset with one reference. Returns: NULL when memory is short. */
struct cw_ruleset *cwr_ruleset_create(void);

#endif
