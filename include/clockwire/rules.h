/* rules: templates, rulesets, and the two halves of matching.
 *
 * Text is compiled once into an immutable ruleset. cw_match looks at one event and returns the
 * candidates; cw_decide adds what changes and returns the plan. Nothing here does I/O, reads a
 * clock or keeps a global: the same inputs give the same outputs. */
#ifndef CLOCKWIRE_RULES_H
#define CLOCKWIRE_RULES_H

#include "doc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Templates: text with ${path | filter: arg} ---- */

struct cw_template;

/* Finds what a path names. Set *out to CW_MISSING when there is nothing there. */
struct cw_scope {
    enum cw_status (*lookup)(void *ctx, struct cw_path path, struct cw_arena *arena,
                             struct cw_value *out, struct cw_error *err);
    void *ctx;
};

/* Compiles a template. `$${` is a literal `${`. Filters: upper lower trim first_line slug json
 * default truncate replace date duration (outside of rules, `date` is in UTC). Lives: in `arena`.
 * Returns: CW_ESYNTAX with err->at; CW_EINVAL, also with err->at, for a filter that is in the
 * grammar but not in this build. */
enum cw_status cw_template_parse(struct cw_text text, struct cw_arena *arena,
                                 const struct cw_template **out, struct cw_error *err) CW_CHECKED;
/* Renders. Exactly one ${...} keeps the value's JSON type; anything else gives a string.
 * Limits: 64 KiB of text. Returns: CW_ENOENT naming the path that is missing without a default. */
enum cw_status cw_template_render(const struct cw_template *tpl, const struct cw_scope *scope,
                                  struct cw_arena *arena, struct cw_value *out,
                                  struct cw_error *err) CW_CHECKED;
/* The paths that a template reads, and whether it reads none. */
size_t cw_template_count(const struct cw_template *tpl);
struct cw_path cw_template_path(const struct cw_template *tpl, size_t i);

/* ---- Events ---- */

struct cw_field {
    struct cw_text name;
    struct cw_value value;
};

/* One event as a source decoded it. Everything is borrowed. */
struct cw_event {
    struct cw_text id, source, family, type, provider_type; /* family may be empty */
    int64_t received_ms;
    struct cw_value body;          /* CW_MISSING when it has none */
    const struct cw_field *fields; /* what the source defines; they hide the body's names */
    size_t n_fields;
    const struct cw_field *headers; /* those that the source lists; any case */
    size_t n_headers;
    struct cw_value user;          /* whom it is about: string or list of strings; or CW_MISSING */
    const struct cw_field *params; /* of the source's path, "/hooks/{name}": source.path.name */
    size_t n_params;
};

/* ---- What the host can do: given to the compiler ---- */

struct cw_arg_spec {
    const char *name;
    const char *const *choices; /* NULL: a template; else a word of this NULL-ended list */
    bool is_bool;
    bool required;
    bool later; /* in the grammar, not in this build */
};

struct cw_action_spec {
    const char *name;
    const struct cw_arg_spec *args; /* NULL-named row ends the list; NULL: none */
    bool bare;                      /* may be written as a bare word: `then: stop` */
    const char *scalar;             /* `log: text` is short for this argument; or NULL */
    bool later;                     /* in the grammar, not in this build */
};

struct cw_source_spec {
    const char *name;
    const char *family;       /* or NULL */
    const char *const *types; /* NULL-ended; NULL: any type may come */
};

struct cw_catalogue {
    const struct cw_action_spec *actions;
    size_t n_actions;
    const struct cw_source_spec *sources;
    size_t n_sources;
    const char *const *sections; /* top-level keys that the host reads itself; NULL-ended */
    /* The bytes of a time zone's TZif file, by IANA name, in `arena`; CW_ENOENT when there is no
     * such zone. NULL: names are looked at for their form only, and all times are UTC. */
    enum cw_status (*zone)(void *ctx, const char *name, struct cw_arena *arena,
                           struct cw_text *out_tzif);
    void *zone_ctx;
    bool ticks; /* the host makes ticks happen (cw_next_tick); else `every` is refused */
};

/* ---- Rulesets ---- */

struct cw_ruleset;

struct cw_person {
    const char *name;         /* the key under `users` */
    const char *awork;        /* uuid */
    const char *timezone;     /* IANA; the file's `timezone`, else "UTC" */
    const char *token;        /* template text, or NULL */
    const char *type_of_work; /* name or uuid, or NULL */
    const char *chat;         /* or NULL */
    struct cw_place place;
    struct cw_place token_place;
};

/* Compiles the sections `version`, `users`, `timezone`, `hours` and `rules` of a document. All
 * faults go to `diags`; any error diagnostic refuses the whole. The document may be destroyed
 * afterwards. Owns: one reference is the caller's. Returns: CW_EINVAL when refused, CW_NOMEM. */
enum cw_status cw_ruleset_compile(const struct cw_doc *doc, const struct cw_catalogue *catalogue,
                                  struct cw_diags *diags, struct cw_ruleset **out) CW_CHECKED;
struct cw_ruleset *cw_ruleset_ref(struct cw_ruleset *rules); /* thread-safe */
void cw_ruleset_unref(struct cw_ruleset *rules);
size_t cw_ruleset_rules(const struct cw_ruleset *rules);
bool cw_ruleset_has_rule(const struct cw_ruleset *rules, struct cw_text id);
size_t cw_ruleset_people(const struct cw_ruleset *rules);
const struct cw_person *cw_ruleset_person(const struct cw_ruleset *rules, size_t i);
/* By name or alias, in any case; NULL when nobody has it. */
const struct cw_person *cw_ruleset_find(const struct cw_ruleset *rules, struct cw_text who);

/* ---- Matching: pure on the event ---- */

struct cw_matcher; /* scratch of one thread: regex memory */
struct cw_matcher *cw_matcher_create(void);
void cw_matcher_destroy(struct cw_matcher *matcher);

enum cw_candidate_kind {
    CW_CANDIDATE_CANCEL, /* the event is the `unless` of a rule for this person */
    CW_CANDIDATE_RUN     /* the event matches the rule for this person */
};

struct cw_candidate {
    enum cw_candidate_kind kind;
    uint32_t rule; /* index in the ruleset, the order of the file */
    const struct cw_person *person;
    struct cw_text key;       /* the person's name unless the rule says otherwise */
    struct cw_text condition; /* what is left of `if` to ask about facts; empty: it holds */
    struct cw_text vars;      /* JSON object: the event and match values that the rest reads */
};

struct cw_matches {
    const struct cw_candidate *items; /* cancels first, then runs in file order */
    size_t n;
    const struct cw_text *strangers; /* names that a matching rule asked for and nobody has */
    size_t n_strangers;              /* at most 16 */
    struct cw_text used; /* JSON object: every path of this event that rules read, with its value */
    uint32_t limits;     /* patterns that hit a limit: rule errors, to be counted */
};

/* Called for each look at a rule, if given: what `why` is made of. */
struct cw_trace {
    void (*look)(void *ctx, const char *rule, const struct cw_person *person, bool matched,
                 struct cw_place place, const char *reason);
    void *ctx;
};

/* Lives: *out lies in `arena` and points into the ruleset. Returns: CW_NOMEM. */
enum cw_status cw_match(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                        const struct cw_event *event, int64_t now_ms, const struct cw_trace *trace,
                        struct cw_arena *arena, struct cw_matches *out) CW_CHECKED;

/* ---- Ticks: rules with `every` ----
 *
 * A host keeps the time up to which ticks were handled. When the next one after it is due, it
 * matches an event of its own that stands for that moment, decides, and moves on. */

/* The first tick after a time, of any rule and person; INT64_MAX when there is none.
 * Returns: CW_NOMEM. */
enum cw_status cw_next_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                            int64_t after_ms, struct cw_arena *arena,
                            int64_t *out_due_ms) CW_CHECKED;
/* Candidates for each rule and person with a tick, after_ms < tick <= upto_ms; one for each,
 * however many ticks there are. Otherwise like cw_match. */
enum cw_status cw_match_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                             const struct cw_event *event, int64_t after_ms, int64_t upto_ms,
                             struct cw_arena *arena, struct cw_matches *out) CW_CHECKED;

/* ---- Facts: what changes; true, false or unknown ---- */

enum cw_timer { CW_TIMER_UNKNOWN = 0, CW_TIMER_RUNNING, CW_TIMER_PAUSED, CW_TIMER_STOPPED };

struct cw_facts {
    enum cw_timer timer;
    struct cw_text
        paused_by; /* rule id, empty: by nobody of ours (known unless timer is unknown) */
    struct cw_text started_by; /* likewise */
};

enum cw_truth { CW_FALSE = 0, CW_TRUE, CW_UNKNOWN };

/* Asks a residual condition (the text of cw_candidate.condition, stored and read again).
 * `why`, if given, gets one line about what was not so. Returns: CW_ESYNTAX for other text. */
enum cw_status cw_condition_ask(struct cw_text condition, const struct cw_facts *facts,
                                enum cw_truth *out, char *why, size_t why_size,
                                struct cw_error *err) CW_CHECKED;

/* ---- Deciding: candidates become a plan ---- */

struct cw_facts_reader { /* implemented by the host; facts that it does not know stay zero */
    void (*get)(void *ctx, const struct cw_person *person, struct cw_facts *out);
    void *ctx;
};

struct cw_call {
    uint32_t step;       /* place in `then`, from 0 */
    const char *action;  /* a name of the catalogue */
    struct cw_text args; /* JSON object of rendered arguments */
};

enum cw_effect_kind {
    CW_EFFECT_CANCEL, /* pending runs of (rule, person, key) end */
    CW_EFFECT_RUN,    /* a run begins; it replaces a pending one of (rule, person, key) */
    CW_EFFECT_REFUSED /* nothing is done, for `reason` */
};

struct cw_effect {
    enum cw_effect_kind kind;
    const char *rule;
    const struct cw_person *person;
    struct cw_text key;
    struct cw_text condition, vars; /* to be stored with the run */
    struct cw_place place;          /* of the rule */
    int64_t due_ms;                 /* RUN: now, or the end of its wait */
    const struct cw_call *calls;    /* RUN that is due now: what to do, in order */
    size_t n_calls;
    struct cw_text reason; /* REFUSED */
};

struct cw_plan {
    const struct cw_effect *effects;
    size_t n;
};

/* Lives: *out lies in `arena` and points into the ruleset and the matches. Returns: CW_NOMEM. */
enum cw_status cw_decide(const struct cw_ruleset *rules, const struct cw_matches *matches,
                         const struct cw_facts_reader *facts, int64_t now_ms,
                         struct cw_arena *arena, struct cw_plan *out) CW_CHECKED;

/* A pending run has come due: the plan holds one effect, RUN with its calls or REFUSED.
 * Returns: CW_ENOENT when the rule or the person is gone from the ruleset. */
struct cw_due_run {
    struct cw_text rule, person, key, condition, vars;
};
enum cw_status cw_decide_due(const struct cw_ruleset *rules, const struct cw_due_run *run,
                             const struct cw_facts_reader *facts, int64_t now_ms,
                             struct cw_arena *arena, struct cw_plan *out,
                             struct cw_error *err) CW_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
