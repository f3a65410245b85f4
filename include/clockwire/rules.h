/* rules: templates, rulesets, and the two halves of matching.
 *
 * Text is compiled once into an immutable ruleset. cw_match looks at one event and returns the
 * candidates; cw_decide adds what changes and returns the plan. Nothing here does I/O, reads a
 * clock or keeps a global: the same inputs give the same outputs.
 *
 * A host compiles when its configuration changes (cw_ruleset_compile); for each event it calls
 * cw_match, on any thread, then cw_decide, for one event after the other; it stores the runs of the
 * plan that wait, does the calls of those that are due, and calls cw_decide_due for a stored run
 * when its time has come. examples/embed/embed.c is a whole host in a page. */
#ifndef CLOCKWIRE_RULES_H
#define CLOCKWIRE_RULES_H

#include "doc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Templates: text with ${path | filter: arg} ---- */

struct cw_template;
struct cw_zone; /* a time zone: see cw_person */

/* Finds what a path names. Set *out to CW_MISSING when there is nothing there. CW_EBUSY says that
 * it is not known yet: see cw_template_residual. */
struct cw_scope {
    enum cw_status (*lookup)(void *ctx, struct cw_path path, struct cw_arena *arena,
                             struct cw_value *out, struct cw_error *err);
    void *ctx;
    const struct cw_zone *zone; /* of the filter `date`; NULL: UTC */
};

/* Compiles a template. `$${` is a literal `${`; ${'text'} is the text. Filters: upper lower
 * capitalize trim first_line truncate replace slug urlencode json default date duration split join
 * first last count round plus. Lives: in `arena`. Returns: CW_ESYNTAX or CW_ELIMIT with err->at,
 * CW_NOMEM. */
enum cw_status cw_template_parse(struct cw_text text, struct cw_arena *arena,
                                 const struct cw_template **out, struct cw_error *err) CW_CHECKED;
/* Renders. Exactly one ${...} keeps the value's JSON type; anything else gives a string.
 * Limits: 64 KiB of text. Returns: CW_ENOENT naming the path that is missing without a default,
 * CW_EINVAL one whose value a filter cannot read, CW_ELIMIT, CW_NOMEM. */
enum cw_status cw_template_render(const struct cw_template *tpl, const struct cw_scope *scope,
                                  struct cw_arena *arena, struct cw_value *out,
                                  struct cw_error *err) CW_CHECKED;
/* What is left of a template when all that is known by now is in it: a template again, to be
 * rendered when the rest is known. A ${...} whose path looks up as CW_EBUSY stays as it was
 * written, text of the others is escaped: "by ${event.who}: ${timer.task}" may become
 * "by $${ada}: ${timer.task}". Limits and failures as of rendering. */
enum cw_status cw_template_residual(const struct cw_template *tpl, const struct cw_scope *scope,
                                    struct cw_arena *arena, struct cw_text *out,
                                    struct cw_error *err) CW_CHECKED;
/* The paths that a template reads, and whether it reads none. */
size_t cw_template_count(const struct cw_template *tpl);
struct cw_path cw_template_path(const struct cw_template *tpl, size_t i);

/* ---- Events ---- */

struct cw_field {
    struct cw_text name;
    struct cw_value value;
};

/* One event as a source decoded it. Everything is borrowed; what is left zero is not there. */
struct cw_event {
    struct cw_text id, source, family, type, provider_type; /* source and type must be there */
    int64_t received_ms;                                    /* since 1970 UTC */
    struct cw_value body;                                   /* CW_MISSING when it has none */
    const struct cw_field *fields; /* what the source defines; they hide the body's names */
    size_t n_fields;
    const struct cw_field *headers; /* those that the source lists; any case */
    size_t n_headers;
    struct cw_value user;          /* whom it is about: string or list of strings; or CW_MISSING */
    const struct cw_field *params; /* of the source's path, "/hooks/{name}": source.path.name */
    size_t n_params;
    /* For a second look at a stored event: the object of cw_matches.used. When it is one, paths are
     * looked up in it by their text, and the body, fields and headers are not read. */
    struct cw_value used;
};

/* ---- What the host can do: given to the compiler, which copies what it keeps ---- */

enum cw_arg_kind {
    CW_ARG_TEXT = 0, /* a template, a word of `choices`, or true or false */
    CW_ARG_WHO,      /* a template; a literal is a user, an alias, team:name or everyone */
    CW_ARG_DURATION, /* "10 minutes", or a template whose text the host reads as one */
    CW_ARG_FACT,     /* the name of one of the person's own facts */
    CW_ARG_VALUE,    /* any value, with templates in its texts */
    CW_ARG_MOMENT,   /* a point in time, as `at` has it; it becomes RFC 3339 when the run acts */
    /* The next ones may read secret.* and env.*, which the host renders itself: see cw_call. */
    CW_ARG_CONFIG,  /* a template that reads nothing but these and user.* */
    CW_ARG_CONFIGS, /* a mapping of names to such templates */
    CW_ARG_TREE     /* as CW_ARG_VALUE */
};

struct cw_arg_spec {
    const char *name;
    enum cw_arg_kind kind;
    const char *const *choices; /* NULL: a template; else a word of this NULL-ended list */
    bool is_bool;
    bool required;
    bool later;                      /* in the grammar, not in this build */
    const char *help;                /* one sentence for editors */
    const char *not_with, *not_word; /* refused where that argument is that word; or NULL */
};

struct cw_action_spec {
    const char *name;
    const struct cw_arg_spec *args; /* NULL-named row ends the list; NULL: none */
    bool bare;                      /* may be written as a bare word: `then: stop` */
    const char *scalar;             /* `log: text` is short for this argument; or NULL */
    bool later;                     /* in the grammar, not in this build */
    bool timer;         /* changes the person's timer: different ones of one event contradict */
    int64_t expires_ms; /* not begun this long after it was due it is dropped; 0: 24 hours */
    bool now_only;      /* of use at the match only: not behind a `wait` or `at` */
    bool sets;          /* arguments of any other name are facts of the person's own that it sets:
                           [a-z][a-z0-9_]*, each a CW_ARG_VALUE */
    const char *help;   /* one sentence for editors */
};

struct cw_source_spec {
    const char *name;         /* [a-z][a-z0-9_]*: rules write name.type */
    const char *family;       /* or NULL; rules may write family.type, too */
    const char *const *types; /* NULL-ended; NULL: any type may come */
    const char *const *known; /* NULL-ended: those of any type that are known to come, "x_*" for all
                                 that begin so; another one is warned of; or NULL */
    bool nameless;            /* its events name no user */
};

/* timer.started, timer.stopped, timer.paused, timer.resumed: every ruleset knows this family,
 * whether a source of the catalogue feeds it or not. */
extern const struct cw_source_spec cw_timers;

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
    /* The days of a calendar file that `except` of hours names, as it is written at `place`; one a
     * line, such as 2026-12-25, in any order. NULL: only days themselves can be written there. */
    enum cw_status (*calendar)(void *ctx, const char *name, struct cw_place place,
                               struct cw_arena *arena, struct cw_text *out_days,
                               struct cw_error *err);
    void *calendar_ctx;
    /* Judges an argument CW_ARG_CONFIG, the member `name` of a CW_ARG_CONFIGS, or a user's `chat`
     * as they are written, templates and all. NULL: all are good. Returns: CW_EINVAL and what is
     * wrong with it. */
    enum cw_status (*judge)(void *ctx, const char *action, const char *argument,
                            struct cw_text name, struct cw_text text, struct cw_error *err);
    void *judge_ctx;
    bool clock; /* the host makes ticks and absences happen; else `every`, `absent` are refused */
};

/* ---- Rulesets ---- */

struct cw_ruleset;

struct cw_person {
    const char *name;     /* the key under `users` */
    const char *awork;    /* uuid; "" while awork has not told it for `email` */
    const char *email;    /* by which awork knows the person; NULL: the file has the id */
    const char *timezone; /* IANA; the file's `timezone`, else "UTC" */
    const struct cw_zone *zone;
    const char *token;        /* template text, or NULL */
    const char *type_of_work; /* name or uuid, or NULL */
    const char *chat;         /* template text, or NULL; rules read the name in its place */
    struct cw_place place;
    struct cw_place token_place, chat_place;
    struct cw_value teams; /* their names: a list */
    bool opted_out;        /* `automation: off`: every run of theirs is refused */
};

/* Compiles the sections `version`, `users`, `teams`, `timezone`, `hours` and `rules` of a document.
 * All faults go to `diags` (needed); any error diagnostic refuses the whole. Document, catalogue
 * and diagnostics may go afterwards. Owns: one reference is the caller's. Returns: CW_EINVAL when
 * refused, CW_NOMEM. */
enum cw_status cw_ruleset_compile(const struct cw_doc *doc, const struct cw_catalogue *catalogue,
                                  struct cw_diags *diags, struct cw_ruleset **out) CW_CHECKED;
/* The JSON Schema (draft-07) of a document that cw_ruleset_compile takes, made from the tables by
 * which it reads: for editors. It is never stricter than the compiler. A host adds its own sections
 * to `properties`. Lives: in `arena`. Returns: CW_NOMEM. */
enum cw_status cw_rules_schema(const struct cw_catalogue *catalogue, struct cw_arena *arena,
                               struct cw_text *out) CW_CHECKED;
/* One more reference, or one less; the last one ends it, and with it all that points into it:
 * people, matches, plans. Thread-safe, but who takes a reference must be sure that one is held
 * meanwhile: a host that replaces its ruleset guards its own pointer. */
struct cw_ruleset *cw_ruleset_ref(struct cw_ruleset *rules);
void cw_ruleset_unref(struct cw_ruleset *rules);
size_t cw_ruleset_rules(const struct cw_ruleset *rules);
/* The id of the i-th rule of the file, NULL behind the end; its place, if `place` is given. */
const char *cw_ruleset_rule(const struct cw_ruleset *rules, size_t i, struct cw_place *place);
bool cw_ruleset_has_rule(const struct cw_ruleset *rules, struct cw_text id);
/* The place of a rule in the order of the file; SIZE_MAX when there is none. */
size_t cw_ruleset_index(const struct cw_ruleset *rules, struct cw_text id);
/* What the i-th rule says, as a number: rules that are written alike have the same one. Behind the
 * end: of users, teams, hours with their calendar files, and time zone together. */
uint64_t cw_ruleset_digest(const struct cw_ruleset *rules, size_t i);
size_t cw_ruleset_people(const struct cw_ruleset *rules);
/* In the order of the file; NULL behind the end. */
const struct cw_person *cw_ruleset_person(const struct cw_ruleset *rules, size_t i);
/* What awork calls the i-th person, who has an `email`: a uuid, or "" when that is not known any
 * more. From now on it is the person's `awork`, and the alias awork:ID is theirs unless somebody
 * has it. The one change of a ruleset after its compilation, since only awork knows: not while it
 * is read by others. Returns: CW_NOMEM; all is as it was then. */
enum cw_status cw_ruleset_identify(struct cw_ruleset *rules, size_t i,
                                   struct cw_text id) CW_CHECKED;
enum cw_trigger_kind {
    CW_TRIGGER_EVENT,
    CW_TRIGGER_EVERY,
    CW_TRIGGER_ALL,
    CW_TRIGGER_ABSENT,
    CW_TRIGGER_COUNT
};
/* How the i-th trigger of a rule's `when` is written, one text for each sense; empty for a plain
 * event. Returns: false behind the last one. */
bool cw_ruleset_trigger(const struct cw_ruleset *rules, size_t rule, size_t i,
                        enum cw_trigger_kind *kind, struct cw_text *out);
/* Whether the rule has a trigger that is written so. */
bool cw_ruleset_has_trigger(const struct cw_ruleset *rules, struct cw_text rule,
                            struct cw_text shown);
struct cw_outside {
    const char *name; /* "secret.x" or "env.x" */
    struct cw_place place;
};
/* What arguments of calls read of secret.* and env.*, each once; NULL behind the last one. */
const struct cw_outside *cw_ruleset_outside(const struct cw_ruleset *rules, size_t i);
struct cw_calendar {
    const char *name, *file; /* as it is written, and where */
    uint64_t digest;         /* of its days, as the host told them */
};
/* The calendar files that hours except, each once; NULL behind the last one. */
const struct cw_calendar *cw_ruleset_calendar(const struct cw_ruleset *rules, size_t i);
/* By name or alias, in any case; NULL when nobody has it. */
const struct cw_person *cw_ruleset_find(const struct cw_ruleset *rules, struct cw_text who);
/* The *n people of a team, by its name in any case; NULL when there is no such team. */
const struct cw_person *const *cw_ruleset_team(const struct cw_ruleset *rules, struct cw_text name,
                                               size_t *n);

/* A moment as a clock of the zone (NULL: UTC) shows it: "2026-03-02T10:00:00.000+01:00", or "...Z".
 * Returns: `out`. */
enum { CW_CLOCK_TEXT = 40 };
const char *cw_clock(const struct cw_zone *zone, int64_t ms, char out[CW_CLOCK_TEXT]);
/* The same for people: "10:00:00", with its day before it unless it is the day of `day_ms` there.
 */
const char *cw_clock_short(const struct cw_zone *zone, int64_t ms, int64_t day_ms,
                           char out[CW_CLOCK_TEXT]);

/* ---- Matching: pure on the event ---- */

/* Scratch of one thread: regex memory and what was seen of the event at hand. It fits any ruleset,
 * one after the other. */
struct cw_matcher;
struct cw_matcher *cw_matcher_create(void);
void cw_matcher_destroy(struct cw_matcher *matcher);

enum cw_candidate_kind {
    CW_CANDIDATE_CANCEL, /* the event is the `unless` of a rule for this person */
    CW_CANDIDATE_RUN,    /* the event matches the rule for this person */
    CW_CANDIDATE_PART,   /* the event is a part of a trigger `all`, or counts for a `count` */
    CW_CANDIDATE_SIGN,   /* a sign of life: the person's clock of an `absent` begins anew */
    CW_CANDIDATE_CORRECT /* a rule with a `key` looked at the event: of those who are not in `keep`
                            nothing stays pending under the key */
};

struct cw_candidate {
    enum cw_candidate_kind kind;
    uint32_t rule;                  /* index in the ruleset, the order of the file */
    uint32_t trigger;               /* RUN, PART, SIGN: index of what fits in its `when` */
    uint32_t parts;                 /* PART: which it is, the first one is bit 0 */
    bool unfit;                     /* PART: `if` does not hold, so that it cannot be the last */
    const struct cw_person *person; /* NULL: everybody (CANCEL, CORRECT) */
    struct cw_text key;             /* the person's name unless the rule says otherwise */
    struct cw_text condition;       /* what is left of `if` to ask about facts; empty: it holds */
    struct cw_text vars;  /* JSON object: the event and match values that the rest reads */
    struct cw_text fault; /* RUN: why the rule's `key` has no value here; empty: it has */
    const struct cw_person *const *keep; /* CORRECT: whom the rule still names */
    size_t n_keep;
};

struct cw_matches {
    const struct cw_candidate *items; /* cancels first, then runs in file order, each rule's
                                         correction behind its runs */
    size_t n;
    const struct cw_text *strangers; /* names that a matching rule asked for and nobody has */
    size_t n_strangers;              /* at most 16 */
    bool answers; /* who sent the event may hear of the strangers: a rule that asked for one has an
                     action that is now_only */
    struct cw_text used; /* JSON object: every path of this event that rules read, with its value */
    uint32_t limits;     /* patterns that hit a limit: rule errors, to be counted and told */
    uint32_t limit_rule; /* the first rule with one, when there are any */
};

/* One look at a rule: what `why` is made of. */
enum cw_look_kind {
    CW_LOOK_OTHER, /* the event is none of its `when` */
    CW_LOOK_NO,    /* it is, but something does not hold */
    CW_LOOK_CANCEL,
    CW_LOOK_RUN
};
struct cw_look {
    enum cw_look_kind kind;
    const char *rule;
    const struct cw_person *person; /* NULL: whoever it is */
    struct cw_place place;
    const char *reason; /* one line; it lives until the call returns */
};

/* Told of each look, if given. Every rule is looked at then, one by one, which costs what the index
 * saves; or only `rule`. */
struct cw_trace {
    void (*look)(void *ctx, const struct cw_look *look);
    void *ctx;
    const char *rule; /* or NULL */
};

/* Which rules the event concerns, and whom. `now_ms` is the arrival. Lives: *out lies in `arena`
 * and points into the ruleset and the event. Returns: CW_NOMEM, also when the arena is spent: such
 * an event is not to be matched. Limits: 4096 names of people per rule; a name of 320 bytes; a
 * pattern sees 4 KiB of text and stops at a budget of steps, which makes its rule not match and is
 * counted in `limits`. The matcher remembers patterns that did so again and again, and gives them
 * less until they have done well for a while. */
enum cw_status cw_match(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                        const struct cw_event *event, int64_t now_ms, const struct cw_trace *trace,
                        struct cw_arena *arena, struct cw_matches *out) CW_CHECKED;

/* ---- Ticks: rules with `every` ----
 *
 * A host keeps the time up to which ticks were handled. When the next one after it is due, it
 * matches an event of its own that stands for that moment, decides, and moves on. Where several
 * ticks of a rule and person have passed meanwhile, only the latest of them counts. */

/* The first moment after `after_ms` that has ticks to be handled, of any rule and person; INT64_MAX
 * when there is none. Returns: CW_NOMEM. */
enum cw_status cw_next_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                            int64_t after_ms, int64_t now_ms, struct cw_arena *arena,
                            int64_t *out_due_ms) CW_CHECKED;
/* Candidates for each rule and person whose latest tick up to `now_ms` is the moment at which
 * `event` was received. Otherwise like cw_match. */
enum cw_status cw_match_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                             const struct cw_event *event, int64_t now_ms,
                             const struct cw_trace *trace, struct cw_arena *arena,
                             struct cw_matches *out) CW_CHECKED;

/* A rule's next tick after a moment, for its people of one zone. */
struct cw_tick {
    size_t rule;
    const struct cw_person *person; /* the first of them */
    size_t people;
    int64_t due_ms; /* INT64_MAX: never again */
};
/* Tells each, rule by rule. Returns: CW_NOMEM. */
enum cw_status cw_ticks(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                        int64_t after_ms, struct cw_arena *arena,
                        void (*tell)(void *ctx, const struct cw_tick *tick), void *ctx) CW_CHECKED;

/* ---- Absences: rules with `absent` ----
 *
 * A sign of life is kept as a mark of the kind "absent": its value is what rules read of the event,
 * its until_ms when it has been silent for so long. The host drops a mark that has come due and
 * matches an event of its own that stands for the silence, for all marks of one moment and value
 * together: they are of one sign of life. */

/* An "absent" mark, as its effect named it. */
struct cw_absence {
    struct cw_text rule, person, key;
};
/* Candidates for the rules whose absences these are, in the order of the file; what is gone from
 * the ruleset has none. `event` was received when the silence was complete, its `used` is the
 * marks' value. Otherwise like cw_match. */
enum cw_status cw_match_absent(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                               const struct cw_event *event, const struct cw_absence *items,
                               size_t n, const struct cw_trace *trace, struct cw_arena *arena,
                               struct cw_matches *out) CW_CHECKED;

/* ---- Facts: what changes; true, false or unknown ---- */

enum cw_timer { CW_TIMER_UNKNOWN = 0, CW_TIMER_RUNNING, CW_TIMER_PAUSED, CW_TIMER_STOPPED };

/* What a timer is on, or was on before it was stopped; what it has not got is empty or 0. */
struct cw_work {
    struct cw_text task; /* its key, such as KEY-123, else its name */
    struct cw_text task_name, project, type_of_work, note;
    int64_t since_ms; /* when it came into its present state */
};

struct cw_facts {
    enum cw_timer timer;
    struct cw_text
        paused_by; /* rule id, empty: by nobody of ours (known unless timer is unknown) */
    struct cw_text started_by;  /* likewise */
    const struct cw_work *work; /* NULL: not known */
    int64_t now_ms;             /* to tell for how long */
};

/* What a template reads as timer.state, timer.for, timer.since, timer.task, timer.task_name,
 * timer.project, timer.type_of_work or timer.note. Lives: in `arena` and the facts. Returns:
 * CW_EBUSY when it is not known, CW_NOMEM. */
enum cw_status cw_facts_get(const struct cw_facts *facts, struct cw_path path,
                            struct cw_arena *arena, struct cw_value *out) CW_CHECKED;

enum cw_truth { CW_FALSE = 0, CW_TRUE, CW_UNKNOWN };

/* Asks a residual condition (the text of cw_candidate.condition, stored and read again).
 * `why`, if given, gets one line about what was not so. Returns: CW_ESYNTAX for other text;
 * CW_ELIMIT when a pattern hit a limit: then it does not hold, whatever stands around the pattern,
 * `why` says so, and it is a rule error, to be counted; CW_NOMEM. */
enum cw_status cw_condition_ask(struct cw_text condition, const struct cw_facts *facts,
                                enum cw_truth *out, char *why, size_t why_size,
                                struct cw_error *err) CW_CHECKED;

/* ---- Deciding: candidates become a plan ---- */

/* What a rule remembers between events; the host keeps it, durably. */
struct cw_mark {
    const char *kind; /* "throttle", "all", "count", "absent" */
    const char *rule;
    const struct cw_person *person;
    struct cw_text key, value;
    int64_t until_ms;
};

struct cw_facts_reader { /* implemented by the host; every function may be NULL */
    /* Facts that it does not know stay as they are: zero, but for now_ms, which is that of the
     * decision. What `out` points to lasts until the next call. */
    void (*get)(void *ctx, const struct cw_person *person, struct cw_facts *out);
    void *ctx;
    /* Fills value (it lives as long as the plan) and until_ms of the mark that the rest names.
     * Returns: CW_ENOENT when there is none. Any other failure is that of cw_decide. */
    enum cw_status (*mark)(void *ctx, struct cw_mark *mark);
    /* Whether a run waits or acts. Returns: CW_OK, CW_ENOENT; others as above. */
    enum cw_status (*pending)(void *ctx, const char *rule, const struct cw_person *person,
                              struct cw_text key);
};

/* Arguments are rendered, but for what is known only when the call is made: timer.*, which is to
 * be looked at then, and secret.*, env.* and in CW_ARG_CONFIG user.chat, which are not to be kept.
 * Arguments that read those stand under the name "${}" as templates, in which everything else is
 * rendered: {"to":"ada","${}":{"text":"Your timer still runs (${timer.task})."}}; of mappings and
 * lists that is every text in them, and {"${}":VALUE} is a value that has none. */
struct cw_call {
    uint32_t step;       /* place in `then`, from 0 */
    const char *action;  /* a name of the catalogue */
    struct cw_text args; /* JSON object */
    int64_t expires_ms;  /* not begun this long after it was due it is dropped */
};

enum cw_effect_kind {
    CW_EFFECT_CANCEL,  /* pending runs of (rule, person, key) end */
    CW_EFFECT_RUN,     /* a run begins; it replaces pending ones of (rule, person, key) */
    CW_EFFECT_REFUSED, /* nothing is done, for `reason` */
    CW_EFFECT_MARK,    /* (mark, rule, person, key) is to be kept, with value and until_ms */
    CW_EFFECT_FORGET   /* that mark is to be dropped */
};

struct cw_effect {
    enum cw_effect_kind kind;
    const char *rule;
    const struct cw_person *person; /* NULL (CANCEL): everybody but those in `keep` */
    const struct cw_person *const *keep;
    size_t n_keep;
    struct cw_text key;
    struct cw_text condition, vars; /* to be stored with the run */
    struct cw_place place;          /* of the rule */
    int64_t due_ms;              /* RUN: now, the end of its wait, or its `at`: also before now */
    bool dated;                  /* RUN: due_ms is its `at`, a moment of the calendar */
    bool waits;                  /* RUN: due_ms is the end of its `wait` */
    bool yields;                 /* RUN: a change of the timer by hand is stronger */
    bool beside;                 /* RUN: what is pending stays (`mode: parallel`) */
    const struct cw_call *calls; /* RUN that is due: what to do, in order; none: a dry run */
    size_t n_calls;
    struct cw_text reason; /* REFUSED; of a dry run: what it would do */
    struct cw_text what;   /* REFUSED: the reason without its place */
    bool answers;     /* REFUSED: who sent the event may hear of it: the rule has an action that is
                         now_only, and no earlier rule was final */
    bool limit;       /* REFUSED: a pattern hit a limit: a rule error, to be counted */
    const char *mark; /* MARK, FORGET: its kind */
    struct cw_text value;
    int64_t until_ms;
};

struct cw_plan {
    const struct cw_effect *effects;
    size_t n;
};

/* Also settles what rules are to each other for one event and person: `final`, contradicting timer
 * actions, `throttle` and `mode: single`. Without `facts` (NULL) nothing is known: conditions on
 * facts neither hold nor fail, and the host asks effect.condition before it acts.
 * Lives: *out lies in `arena` and points into the ruleset and the matches. Returns: CW_NOMEM, and
 * what the functions of `facts` return. */
enum cw_status cw_decide(const struct cw_ruleset *rules, const struct cw_matches *matches,
                         const struct cw_facts_reader *facts, int64_t now_ms,
                         struct cw_arena *arena, struct cw_plan *out) CW_CHECKED;

/* A run that waited, as its effect told it and the host kept it; the ruleset may be a newer one. */
struct cw_due_run {
    struct cw_text rule, person, key, condition, vars;
    int64_t due_ms; /* 0: now */
};
/* It has come due: the plan holds one effect, RUN with its calls or REFUSED.
 * Returns: CW_ENOENT when the rule or the person is gone from the ruleset, CW_NOMEM. */
enum cw_status cw_decide_due(const struct cw_ruleset *rules, const struct cw_due_run *run,
                             const struct cw_facts_reader *facts, int64_t now_ms,
                             struct cw_arena *arena, struct cw_plan *out,
                             struct cw_error *err) CW_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
