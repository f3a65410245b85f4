/* clock: the only place that reads a clock. Everything else is given the time. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970, UTC: never stepping back and free of jumps while the process lives.
 * It is the wall clock of the start plus the monotonic time since; a jump of the wall clock is
 * therefore seen only by clock_wall_ms. */
int64_t clock_now_ms(void);
/* Milliseconds of a clock that only runs, for how long something takes or may take. */
int64_t clock_steady_ms(void);
/* The wall clock as it stands: for the ages of signatures only. */
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT = 32 };
/* "2026-03-02T08:00:00.123Z". Pure arithmetic, no zone files. */
char *clock_format(int64_t ms, char out[CLOCK_TEXT]);

#endif
