/* limiter: may one more request leave now? Shared by all lanes, since awork counts per workspace.
 *
 * Every window holds over any stretch of its length, so it holds over the server's windows whatever
 * their phase. What the server reports as remaining corrects us: others use the workspace too.
 * After `block` nothing leaves until then, and then one probe; its answer opens the rest. */
#ifndef LIMITER_H
#define LIMITER_H

#include "people.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stdint.h>

struct limiter;

struct limiter *limiter_create(const struct rate_window *windows, size_t n);
/* The same history under other windows: what left, what the server said, and a block. */
void limiter_inherit(struct limiter *limiter, const struct limiter *from);
void limiter_destroy(struct limiter *limiter);
/* Takes the right to send one request. `reserve` is how many must be left for requests that
 * belong to calls already begun. Returns: false when it has to wait. */
bool limiter_take(struct limiter *limiter, int64_t now_ms, size_t reserve);
/* When limiter_take may succeed; INT64_MAX while a probe is out. */
int64_t limiter_next_ms(const struct limiter *limiter, int64_t now_ms, size_t reserve);
/* An answer came: with its rate headers, and after a block it opens the rest. */
void limiter_answered(struct limiter *limiter, const struct transport_rate *rate, int64_t now_ms);
/* Nothing leaves before until_ms. */
void limiter_block(struct limiter *limiter, int64_t until_ms);
/* The probe got no answer at all; the next request is the probe. */
void limiter_probe_again(struct limiter *limiter);
/* Ends a block at once: the next request is the probe. */
void limiter_open(struct limiter *limiter);
bool limiter_is_blocked(const struct limiter *limiter, int64_t now_ms);

#endif
