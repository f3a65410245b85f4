/* clock: the only place that reads a clock. Everything else is given the time. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970, UTC: the wall clock as it was last settled plus the steady time since.
 * It steps only where somebody asks for it, when all that waits has been prepared. */
int64_t clock_now_ms(void);
/* How far the wall clock is ahead of that now: somebody has set it. */
int64_t clock_step_ms(void);
/* From now on clock_now_ms goes by the wall clock as it stands. */
void clock_settle(void);
/* Milliseconds of a clock that only runs, for how long something takes or may take. */
int64_t clock_steady_ms(void);
/* The wall clock as it stands: for the ages of signatures only. */
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT = 32 };
/* "2026-03-02T08:00:00.123Z". Pure arithmetic, no zone files. */
char *clock_format(int64_t ms, char out[CLOCK_TEXT]);

#endif
