/* suite: the section `tests` as it was read: what to do on a virtual clock, and what to expect.
 *
 * Faults go to the diagnostics with their places; a suite that has none can be played. Times are
 * absolute: the clock of a test begins with its first step. */
#ifndef SUITE_H
#define SUITE_H

#include <clockwire/rules.h>

enum suite_expect { SUITE_ANYTHING, SUITE_NOTHING, SUITE_ACTION };

struct suite_arg {
    const char *name, *value;
    bool is_json; /* the value is the JSON of a mapping or list */
};

struct suite_step {
    struct cw_place place, expect_place; /* of the whole, and of what is expected */
    int64_t at_ms;
    const char *source, *family, *type; /* of the event; type NULL: there is none */
    struct cw_text fields;              /* JSON object */
    bool restart;
    enum suite_expect expect;
    const char *action; /* of SUITE_ACTION */
    const struct suite_arg *args;
    size_t n_args;
    const char *by; /* rule id, or NULL: any */
};

struct suite_test {
    const char *name;
    struct cw_place place;
    const char *user; /* a name under `users`, or NULL: everybody */
    enum cw_timer timer;
    int64_t begin_ms;
    const struct suite_step *steps;
    size_t n_steps;
};

struct suite {
    struct cw_arena *arena;
    const struct suite_test *tests;
    size_t n;
};

/* Reads the section of each file. `rules` is what it speaks of; NULL when the rules have faults of
 * their own: then neither users nor rules are looked up. `timezone` is that of tests without a
 * user, or NULL. Returns: NULL when there is a fault. */
struct suite *suite_read(const struct cw_node *const *lists, size_t n,
                         const struct cw_catalogue *catalogue, const struct cw_ruleset *rules,
                         const char *timezone, struct cw_diags *diags);
void suite_destroy(struct suite *suite);

#endif
