/* moment: points in time as text, in the proleptic Gregorian calendar, leap seconds unknown. */
#ifndef CWR_MOMENT_H
#define CWR_MOMENT_H

#include <clockwire/error.h>
#include <stdbool.h>

enum { CWR_MOMENT_SIZE = 32 };
/* The ends of the years 0 to 9999. */
#define CWR_MOMENT_FIRST INT64_C(-62167219200000)
#define CWR_MOMENT_LAST  INT64_C(253402300799999)

/* RFC 3339 ("2026-03-02T10:00:00Z", a blank for the T is fine) or a day ("2026-03-02": its first
 * moment in UTC). What is finer than a millisecond is cut off. */
bool cwr_moment_read(struct cw_text text, int64_t *out_ms);
/* "2026-03-02T10:00:00.000Z". Limits: the years 0 to 9999; beyond them it prints their ends. */
struct cw_text cwr_moment_print(int64_t ms, char out[CWR_MOMENT_SIZE]);

/* Days since 1970-01-01, and back. `month` is 1 to 12. */
struct cwr_date {
    int64_t year;
    int month, day;
};
int64_t cwr_days_of(int64_t year, int64_t month, int64_t day);
struct cwr_date cwr_date_of(int64_t days);
int64_t cwr_month_days(int64_t year, int64_t month);
bool cwr_date_read(struct cw_text text, int64_t *out_days); /* "2026-03-02" and nothing else */

#endif
