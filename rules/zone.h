/* zone: time zones by IANA name, read from the bytes of a TZif file (RFC 8536, versions 1 to 4).
 *
 * Every count and index of the bytes is checked; years beyond the file's table follow its footer,
 * as POSIX writes zones. Files with leap seconds ("right/...") are refused. */
#ifndef CWR_ZONE_H
#define CWR_ZONE_H

#include <clockwire/error.h>
#include <stdbool.h>

enum { CWR_ZONE_BYTES = 64 * 1024, CWR_DAY_S = 86400 };

/* A day of each year: Jn, n or Mm.w.d, and a moment of it, which may lie on another day. */
struct cwr_zone_day {
    char kind; /* 'J' without leap days, 'N' from 0 with them, 'M' */
    int month, week, day;
    int32_t second;
};

struct cwr_zone_rule {
    int32_t offset; /* seconds east of UTC */
    bool has_dst;
    int32_t dst_offset;
    struct cwr_zone_day begin, end; /* of it; each in the time that it ends */
};

struct cw_zone {
    struct cw_text name;
    const int64_t *at;      /* when the offset changes, in seconds, ascending */
    const int32_t *offsets; /* from then on */
    size_t n;
    int32_t first; /* before the first change */
    bool has_rule; /* what holds after the last one */
    struct cwr_zone_rule rule;
};

extern const struct cw_zone cwr_utc;

/* Lives: *out in `arena`; `name` is borrowed. Returns: CW_ESYNTAX, CW_NOMEM. */
enum cw_status cwr_zone_read(struct cw_text name, struct cw_text tzif, struct cw_arena *arena,
                             const struct cw_zone **out, struct cw_error *err) CW_CHECKED;

/* A time on the wall. */
struct cwr_wall {
    int64_t day;    /* since 1970-01-01 */
    int32_t second; /* of the day */
    int weekday;    /* 0: Monday */
    int32_t offset; /* seconds east of UTC */
};
struct cwr_wall cwr_zone_wall(const struct cw_zone *zone, int64_t ms);
/* When a wall shows this second of this day: of a doubled hour the first time, of a missing one
 * the moment of the change. */
int64_t cwr_zone_instant(const struct cw_zone *zone, int64_t day, int64_t second);

/* ---- zone_rule.c ---- */

/* A stretch of one offset. */
struct cwr_zone_span {
    int64_t from, to; /* `to` is excluded; INT64_MIN and INT64_MAX: for ever */
    int32_t offset;
};
/* "CET-1CEST,M3.5.0,M10.5.0/3" */
enum cw_status cwr_zone_rule_read(struct cw_text text, struct cwr_zone_rule *out,
                                  struct cw_error *err) CW_CHECKED;
struct cwr_zone_span cwr_zone_rule_span(const struct cwr_zone_rule *rule, int64_t second);

#endif
