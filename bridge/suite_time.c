/* Moments of a test: RFC 3339, or a day and time on the user's clock. */
#include "suite_priv.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct clock_face {
    int year, month, day, hour, minute, second, used;
};

/* "2026-03-02", then perhaps "T10:00" or " 10:00", then perhaps ":30". Returns: what is left. */
static const char *read_face(const char *text, struct clock_face *f)
{
    int n = 0;
    char between = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &f->year, &f->month, &f->day, &n) != 3 || n != 10)
        return NULL;
    text += n;
    if (!*text)
        return text;
    if (sscanf(text, "%c%2d:%2d%n", &between, &f->hour, &f->minute, &n) != 3 || n != 6 ||
        !strchr("Tt ", between))
        return NULL;
    text += n;
    if (sscanf(text, ":%2d%n", &f->second, &n) == 1)
        text += n;
    return text;
}

/* Returns: false when it is no time on a clock. */
static bool to_ms(const struct clock_face *f, int64_t *out_ms)
{
    struct tm tm = {.tm_year = f->year - 1900,
                    .tm_mon = f->month - 1,
                    .tm_mday = f->day,
                    .tm_hour = f->hour,
                    .tm_min = f->minute,
                    .tm_sec = f->second};
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return tm.tm_mday == f->day && tm.tm_mon == f->month - 1 && f->hour < 24 && f->minute < 60 &&
           f->second < 60 && f->year > 1969;
}

static bool read_offset(const char *text, int64_t *out_ms)
{
    int hour = 0, minute = 0, n = 0;
    char sign = 0;
    *out_ms = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if (sscanf(text, "%c%2d:%2d%n", &sign, &hour, &minute, &n) != 3 || n != 6 || text[n] ||
        !strchr("+-", sign) || hour > 23 || minute > 59 || hour < 0 || minute < 0)
        return false;
    *out_ms = (hour * 60 + minute) * INT64_C(60000) * (sign == '-' ? -1 : 1);
    return true;
}

bool suite_read_moment(struct suite_reader *r, const struct cw_node *node, int64_t *out_ms)
{
    struct clock_face face = {0};
    int64_t ms = 0, offset_ms = 0;
    const char *text = cw_node_kind(node) == CW_NODE_SCALAR ? cw_node_text(node).at : "";
    const char *rest = read_face(text ? text : "", &face);
    if (!rest || !to_ms(&face, &ms) || (*rest && !read_offset(rest, &offset_ms))) {
        suite_fault(r, cw_node_place(node), "bad-value", NULL,
                    "a moment is written `2026-03-02 10:00`, or 2026-03-02T10:00:00+01:00");
        return false;
    }
    *out_ms = ms - offset_ms;
    return true;
}
