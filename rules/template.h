/* template: the compiled form of text with ${path | filter: arg}. */
#ifndef CWR_TEMPLATE_H
#define CWR_TEMPLATE_H

#include <clockwire/rules.h>

#include "zone.h"

enum { CWR_TEMPLATE_BYTES = 64 * 1024, CWR_TEMPLATE_PARTS = 256, CWR_FILTER_ARGS = 2 };

/* The one table of filters: kind, name, at least and at most how many arguments, and what a value
 * must be that it can read. */
#define CWR_FILTER_ROWS(F)                                                                         \
    F(UPPER, "upper", 0, 0, "")                                                                    \
    F(LOWER, "lower", 0, 0, "")                                                                    \
    F(CAPITALIZE, "capitalize", 0, 0, "")                                                          \
    F(TRIM, "trim", 0, 0, "")                                                                      \
    F(FIRST_LINE, "first_line", 0, 0, "")                                                          \
    F(TRUNCATE, "truncate", 1, 1, "")                                                              \
    F(REPLACE, "replace", 2, 2, "")                                                                \
    F(SLUG, "slug", 0, 0, "")                                                                      \
    F(URLENCODE, "urlencode", 0, 0, "")                                                            \
    F(JSON, "json", 0, 0, "")                                                                      \
    F(DEFAULT, "default", 1, 1, "")                                                                \
    F(DATE, "date", 1, 1, "point in time")                                                         \
    F(DURATION, "duration", 0, 1, "duration")                                                      \
    F(SPLIT, "split", 0, 1, "")                                                                    \
    F(JOIN, "join", 0, 1, "")                                                                      \
    F(FIRST, "first", 0, 0, "")                                                                    \
    F(LAST, "last", 0, 0, "")                                                                      \
    F(COUNT, "count", 0, 0, "")                                                                    \
    F(ROUND, "round", 0, 1, "number")                                                              \
    F(PLUS, "plus", 1, 1, "whole number")

enum cwr_filter_kind {
#define F(kind, name, least, most, wanted) CWR_FILTER_##kind,
    CWR_FILTER_ROWS(F)
#undef F
        CWR_FILTERS
};

struct cwr_filter {
    enum cwr_filter_kind kind;
    struct cw_text args[CWR_FILTER_ARGS];
    int64_t number; /* the argument as one; of duration: the unit in milliseconds */
    const struct cwr_filter *next;
};

struct cwr_part {
    struct cw_text literal; /* used when path.n is 0 */
    struct cw_path path;
    struct cw_text name;    /* the path as written */
    struct cw_text written; /* ${...} as a whole */
    size_t at;              /* where the path stands in the template's text */
    const struct cwr_filter *filters;
};

struct cw_template {
    const struct cwr_part *parts;
    size_t n_parts;
    const struct cwr_part *const *paths; /* those of the parts that are ${...} */
    size_t n_paths;
};

/* Reads "name: arg, arg" of one filter. `at` is where it stands in the whole text. */
enum cw_status cwr_filter_parse(struct cw_text text, size_t at, struct cw_arena *arena,
                                struct cwr_filter *out, struct cw_error *err) CW_CHECKED;
/* What a value must be for a filter that can read only some: "point in time". */
const char *cwr_filter_wants(enum cwr_filter_kind kind);
/* `zone` is that of `date`; NULL: UTC. Returns: CW_EINVAL when the value is not what it wants. */
enum cw_status cwr_filter_run(const struct cwr_filter *filter, struct cw_value *value,
                              const struct cw_zone *zone, struct cw_arena *arena) CW_CHECKED;

bool cwr_is_blank(char c);
struct cw_text cwr_trim(struct cw_text text); /* without blanks at its ends */
/* The length of a quoted text with both quotes, or 0 when the second one is missing. */
size_t cwr_quoted_length(struct cw_text text);
/* 'it''s' is it's, likewise with ". */
enum cw_status cwr_unquote(struct cw_text text, struct cw_arena *arena,
                           struct cw_text *out) CW_CHECKED;

/* ---- filter_list.c ---- */

/* split, join, first, last and count, of a value that is there. */
enum cw_status cwr_filter_list(const struct cwr_filter *filter, struct cw_value *value,
                               struct cw_arena *arena) CW_CHECKED;

/* ---- filter_number.c ---- */

/* A whole number of at most 15 digits, with a sign if `sign`. */
bool cwr_filter_whole(struct cw_text text, bool sign, int64_t *out);
/* round and plus: exact, on the digits. */
enum cw_status cwr_filter_number(const struct cwr_filter *filter, const struct cw_value *value,
                                 struct cw_arena *arena, struct cw_text *out) CW_CHECKED;

/* ---- filter_time.c ---- */

enum cw_status cwr_filter_check_date(struct cw_text format, size_t at,
                                     struct cw_error *err) CW_CHECKED;
enum cw_status cwr_filter_check_unit(struct cw_text unit, size_t at, struct cwr_filter *out,
                                     struct cw_error *err) CW_CHECKED;
/* Points in time are RFC 3339, days (the midnight of the zone that begins them) and numbers of
 * seconds or milliseconds since 1970. */
/* A point in time as `date` and `at` read it: RFC 3339; a day, which begins at midnight of the
 * zone (NULL: UTC); a number of seconds or milliseconds since 1970. */
bool cwr_value_moment(const struct cw_value *value, const struct cw_zone *zone, int64_t *out);
enum cw_status cwr_filter_date(struct cw_text format, const struct cw_value *value,
                               const struct cw_zone *zone, struct cw_arena *arena,
                               struct cw_text *out) CW_CHECKED;
/* "1 h 05 min" of a duration as the language writes it or a number of units. */
enum cw_status cwr_filter_duration(int64_t unit_ms, const struct cw_value *value,
                                   struct cw_arena *arena, struct cw_text *out) CW_CHECKED;

/* The names of all filters, for "did you mean"; *n of them. */
const char *const *cwr_filter_names(size_t *n);

#endif
