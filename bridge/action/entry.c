#include "action/entry.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool uuid_copy(const char *text, char out[UUID_SIZE])
{
    char lower[UUID_SIZE];
    size_t i = 0;
    for (; text[i] && i < UUID_SIZE - 1; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
        lower[i] = (char)tolower((unsigned char)text[i]);
    }
    if (i != UUID_SIZE - 1 || text[i])
        return false;
    lower[i] = '\0';
    if (out)
        memcpy(out, lower, sizeof lower);
    return true;
}

bool key_copy(const char *text, char out[KEY_SIZE])
{
    size_t i = 0;
    for (; text[i] && i < KEY_SIZE - 1; i++) {
        int c = toupper((unsigned char)text[i]);
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
        out[i] = (char)c;
    }
    out[i] = '\0';
    return i && !text[i];
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

static bool has_open_break(const json_t *json)
{
    const json_t *breaks = json_object_get(json, "breaks");
    size_t n = json_array_size(breaks);
    return n && !text_of(json_array_get(breaks, n - 1), "endDate");
}

static enum entry_state state_of(const json_t *json)
{
    if (text_of(json, "endDateUtc") || text_of(json, "endTimeUtc"))
        return ENTRY_STOPPED;
    if (!text_of(json, "startTimeUtc")) /* typed in by hand: a duration on a day */
        return ENTRY_STOPPED;
    return has_open_break(json) ? ENTRY_PAUSED : ENTRY_RUNNING;
}

/* "2026-03-02T08:00:00.123": sorts by time. Whatever is no digit or mark of a time ends it. */
static void write_start(const char *date, const char *time, char out[START_SIZE])
{
    static const char marks[] = "0123456789-:.";
    int date_len = date ? (int)strspn(date, marks) : 0,
        time_len = time ? (int)strspn(time, marks) : 0;
    snprintf(out, START_SIZE, "%.*sT%.*s", date_len < 10 ? date_len : 10, date ? date : "",
             time_len < 20 ? time_len : 20, time ? time : "");
}

bool entry_read(const json_t *json, struct entry *out)
{
    struct entry e = {.json = json};
    const char *id = text_of(json, "id"), *date = text_of(json, "startDateUtc");
    const char *time = text_of(json, "startTimeUtc");
    if (!id || !uuid_copy(id, e.id))
        return false;
    write_start(date, time, e.start);
    e.state = state_of(json);
    *out = e;
    return true;
}

bool entry_is_active(const struct entry *entry)
{
    return entry->state == ENTRY_RUNNING || entry->state == ENTRY_PAUSED;
}

static bool same_id(const struct entry *entry, const json_t *body, const char *name)
{
    const char *is = text_of(entry->json, name), *want = text_of(body, name);
    return is == want || (is && want && strcasecmp(is, want) == 0);
}

bool entry_matches(const struct entry *entry, const json_t *body)
{
    if (entry->state == ENTRY_NONE)
        return false;
    /* A task brings its project along, so only a project that was asked for counts. */
    bool project = !text_of(body, "projectId") && text_of(body, "taskId");
    return same_id(entry, body, "taskId") && same_id(entry, body, "typeOfWorkId") &&
           (project || same_id(entry, body, "projectId"));
}

json_t *entry_memo(const struct entry *entry)
{
    static const char *const kept[] = {"timezone",  "typeOfWorkId", "taskId",
                                       "projectId", "note",         "isBillable"};
    json_t *memo = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        json_t *value = json_object_get(entry->json, kept[i]);
        if (value && !json_is_null(value))
            json_object_set(memo, kept[i], value);
    }
    return memo;
}

/* ---- What rules read of it ---- */

int64_t entry_moment(const char *text, struct cw_arena *arena)
{
    const struct cw_text utc = CW_TEXT("");
    int64_t ms = 0;
    if (!text || cw_moment_parse(cw_text_of(text), utc, utc, arena, &ms, NULL))
        return 0;
    return ms;
}

static int64_t at_ms(const json_t *json, const char *date, const char *time, struct cw_arena *arena)
{
    char local[START_SIZE], text[START_SIZE + 1];
    const char *day = text_of(json, date), *clock = text_of(json, time);
    if (!day || !clock)
        return 0;
    write_start(day, clock, local);
    snprintf(text, sizeof text, "%sZ", local);
    return entry_moment(text, arena);
}

struct entry_times entry_times(const struct entry *entry, struct cw_arena *arena)
{
    const json_t *json = entry->json, *breaks = json_object_get(json, "breaks");
    const json_t *last = json_array_get(breaks, json_array_size(breaks) - 1);
    int64_t pauses_s = json_integer_value(json_object_get(json, "breakDuration"));
    struct entry_times t = {.start_ms = at_ms(json, "startDateUtc", "startTimeUtc", arena),
                            .end_ms = at_ms(json, "endDateUtc", "endTimeUtc", arena)};
    int64_t back_ms = entry_moment(text_of(last, "endDate"), arena);
    /* Breaks are told in whole seconds. */
    int64_t least_ms = t.start_ms + (pauses_s > 0 ? pauses_s * 1000 + 1 : 0);
    t.least_ms = back_ms > least_ms ? back_ms : least_ms;
    return t;
}

int64_t entry_begun(const struct entry *entry, struct cw_arena *arena)
{
    return at_ms(entry->json, "startDateUtc", "startTimeUtc", arena);
}

int64_t entry_since(const struct entry *entry, struct cw_arena *arena)
{
    const json_t *breaks = json_object_get(entry->json, "breaks");
    const json_t *last = json_array_get(breaks, json_array_size(breaks) - 1);
    int64_t resumed_ms = entry_moment(text_of(last, "endDate"), arena);
    switch (entry->state) {
    case ENTRY_RUNNING:
        return resumed_ms ? resumed_ms : entry_begun(entry, arena);
    case ENTRY_PAUSED:
        return entry_moment(text_of(last, "startDate"), arena);
    case ENTRY_STOPPED:
        return at_ms(entry->json, "endDateUtc", "endTimeUtc", arena);
    default:
        return 0;
    }
}

static struct cw_text name_of(const json_t *json, const char *of, const char *name)
{
    const json_t *inner = of ? json_object_get(json, of) : json;
    const char *text = text_of(inner, name);
    return cw_text_of(text);
}

void entry_work(const struct entry *entry, struct cw_arena *arena, struct cw_work *out)
{
    const json_t *json = entry->json;
    struct cw_text key = name_of(json, "task", "taskIdentifier");
    *out = (struct cw_work){.task_name = name_of(json, "task", "name"),
                            .project = name_of(json, "project", "name"),
                            .type_of_work = name_of(json, "typeOfWork", "name"),
                            .note = name_of(json, NULL, "note"),
                            .since_ms = entry_since(entry, arena)};
    out->task = key.len ? key : out->task_name;
}
