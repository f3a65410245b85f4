/* why/priv: what the two answers of why share. */
#ifndef WHY_PRIV_H
#define WHY_PRIV_H

#include "ages.h"
#include "tell.h"
#include "why/look.h"
#include "why/run.h"
#include "why/why.h"

#include <stdio.h>

struct asker {
    struct why_story story; /* the event at hand and what the journal tells of it */
    const struct config *config;
    struct ages *ages;
    const char *rule;             /* that is asked for, or NULL */
    const struct cw_person *user; /* likewise */
    struct why_looks looks;
    int64_t now_ms;
    bool brief; /* without the rules that had no say */
    FILE *out;
};

/* Checks rule and user, which may be NULL. */
enum cw_status why_begin(struct asker *a, struct store *store, const struct config *config,
                         const char *rule, const char *user, struct cw_error *err) CW_CHECKED;
void why_end(struct asker *a);
/* "source.type" of the event at hand; the caller frees it. */
char *why_name(const struct asker *a);
/* The head of the event at hand for a person, and a line for each rule. */
void why_put_event(struct asker *a, const char *person);
/* Adds "rule", "place", "matched" and "text" for a person (NULL: whoever it is). */
void why_put_look(struct asker *a, json_t *line, const struct why_look *look, const char *person);
void why_put_run(struct asker *a, json_t *line, const struct store_run *run);
/* What is to be said of a rule for a person: a match before a cancel before a no. NULL: nothing. */
const struct why_look *why_best(const struct why_look *looks, size_t n, const char *person);

#endif
