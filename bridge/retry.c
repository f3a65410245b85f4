#include "retry.h"

enum { SECOND_MS = 1000, HOUR_S = 3600, UNSAID_S = 5, MOST_CHANCE_MS = 5000 };

uint64_t retry_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t chance(int64_t most, uint64_t *seed)
{
    return (int64_t)(retry_random(seed) % ((uint64_t)most + 1));
}

int64_t retry_backoff_ms(uint32_t failures, int64_t base_ms, int64_t cap_ms, uint64_t *seed)
{
    int64_t wait = base_ms < 1 ? 1 : base_ms;
    for (uint32_t i = 1; i < failures && wait < cap_ms; i++)
        wait *= 2;
    if (wait > cap_ms)
        wait = cap_ms < 1 ? 1 : cap_ms;
    return wait - wait / 2 + chance(wait / 2, seed);
}

int64_t retry_throttled_ms(const struct transport_rate *rate, uint64_t *seed)
{
    int64_t seconds = rate->retry_after_s >= 0 ? rate->retry_after_s
                      : rate->reset_s >= 0     ? rate->reset_s
                                               : UNSAID_S;
    if (seconds < 1)
        seconds = 1;
    if (seconds > HOUR_S)
        seconds = HOUR_S;
    int64_t wait = seconds * SECOND_MS, most = wait / 4;
    return wait + chance(most < MOST_CHANCE_MS ? most : MOST_CHANCE_MS, seed);
}
