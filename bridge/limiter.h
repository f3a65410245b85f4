/* limiter: may one more request leave now? Shared by all lanes, since awork counts per workspace.
 *
 * Every window holds over any stretch of its length, so it holds over the server's windows whatever
 * their phase. What the server reports as remaining corrects us: others use the workspace too. */
#ifndef LIMITER_H
#define LIMITER_H

#include "people.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stdint.h>

struct limiter;

struct limiter *limiter_create(const struct rate_window *windows, size_t n);
/* The same history under other windows: what left, and what the server said. */
void limiter_inherit(struct limiter *limiter, const struct limiter *from);
void limiter_destroy(struct limiter *limiter);
/* Takes the right to send one request. `reserve` is how many must be left for requests that
 * belong to calls already begun. Returns: false when it has to wait. */
bool limiter_take(struct limiter *limiter, int64_t now_ms, size_t reserve);
/* When limiter_take may succeed. */
int64_t limiter_next_ms(const struct limiter *limiter, int64_t now_ms, size_t reserve);
/* An answer came, with its rate headers, while `in_flight` others are on their way. */
void limiter_answered(struct limiter *limiter, const struct transport_rate *rate, size_t in_flight,
                      int64_t now_ms);
/* The clock was set: what was sent is as long ago as before. */
void limiter_shift(struct limiter *limiter, int64_t by_ms);

#endif
