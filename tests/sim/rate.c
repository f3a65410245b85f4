/*
 * awork's two rate windows: fixed, for the whole workspace, on the simulated clock. A refused
 * request is not counted. RateLimit-Limit and -Remaining show the second, RateLimit-Reset the
 * minute, as in awork's own sample; a refusal shows the window that was full.
 */
#include "sim.h"

#define UNLIMITED 1000000000u

static unsigned open_window(struct sim_window *window, int64_t start_s, unsigned limit)
{
    if (window->start_s != start_s) {
        window->start_s = start_s;
        window->used = 0;
    }
    return window->used < limit ? limit - window->used : 0;
}

struct sim_quota sim_rate_count(struct sim_rate *rate, int64_t now)
{
    int64_t now_s = now / SIM_TICKS_PER_SECOND;
    int64_t minute_s = now_s - now_s % 60;
    unsigned per_second = rate->per_second > 0 ? rate->per_second : UNLIMITED;
    unsigned per_minute = rate->per_minute > 0 ? rate->per_minute : UNLIMITED;
    unsigned second_left = open_window(&rate->second, now_s, per_second);
    unsigned minute_left = open_window(&rate->minute, minute_s, per_minute);
    bool refused = second_left == 0 || minute_left == 0;
    if (!refused) {
        rate->second.used++;
        rate->minute.used++;
        second_left--;
        minute_left--;
    }
    bool minute_full = refused && minute_left == 0;
    unsigned minute_reset_s = (unsigned)(minute_s + 60 - now_s);
    return (struct sim_quota){
        .refused = refused,
        .limit = minute_full ? per_minute : per_second,
        .remaining = refused ? 0 : second_left,
        .reset_s = refused && !minute_full ? 1 : minute_reset_s,
        .second_limit = per_second,
        .second_remaining = second_left,
        .minute_limit = per_minute,
        .minute_remaining = minute_left,
    };
}
