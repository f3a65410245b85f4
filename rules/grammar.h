/* grammar: the keys of every mapping that the rules language has, each once.
 *
 * The parser looks keys up here, "did you mean" chooses among them, and the JSON Schema is made of
 * them: what is not in these tables is in neither. */
#ifndef CWR_GRAMMAR_H
#define CWR_GRAMMAR_H

#include <clockwire/error.h>
#include <stdbool.h>

/* What a value looks like. */
enum cwr_form {
    CWR_FORM_ANY,
    CWR_FORM_VERSION,
    CWR_FORM_TEXT,
    CWR_FORM_TEXTS,    /* a list of texts */
    CWR_FORM_TEMPLATE, /* text with ${...} */
    CWR_FORM_BOOL,
    CWR_FORM_ID, /* of a rule */
    CWR_FORM_AWORK,
    CWR_FORM_ZONE,
    CWR_FORM_DURATION,
    CWR_FORM_INSTANT,  /* ${event.start}, 5 minutes before ${event.start} */
    CWR_FORM_SCHEDULE, /* mon-fri 20:00, 30 minutes */
    CWR_FORM_WINDOW,   /* mon-fri 09:00-17:30 */
    CWR_FORM_WINDOWS,  /* a window or a list of them */
    CWR_FORM_DATES,
    CWR_FORM_HOURS,
    CWR_FORM_ALL_HOURS, /* names to hours */
    CWR_FORM_PEOPLE,    /* names to persons */
    CWR_FORM_TEAMS,     /* names to lists of users */
    CWR_FORM_RULES,
    CWR_FORM_EVENT,   /* source.type */
    CWR_FORM_TRIGGER, /* of `when` */
    CWR_FORM_UNLESS,  /* a trigger that is an event */
    CWR_FORM_PARTS,   /* a list of such, 2 to CWR_PARTS */
    CWR_FORM_COUNT,   /* 1 to CWR_COUNT */
    CWR_FORM_WHO,
    CWR_FORM_CONDITION,
    CWR_FORM_CONDITIONS,
    CWR_FORM_TIMER, /* one state or several */
    CWR_FORM_NAMES, /* one name or several */
    CWR_FORM_ACTIONS,
    CWR_FORM_MODE,
    CWR_FORM_SWITCH, /* on, off */
    /* Operands. */
    CWR_FORM_SCALAR,
    CWR_FORM_SCALARS,
    CWR_FORM_PATTERN,
    CWR_FORM_NUMBER, /* or a duration */
    CWR_FORM_MOMENT,
    CWR_FORM_ITEM, /* a condition about `item` */
    CWR_FORMS
};

/* What a trigger may remember of the past. */
enum { CWR_PARTS = 16, CWR_COUNT = 1000 };

struct cwr_key {
    const char *name;
    enum cwr_form form;
    bool required;
    bool later;          /* in the grammar, not in this build */
    const char *help;    /* one sentence; editors show it */
    const char *example; /* of a value, as JSON with ' for "; or NULL */
};

/* A mapping. */
struct cwr_keys {
    const struct cwr_key *at;
    size_t n;
};

extern const struct cwr_keys cwr_section_keys;
extern const struct cwr_keys cwr_person_keys;
extern const struct cwr_keys cwr_hours_keys;
extern const struct cwr_keys cwr_rule_keys;
extern const struct cwr_keys cwr_event_keys; /* of a trigger; matchers of event paths beside it */
extern const struct cwr_keys cwr_every_keys; /* of a trigger, as the next three */
extern const struct cwr_keys cwr_all_keys;
extern const struct cwr_keys cwr_absent_keys;
extern const struct cwr_keys cwr_count_keys;
extern const struct cwr_keys cwr_condition_keys; /* paths with matchers beside them */
/* In the order of enum cwr_op; behind them `ignore_case`. */
extern const struct cwr_keys cwr_matcher_keys;

/* Words, NULL-ended. */
extern const char *const cwr_mode_words[];    /* in the order of enum cwr_mode */
extern const char *const cwr_switch_words[];  /* on, off */
extern const char *const cwr_timer_words[];   /* running, paused, stopped */
extern const char *const cwr_person_fields[]; /* what rules read as user.x */
extern const char *const cwr_common_zones[];  /* for suggestions; the first is UTC */

size_t cwr_words(const char *const *words);

#endif
