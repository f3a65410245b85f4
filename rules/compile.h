/* compile: what the files of the compiler share. A fault is added to the diagnostics and the work
 * goes on, so that one run shows all of them; memory shortage sets `no_memory` and stops. */
#ifndef CWR_COMPILE_H
#define CWR_COMPILE_H

#include "buf.h"
#include "grammar.h"
#include "moment.h"
#include "ruleset.h"
#include "template.h"

/* A named group of the rule's patterns, or a mention of one. */
struct cwr_capture {
    struct cw_text name;
    bool defined; /* by a pattern that is not inside a `not` */
    bool in_not;
};

struct cwr_use {
    uint32_t capture;
    struct cw_place place;
};

/* The rule at hand; its lists lie in the scratch arena. */
struct cwr_rule_state {
    struct cwr_rule *rule;
    struct cwr_capture captures[CWR_REGEX_GROUPS];
    size_t n_captures;
    bool bad_pattern;
    struct cwr_use *uses;
    size_t n_uses;
    uint32_t *reads;
    size_t n_reads;
    struct cwr_ref *vars;
    size_t n_vars;
    bool in_vars;          /* what is read now is needed when the action runs */
    bool in_who;           /* we are in `user`, which cannot read user.* */
    bool in_key;           /* nor can `key` */
    bool in_if;            /* where timer.* can be asked */
    bool in_then;          /* where timer.* can be read */
    bool in_secret;        /* in an argument that can read secret.* and env.* */
    bool in_config;        /* and nothing that comes from outside */
    bool is_late;          /* the template at hand reads what is known in the lane only */
    const char *events_of; /* we are in a trigger of this, which takes events alone; or NULL */
    unsigned nots;         /* how many `not` we are in; `unless` counts as one */
    unsigned items;        /* how many any_item and every_item we are in */
};

struct cwr_calendar_row {
    bool was_read;
    const struct cwr_days *days; /* NULL after a fault */
};

/* Facts of people's own, each once. */
struct cwr_facts {
    struct cwr_fact_name {
        const char *name;
        struct cw_place place; /* where it was first read */
    } * items;
    size_t n;
};

/* A `paused_by` or `started_by`. */
struct cwr_by {
    uint32_t rule; /* the one that it names */
    bool paused;
    struct cw_place place;
};

struct cwr_compiler {
    const struct cw_catalogue *catalogue;
    struct cw_diags *diags;
    struct cw_ruleset *rules;
    struct cw_arena *arena;   /* of the ruleset */
    struct cw_arena *scratch; /* of this compilation */
    struct cw_arena *passing; /* reset after each rule */
    bool no_memory;
    bool partial; /* entries of the document are missing: nobody is blamed for naming them */
    const char *file, *file_copy; /* the last one seen, and ours */
    struct cwr_map paths;         /* names of event paths to slots */
    struct cwr_ref *path_rows;
    uint32_t *path_marks; /* the rule (from 1) that read a slot last */
    size_t n_paths;
    struct cwr_map awork_ids;  /* folded to people */
    struct cwr_map alias_rows; /* folded names and aliases to their places */
    struct cw_place *alias_places;
    const char **alias_names; /* for "did you mean" */
    size_t n_aliases;
    const char *const *who_names; /* all that `user` can say */
    size_t n_who_names;
    struct cwr_map zones; /* names of time zones to what was read of them */
    const struct cw_zone **zone_rows;
    size_t n_zones;
    struct cwr_map good_events; /* of triggers, as written: there is nothing to say about them */
    struct cwr_map patterns;    /* "i" or "c" and a pattern to its compiled form */
    const struct cwr_regex **pattern_rows;
    size_t n_patterns, pattern_bytes;
    const char **hours_names;             /* of the calendar, by number */
    struct cwr_map facts_set, facts_read; /* people's own facts to their rows */
    struct cwr_facts set, read;
    struct cwr_map calendars; /* places and names of calendar files to what was read of them */
    struct cwr_calendar_row *calendar_rows;
    size_t n_calendars;
    bool *hours_asked; /* of the calendar, by number: by some `during` */
    struct cwr_by *bys;
    size_t n_bys;
    struct cw_matcher *matcher; /* of the warnings; or NULL */
    size_t cost_steps;          /* that may still be spent on trying patterns */
    bool cost_told;             /* that some were not tried */
    struct cwr_rule_state at;
};

/* ---- compile_text.c: faults, texts, places ---- */

void cwr_fault(struct cwr_compiler *c, const struct cw_node *node, const char *code,
               const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));
void cwr_fault_at(struct cwr_compiler *c, struct cw_place place, const char *code, const char *hint,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void cwr_later(struct cwr_compiler *c, struct cw_place place, struct cw_text what);
/* "did you mean `x`?" in the passing arena, or NULL. */
const char *cwr_did_you_mean(struct cwr_compiler *c, struct cw_text word, const char *const *words,
                             size_t n);
const char *cwr_mean_key(struct cwr_compiler *c, struct cw_text word, const struct cwr_keys *keys);
/* "did you mean `event.x`?" for a bare x. */
const char *cwr_mean_event(struct cwr_compiler *c, struct cw_text name);
/* The hint for days whose time was cut off by a comma; or NULL. */
const char *cwr_mean_days(const struct cw_node *node);
/* The place of `len` bytes at `offset` of a scalar's text, as far as that can be known. */
struct cw_place cwr_place_in(const struct cw_node *scalar, size_t offset, size_t len);
struct cw_place cwr_keep_place(struct cwr_compiler *c, struct cw_place place);
/* Where something else stands, told at `here`: "line 12", or "teams.yaml:12" in another file. */
const char *cwr_where(struct cwr_compiler *c, struct cw_place place, struct cw_place here);
/* A copy in the ruleset's arena; NULL (and no_memory) when memory is short. */
const char *cwr_keep(struct cwr_compiler *c, struct cw_text text);
void *cwr_take(struct cwr_compiler *c, size_t size);
/* Room for item n of a list that grows in an arena. Returns: NULL (and no_memory). */
void *cwr_grow(struct cwr_compiler *c, struct cw_arena *arena, void *items, size_t n, size_t size);
/* Faults unless it is a scalar with text in it. */
bool cwr_want_text(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                   struct cw_text *out);
/* Also unless YAML reads it as a text. */
bool cwr_want_word(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                   struct cw_text *out);
bool cwr_want_map(struct cwr_compiler *c, const struct cw_node *node, const char *what);
/* Faults for keys that are none of `keys`, and for those of later builds. */
void cwr_check_keys(struct cwr_compiler *c, const struct cw_node *map, const struct cwr_keys *keys);
/* True when an unknown key of the map was probably meant to be `key`: its fault says so already. */
bool cwr_is_meant(const struct cw_node *map, const struct cwr_keys *keys, const char *key);
/* A scalar by YAML's core schema: null, boolean, number or text. */
struct cw_value cwr_scalar(const struct cw_node *node);
/* [a-z][a-z0-9_]* */
bool cwr_is_word(struct cw_text text);
bool cwr_scalar_bool(const struct cw_node *node, bool *out);

/* ---- compile_path.c: what rules may read ---- */

bool cwr_compile_ref(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                     struct cwr_ref *out);
/* A path as the key of a condition. */
bool cwr_compile_key(struct cwr_compiler *c, const struct cw_node *key, struct cwr_ref *out);
/* A template; its paths are checked. Returns: NULL after a fault. */
const struct cw_template *cwr_compile_template(struct cwr_compiler *c, const struct cw_node *node);
/* The same without the first `skip` bytes of the text. */
const struct cw_template *cwr_compile_template_behind(struct cwr_compiler *c,
                                                      const struct cw_node *node, size_t skip);
uint32_t cwr_capture_slot(struct cwr_compiler *c, struct cw_text name, struct cw_place place);
void cwr_define_capture(struct cwr_compiler *c, uint32_t slot);
void cwr_check_captures(struct cwr_compiler *c);

/* ---- The parts of a document ---- */

void cwr_compile_people(struct cwr_compiler *c, const struct cw_node *users,
                        const struct cw_node *timezone);
/* One word; faults otherwise. `what` is "a user". */
bool cwr_check_name(struct cwr_compiler *c, const struct cw_node *key, const char *what);
/* Of a name or alias that somebody has. */
struct cw_place cwr_place_of_name(const struct cwr_compiler *c, struct cw_text name);
enum { CWR_TEAM_PREFIX = 5 };
bool cwr_is_team(struct cw_text text); /* team:name */
/* Tells that nobody has this name or alias. */
void cwr_unknown_user(struct cwr_compiler *c, const struct cw_node *node);
/* After the people. */
void cwr_compile_teams(struct cwr_compiler *c, const struct cw_node *teams);
/* A zone by name. Returns: its name; NULL without a node or after a fault. */
const char *cwr_compile_zone(struct cwr_compiler *c, const struct cw_node *node,
                             const struct cw_zone **out);
/* After the people. */
void cwr_compile_hours(struct cwr_compiler *c, const struct cw_node *hours,
                       const struct cw_node *users);
void cwr_compile_except(struct cwr_compiler *c, const struct cw_node *node, struct cwr_hours *out);
bool cwr_compile_during(struct cwr_compiler *c, const struct cw_node *node,
                        struct cwr_condition *out);
/* ---- compile_fact.c ---- */
bool cwr_keep_residual(struct cwr_compiler *c, struct cwr_buf *buf, struct cw_text *out);
/* `timer`, `paused_by`, `started_by` or `during`. */
bool cwr_compile_fact(struct cwr_compiler *c, const struct cw_node *key, const struct cw_node *node,
                      struct cwr_condition *out);
/* timer.x or state.x with a matcher. */
bool cwr_compile_fact_path(struct cwr_compiler *c, const struct cwr_ref *ref,
                           const struct cw_node *key, const struct cw_node *node,
                           struct cwr_condition *out);

/* ---- compile_state.c ---- */

/* Whether it may name a fact of the person's own; faults. */
bool cwr_check_fact(struct cwr_compiler *c, const struct cw_node *node, struct cw_text name);
/* Facts that some rule sets, and those that one reads. */
void cwr_note_set(struct cwr_compiler *c, struct cw_text name);
void cwr_note_read(struct cwr_compiler *c, struct cw_text name, struct cw_place place);
/* Warns of facts that are read and never set. */
void cwr_warn_of_facts(struct cwr_compiler *c);
bool cwr_compile_every(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out);
bool cwr_compile_all(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out);
bool cwr_compile_absent(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out);
bool cwr_compile_count(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out);
void cwr_check_every(struct cwr_compiler *c, const struct cwr_rule *rule, bool has_user);
void cwr_compile_rules(struct cwr_compiler *c, const struct cw_node *rules);
void cwr_compile_triggers(struct cwr_compiler *c, const struct cw_node *node,
                          struct cwr_triggers *out);
/* Whether a source that may send the event says whom it is about. */
bool cwr_names_somebody(struct cwr_compiler *c, const struct cwr_trigger *trigger);
bool cwr_compile_condition(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_condition *out);
bool cwr_compile_matcher(struct cwr_compiler *c, const struct cwr_ref *ref,
                         const struct cw_node *node, struct cwr_condition *out);
bool cwr_compile_pattern(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test);
void cwr_compile_who(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule);
/* A value with templates in it; depth 0. Returns: false after a fault. */
bool cwr_compile_tree(struct cwr_compiler *c, const struct cw_node *node, struct cwr_tree *out);
/* What the host says of an argument as it is written; `name` NULL: it has none. */
bool cwr_judge(struct cwr_compiler *c, const char *action, const char *argument,
               const struct cw_node *name, const struct cw_node *node);
/* A mapping of names to templates. */
bool cwr_compile_configs(struct cwr_compiler *c, const char *action, const char *argument,
                         const struct cw_node *node, struct cwr_tree *out);
/* Somebody written out, as in `user`, or a person's chat address; *out is set for the latter. */
bool cwr_compile_recipient(struct cwr_compiler *c, const struct cw_node *node,
                           const struct cw_person **out);
void cwr_compile_actions(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule);
/* Faults, with `what`, unless it is one. */
bool cwr_compile_duration(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                          int64_t *out_ms);
/* "5 minutes before ${event.start}": the template, and how much later than it is meant. `what`:
 * "`at`". */
const struct cw_template *cwr_compile_moment(struct cwr_compiler *c, const struct cw_node *node,
                                             const char *what, int64_t *out_ms);
/* `wait` or `at`, `key`, `mode`, `throttle`, `expires`, `final`, `dry_run` and `human_wins`. */
void cwr_compile_wait(struct cwr_compiler *c, const struct cw_node *map, struct cwr_rule *rule);
void cwr_compile_key_of(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule);
void cwr_compile_course(struct cwr_compiler *c, const struct cw_node *map, struct cwr_rule *rule);
/* After `then`: the rule's own `expires`. */
void cwr_compile_expires(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule);
/* A set of claims: what must hold, each pair of it as a digest. */
struct cwr_claims {
    uint64_t *at; /* ascending */
    uint32_t n;
};
/* `trigger` is a node of `when`. Returns: false when there are too many, or memory is short. */
bool cwr_claims_of(struct cwr_compiler *c, const struct cw_node *map, const struct cw_node *trigger,
                   bool events_only, struct cwr_claims *out);
/* Whether whoever fulfils `many` fulfils `few`, too. */
bool cwr_claims_among(const struct cwr_claims *few, const struct cwr_claims *many);
/* The next action from *i on that changes the timer, or NULL. */
const struct cwr_action *cwr_next_timer(const struct cwr_rule *rule, size_t *i);
/* Whether two rules may change a timer alike; texts that read something may come to the same. */
bool cwr_may_agree(const struct cwr_rule *a, const struct cwr_rule *b);
/* The sequence of timer actions of a rule, and when: what it may agree in with another. */
uint64_t cwr_doing(const struct cwr_rule *rule);
/* Warnings: of one rule that has no fault, of conditions that nothing fulfils, of people's hours
 * that nothing asks for, and in the end of what rules are to each other. */
void cwr_lint_rule(struct cwr_compiler *c, const struct cw_node *map, const struct cwr_rule *rule);
/* The scratch of warnings. Returns: false, and no_memory. */
/* Warns of event.x where only a schedule begins the rule. */
void cwr_lint_event(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                    const struct cwr_ref *ref);
bool cwr_lint_matcher(struct cwr_compiler *c);
void cwr_lint_never(struct cwr_compiler *c, const struct cwr_rule *rule);
void cwr_lint_hours(struct cwr_compiler *c);
void cwr_lint_rules(struct cwr_compiler *c, const struct cw_node *list);
/* Warns of rules that come to nothing because of an earlier one. */
void cwr_warn_of_clashes(struct cwr_compiler *c, const struct cw_node *list);
/* The row of a name, in any case, in a map of folded names. */
uint32_t cwr_find_name(const struct cwr_map *map, struct cw_text name);
/* Finds a person by name or alias. Returns: CWR_NOWHERE when nobody has it. */
uint32_t cwr_find_person(const struct cw_ruleset *rules, struct cw_text who);
uint32_t cwr_find_team(const struct cw_ruleset *rules, struct cw_text name);

#endif
