/* condition: compiled conditions and matchers, and what is left of them to ask later.
 *
 * A condition is true, false or unknown. Parts about the event are decided at once; parts about
 * facts stay, printed as the language itself: {"all":[{"timer":["running"]},...]}. */
#ifndef CWR_CONDITION_H
#define CWR_CONDITION_H

#include <clockwire/rules.h>

#include "hours.h"
#include "regex.h"

enum cwr_root {
    CWR_ROOT_EVENT,
    CWR_ROOT_MATCH,
    CWR_ROOT_USER,
    CWR_ROOT_SOURCE,
    CWR_ROOT_TIMER,  /* in templates known in the lane only, right before acting */
    CWR_ROOT_SECRET, /* likewise, and never kept */
    CWR_ROOT_ENV,    /* likewise */
    CWR_ROOT_STATE,  /* the person's own facts, which the decision reads */
    CWR_ROOT_ITEM,
    CWR_ROOT_NOW,
    CWR_ROOT_COUNT
};

/* What a rule reads: a path with its root. */
struct cwr_ref {
    enum cwr_root root;
    uint32_t slot;       /* EVENT: index of the path in the ruleset; MATCH: of the capture */
    struct cw_path path; /* the whole, root included */
    struct cw_text name; /* as vars and `used` call it */
    bool each;           /* holds a [*] */
};

enum cwr_op {
    CWR_OP_IS,
    CWR_OP_IS_NOT,
    CWR_OP_IN,
    CWR_OP_NOT_IN,
    CWR_OP_CONTAINS,
    CWR_OP_STARTS_WITH,
    CWR_OP_ENDS_WITH,
    CWR_OP_LIKE,
    CWR_OP_MATCHES,
    CWR_OP_EXISTS,
    CWR_OP_ABOVE,
    CWR_OP_BELOW,
    CWR_OP_AT_LEAST,
    CWR_OP_AT_MOST,
    CWR_OP_BEFORE,
    CWR_OP_AFTER,
    CWR_OP_ANY_ITEM,
    CWR_OP_EVERY_ITEM
};

struct cwr_condition;

struct cwr_test {
    enum cwr_op op;
    bool ignore_case; /* then texts among the operands are folded already */
    struct cw_place place;
    struct cw_text shown; /* the operand as written, for reasons */
    const struct cw_value *operands;
    size_t n;
    bool is_duration;              /* of above ... at_most */
    bool wanted;                   /* of exists */
    int64_t ms;                    /* duration or moment */
    const struct cwr_regex *regex; /* of matches */
    const uint32_t *groups;        /* its named groups: slots of the rule's captures, or NULL */
    const struct cwr_condition *condition; /* of any_item, every_item */
};

struct cwr_predicate {
    struct cwr_ref ref;
    const struct cwr_test *tests; /* all must hold, for the same element where ref.each */
    size_t n;
};

enum cwr_condition_kind {
    CWR_ALL,
    CWR_ANY,
    CWR_NOT,
    CWR_PREDICATE,
    CWR_DURING,
    CWR_FACT /* timer, paused_by, started_by: decided by cw_condition_ask */
};

struct cwr_condition {
    enum cwr_condition_kind kind;
    struct cw_place place;
    const struct cwr_condition *items; /* ALL, ANY; NOT has one */
    size_t n;
    const struct cwr_predicate *predicate;
    const struct cwr_during *during;
    struct cw_text residual; /* FACT, and all of it that speaks of nothing but facts */
};

struct cwr_look;

/* Everything that a look at one rule needs. `person` is NULL until it is known: then user.* is
 * unknown. */
struct cwr_look {
    const struct cw_event *event;
    const struct cw_person *person;
    int64_t now_ms;
    const struct cwr_calendar *calendar;
    bool keep_hours; /* `during` is for later: it stays in the residual */
    struct cw_matcher *matcher;
    struct cw_arena *arena;
    struct cw_value *captures; /* of the rule at hand */
    size_t n_captures;
    const struct cw_value *item; /* inside any_item and every_item */
    struct cw_text count;        /* how many events a trigger counts; empty: it does not */
    bool limit;                  /* a pattern hit a limit: the rule does not match */
    enum cw_status status;       /* the first failure; sticks */
    bool tracing;                /* then reason and place say what was not so */
    const char *told;            /* what the value is, in place of "path is value" */
    const char *reason;
    struct cw_place place;
};

struct cwr_answer {
    enum cw_truth truth;
    struct cw_text residual; /* when unknown; empty when only user.* is unknown */
};

struct cwr_answer cwr_condition_look(const struct cwr_condition *condition, struct cwr_look *look);

/* One matcher against one value. A missing value is false for everything but exists. */
enum cw_truth cwr_predicate_test(const struct cwr_predicate *predicate,
                                 const struct cw_value *value, struct cwr_look *look);

/* Sets the reason of a tracing look: "event.ref is refs/heads/x, not like refs/tags/...". */
void cwr_look_explain(struct cwr_look *look, const struct cwr_predicate *predicate,
                      const struct cwr_test *failed, const struct cw_value *value);

/* What a path reads at this moment; missing when there is nothing. */
struct cw_value cwr_look_get(const struct cwr_ref *ref, struct cwr_look *look);
struct cw_value cwr_person_get(const struct cw_person *person, struct cw_path path);
/* The value of an event's path ("event" is its first step). */
enum cw_status cwr_event_get(const struct cw_event *event, struct cw_path path,
                             struct cw_arena *arena, struct cw_value *out) CW_CHECKED;
enum cw_status cwr_source_get(const struct cw_event *event, struct cw_path path,
                              struct cw_arena *arena, struct cw_value *out) CW_CHECKED;
/* "event.head_commit['odd name'][0]": one spelling for each path. */
enum cw_status cwr_path_print(struct cw_path path, struct cw_arena *arena,
                              struct cw_text *out) CW_CHECKED;

/* The equality of the language: 1 is 1.0, a number is a text of the same digits. */
bool cwr_value_equal(const struct cw_value *a, const struct cw_value *b);
bool cwr_like(struct cw_text pattern, struct cw_text text);

#endif
