/* play: plays the tests of a configuration, one after the other, each in a world of its own. */
#ifndef TRIAL_PLAY_H
#define TRIAL_PLAY_H

#include "config.h"

struct trial {
    const struct suite_test *test;
    char *fault; /* the first difference as a diagnostic of many lines, or NULL: it passed */
    char *line;  /* the same in one line */
    char *why;   /* what became of the rules in question, or NULL */
};

struct trials {
    struct trial *items;
    size_t n, failed;
    bool *matched; /* by rule: some test matched it */
};

/* Plays all of config->tests. Results: the caller's to finish. */
void trials_play(const struct config *config, bool colour, struct trials *out);
void trials_fini(struct trials *trials);

#endif
