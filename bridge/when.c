#include "when.h"

#include "xalloc.h"
#include "zones.h"

enum { PASSING_BYTES = 1 << 20 };

static enum cw_status parse_moment(const char *text, const struct cw_person *person,
                                   int64_t *out_ms, struct cw_error *err)
{
    struct cw_arena *arena = xarena(PASSING_BYTES);
    struct cw_text tzif = {NULL, 0}, zone = cw_text_of(person ? person->timezone : NULL);
    if (person && zones_read(NULL, person->timezone, arena, &tzif))
        tzif = (struct cw_text){NULL, 0};
    enum cw_status st = cw_moment_parse(cw_text_of(text), zone, tzif, arena, out_ms, err);
    cw_arena_destroy(arena);
    return st;
}

/* "17:30": the last time that the clock showed it. */
static enum cw_status parse_time(const char *text, const struct cw_person *person, int64_t now_ms,
                                 int64_t *out_ms, struct cw_error *err)
{
    char day[CW_CLOCK_TEXT];
    enum cw_status st = CW_EINVAL;
    *out_ms = INT64_MAX;
    for (int ago = 0; ago < 2 && *out_ms > now_ms; ago++) {
        cw_clock(person ? person->zone : NULL, now_ms - ago * INT64_C(86400000), day);
        auto_free char *whole = xprintf("%.10s %.20s", day, text);
        st = parse_moment(whole, person, out_ms, err);
        if (st)
            break;
    }
    return st;
}

enum cw_status when_parse(const char *text, const struct cw_person *person, int64_t now_ms,
                          int64_t *out_ms, struct cw_error *err)
{
    int64_t ago_ms = 0;
    struct cw_error ignored;
    if (cw_duration_parse(cw_text_of(text), &ago_ms, &ignored) == CW_OK) {
        *out_ms = now_ms - ago_ms;
        return CW_OK;
    }
    if (parse_moment(text, person, out_ms, &ignored) == CW_OK ||
        parse_time(text, person, now_ms, out_ms, &ignored) == CW_OK)
        return CW_OK;
    return cw_fail(
        err, CW_EINVAL,
        "\"%.60s\" is no time: write 17:30, \"2026-03-02 10:00\", or \"2 hours\" for so long ago",
        text);
}
