/* retry: how long to wait before the next try. Pure arithmetic; chance comes from the seed. */
#ifndef RETRY_H
#define RETRY_H

#include "transport/transport.h"

#include <stdint.h>

/* The next number of a sequence that *seed carries (splitmix64). */
uint64_t retry_random(uint64_t *seed);
/* Doubles from base_ms with each failure (1, 2, ...) up to cap_ms; the upper half is chance. */
int64_t retry_backoff_ms(uint32_t failures, int64_t base_ms, int64_t cap_ms, uint64_t *seed);
/* How long an answer 429 asks to wait: Retry-After, else the reset, else 5 s; never less than it
 * says, 1 s to 1 h, plus some chance so that not everybody comes back at once. */
int64_t retry_throttled_ms(const struct transport_rate *rate, uint64_t *seed);

#endif
