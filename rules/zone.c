/* zone: see zone.h. A file is a header and a block with 32-bit times, then from version 2 on the
 * same again with 64-bit times, which is the one that is read, and the footer. */
#include "zone.h"

#include <string.h>

enum { HEADER_BYTES = 44, LEAST_OFFSET = -25 * 3600, MOST_OFFSET = 26 * 3600 };

const struct cw_zone cwr_utc = {.name = {"UTC", 3}};

/* One header and what follows from it. */
struct block {
    uint32_t isut, isstd, leap, times, types, chars;
    size_t width; /* of a time */
    const unsigned char *at;
    uint64_t bytes;
};

struct reader {
    struct cw_text text;
    size_t pos;
    struct cw_error *err;
};

static enum cw_status bad(struct reader *r, const char *what)
{
    return cw_fail(r->err, CW_ESYNTAX, "this is no usable time zone file: %s", what);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t get_time(const unsigned char *at, size_t width)
{
    if (width == 4)
        return (int32_t)get32(at);
    return (int64_t)((uint64_t)get32(at) << 32 | get32(at + 4));
}

static enum cw_status take_block(struct reader *r, size_t width, char *version, struct block *out)
{
    if (r->text.len - r->pos < HEADER_BYTES || memcmp(r->text.at + r->pos, "TZif", 4) != 0)
        return bad(r, "its header is missing");
    const unsigned char *head = (const unsigned char *)r->text.at + r->pos;
    *version = (char)head[4];
    *out = (struct block){get32(head + 20),
                          get32(head + 24),
                          get32(head + 28),
                          get32(head + 32),
                          get32(head + 36),
                          get32(head + 40),
                          width,
                          head + HEADER_BYTES,
                          0};
    out->bytes = (uint64_t)out->times * (width + 1) + (uint64_t)out->types * 6 + out->chars +
                 (uint64_t)out->leap * (width + 4) + out->isstd + out->isut;
    r->pos += HEADER_BYTES;
    if (out->bytes > r->text.len - r->pos)
        return bad(r, "it is cut off");
    r->pos += (size_t)out->bytes;
    return CW_OK;
}

/* The offset of a type. */
static bool get_offset(const struct block *b, uint32_t type, int32_t *out)
{
    const unsigned char *row = b->at + (size_t)b->times * (b->width + 1) + (size_t)type * 6;
    if (type >= b->types)
        return false;
    *out = (int32_t)get32(row);
    return *out >= LEAST_OFFSET && *out <= MOST_OFFSET && row[5] < b->chars;
}

static enum cw_status read_changes(struct reader *r, const struct block *b, struct cw_arena *arena,
                                   struct cw_zone *zone)
{
    int64_t *at = cw_arena_take(arena, ((size_t)b->times + 1) * sizeof *at), last = 0;
    int32_t *offsets = cw_arena_take(arena, ((size_t)b->times + 1) * sizeof *offsets);
    if (!at || !offsets)
        return cw_fail(r->err, CW_NOMEM, "no memory for a time zone");
    if (!get_offset(b, 0, &zone->first))
        return bad(r, "an offset is wrong");
    int32_t before = zone->first;
    for (uint32_t i = 0; i < b->times; i++) {
        int64_t time = get_time(b->at + (size_t)i * b->width, b->width);
        int32_t offset;
        if (!get_offset(b, b->at[(size_t)b->times * b->width + i], &offset))
            return bad(r, "an offset is wrong");
        if (i && time <= last)
            return bad(r, "its times are not in order");
        last = time;
        if (offset == before)
            continue;
        at[zone->n] = time;
        offsets[zone->n++] = before = offset;
    }
    zone->at = at;
    zone->offsets = offsets;
    return CW_OK;
}

/* "\n", the zone as POSIX writes it or nothing, "\n". */
static enum cw_status read_footer(struct reader *r, struct cw_zone *zone)
{
    const char *from = r->text.at + r->pos + 1;
    if (r->text.len - r->pos < 2 || from[-1] != '\n')
        return bad(r, "its footer is missing");
    const char *end = memchr(from, '\n', r->text.len - r->pos - 1);
    if (!end)
        return bad(r, "its footer is cut off");
    if (end == from)
        return CW_OK;
    zone->has_rule = true;
    return cwr_zone_rule_read((struct cw_text){from, (size_t)(end - from)}, &zone->rule, r->err);
}

static enum cw_status read_all(struct reader *r, struct cw_arena *arena, struct cw_zone *zone)
{
    struct block b;
    char version, again;
    enum cw_status status = take_block(r, 4, &version, &b);
    if (!status && version && (version < '2' || version > '4'))
        return bad(r, "its version is unknown");
    if (!status && version)
        status = take_block(r, 8, &again, &b);
    if (status)
        return status;
    if (version && again != version)
        return bad(r, "its two versions differ");
    if (b.leap)
        return bad(r, "it counts leap seconds");
    status = read_changes(r, &b, arena, zone);
    return status || !version ? status : read_footer(r, zone);
}

enum cw_status cwr_zone_read(struct cw_text name, struct cw_text tzif, struct cw_arena *arena,
                             const struct cw_zone **out, struct cw_error *err)
{
    struct reader r = {tzif, 0, err};
    struct cw_zone *zone = cw_arena_take(arena, sizeof *zone);
    if (!zone)
        return cw_fail(err, CW_NOMEM, "no memory for a time zone");
    if (tzif.len > CWR_ZONE_BYTES)
        return bad(&r, "it is larger than 64 KiB");
    *zone = (struct cw_zone){.name = name};
    enum cw_status status = read_all(&r, arena, zone);
    if (!status)
        *out = zone;
    return status;
}

/* ---- Asking ---- */

static struct cwr_zone_span span_at(const struct cw_zone *zone, int64_t second)
{
    size_t low = 0, high = zone->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t from = low ? zone->at[low - 1] : INT64_MIN;
    if (low == zone->n && zone->has_rule) {
        struct cwr_zone_span span = cwr_zone_rule_span(&zone->rule, second);
        span.from = span.from > from ? span.from : from;
        return span;
    }
    return (struct cwr_zone_span){from, low < zone->n ? zone->at[low] : INT64_MAX,
                                  low ? zone->offsets[low - 1] : zone->first};
}

static int64_t floor_to(int64_t n, int64_t by)
{
    return n / by - (n % by < 0);
}

struct cwr_wall cwr_zone_wall(const struct cw_zone *zone, int64_t ms)
{
    int64_t second = floor_to(ms, 1000);
    int32_t offset = span_at(zone, second).offset;
    int64_t local = second + offset, day = floor_to(local, CWR_DAY_S);
    int64_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (struct cwr_wall){day, (int32_t)(local - day * CWR_DAY_S),
                             (int)(weekday < 0 ? weekday + 7 : weekday), offset};
}

int64_t cwr_zone_instant(const struct cw_zone *zone, int64_t day, int64_t second)
{
    const int64_t most_days = INT64_C(100000000); /* about 270000 years */
    day = day > most_days ? most_days : day < -most_days ? -most_days : day;
    int64_t local = day * CWR_DAY_S + second;
    struct cwr_zone_span span = span_at(zone, local - MOST_OFFSET - 1);
    /* The first stretch that does not end before its own clock shows `local`. */
    while (local - span.offset >= span.to)
        span = span_at(zone, span.to);
    return (local - span.offset < span.from ? span.from : local - span.offset) * 1000;
}
