/* asof: takes idle time back. After a stop, also one that stands for a pause, the end of the entry
 * is set to the earlier moment `as_of`:
 *
 *   act (stop) -> correct: PUT /timeentries/{id} -> done
 *                     ^  |  its answer was lost, or the daemon ended
 *                     |  v
 *                   recheck: GET of it; corrected again only as long as nobody else has touched it
 *
 * The stop has had its effect: whatever becomes of the correction, the call is done, and its reason
 * says where the end stands. What the entry was is kept with the call. */
#ifndef ACTION_ASOF_H
#define ACTION_ASOF_H

#include "action/step.h"

/* `op` has left `entry`: what settle says of it, or the correction that comes before. */
struct action_verdict asof_settle(const struct action_turn *t, const struct action_ops *ops,
                                  const char *op, const struct entry *entry);
/* Looks at the entry, to go on with what is left to do (action_has_acted). */
struct action_verdict asof_go_on(const struct action_turn *t);
/* An answer 200 of one of its requests. */
struct action_verdict asof_answered(const struct action_turn *t, const struct action_ops *ops,
                                    const char *turn, const json_t *json);
/* It cannot be: the call is done nevertheless. */
struct action_verdict asof_give_up(const struct action_turn *t, const struct action_ops *ops,
                                   const char *why);

#endif
