/* late: arguments that rules leave for the lane, under "${}": templates whose ${timer.x} is what
 * the look saw. They are rendered once, after the first look whose condition holds, and kept with
 * the call, so that a repeated act says the same; secrets in them stay templates and are never
 * kept. */
#ifndef ACTION_LATE_H
#define ACTION_LATE_H

#include "action/step.h"

/* The arguments as far as they are known: what was rendered stands in its place, and "${}" holds
 * what is still to be. Owns: a reference for the caller. */
json_t *late_args(const json_t *args, const json_t *progress);
/* A copy of a value with each text in it as `leaf` makes it, which also gets each {"${}":VALUE}.
 * Returns: NULL when one gave NULL. */
typedef json_t *(*late_leaf_fn)(void *ctx, const json_t *text);
json_t *late_map(const json_t *value, late_leaf_fn leaf, void *ctx);
/* VALUE of {"${}":VALUE}; NULL for others. */
json_t *late_known(const json_t *value);
/* Whether t->args wait for a look. */
bool late_waits(const struct action_turn *t);
/* Renders what waited for this look, and remembers it. Returns: false, and *out is how the call
 * ends; else *args is what late_args gives from now on. */
bool late_render(const struct action_turn *t, const struct look *look, json_t **args,
                 struct action_verdict *out);

#endif
