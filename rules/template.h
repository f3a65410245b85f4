/* template: the compiled form of text with ${path | filter: arg}. */
#ifndef CWR_TEMPLATE_H
#define CWR_TEMPLATE_H

#include <clockwire/rules.h>

#include "zone.h"

enum { CWR_TEMPLATE_BYTES = 64 * 1024, CWR_TEMPLATE_PARTS = 256, CWR_FILTER_ARGS = 2 };

enum cwr_filter_kind {
    CWR_FILTER_UPPER,
    CWR_FILTER_LOWER,
    CWR_FILTER_TRIM,
    CWR_FILTER_FIRST_LINE,
    CWR_FILTER_SLUG,
    CWR_FILTER_JSON,
    CWR_FILTER_DEFAULT,
    CWR_FILTER_TRUNCATE,
    CWR_FILTER_REPLACE,
    CWR_FILTER_DATE,
    CWR_FILTER_DURATION,
    CWR_FILTER_LATER /* in the grammar, not in this build */
};

struct cwr_filter {
    enum cwr_filter_kind kind;
    struct cw_text args[CWR_FILTER_ARGS];
    size_t number; /* of truncate; of duration: the unit in milliseconds */
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
/* `zone` is that of `date`; NULL: UTC. Returns: CW_EINVAL when the value is no time. */
enum cw_status cwr_filter_run(const struct cwr_filter *filter, struct cw_value *value,
                              const struct cw_zone *zone, struct cw_arena *arena) CW_CHECKED;

/* The length of a quoted text with both quotes, or 0 when the second one is missing. */
size_t cwr_quoted_length(struct cw_text text);
/* 'it''s' is it's, likewise with ". */
enum cw_status cwr_unquote(struct cw_text text, struct cw_arena *arena,
                           struct cw_text *out) CW_CHECKED;

/* ---- filter_time.c ---- */

enum cw_status cwr_filter_check_date(struct cw_text format, size_t at,
                                     struct cw_error *err) CW_CHECKED;
enum cw_status cwr_filter_check_unit(struct cw_text unit, size_t at, struct cwr_filter *out,
                                     struct cw_error *err) CW_CHECKED;
/* Points in time are RFC 3339, days (the midnight of the zone that begins them) and numbers of
 * seconds or milliseconds since 1970. */
enum cw_status cwr_filter_date(struct cw_text format, const struct cw_value *value,
                               const struct cw_zone *zone, struct cw_arena *arena,
                               struct cw_text *out) CW_CHECKED;
/* "1 h 05 min" of a duration as the language writes it or a number of units. */
enum cw_status cwr_filter_duration(int64_t unit_ms, const struct cw_value *value,
                                   struct cw_arena *arena, struct cw_text *out) CW_CHECKED;

/* The names of all filters, for "did you mean"; *n of them. */
const char *const *cwr_filter_names(size_t *n);

#endif
