/* timer.x as templates read it, and the words for how long. */
#include "check.h"
#include "fact.h"

#include <string.h>

static struct cw_arena *arena;

static const char *span(int64_t ms)
{
    struct cw_text text;
    if (!arena)
        arena = cw_arena_create(1 << 20);
    return cwr_fact_span(ms, arena, &text) ? "no memory" : text.at;
}

TEST(spans_in_words)
{
    CHECK_STR(span(0), "0 seconds");
    CHECK_STR(span(-5), "0 seconds");
    CHECK_STR(span(1999), "1 second");
    CHECK_STR(span(59999), "59 seconds");
    CHECK_STR(span(60000), "1 minute");
    CHECK_STR(span(119000), "1 minute");
    CHECK_STR(span(3600000), "1 hour");
    CHECK_STR(span(3 * 3600000 + 5 * 60000 + 59000), "3 hours 5 minutes");
    CHECK_STR(span(86400000 + 59 * 60000), "1 day");
    CHECK_STR(span(50 * INT64_C(3600000)), "2 days 2 hours");
    CHECK_STR(span(INT64_MAX), "106751991167 days 7 hours");
}

/* Returns: its text, "missing", "unknown" or "no memory". */
static const char *get(const struct cw_facts *facts, const char *path_text)
{
    struct cw_path path;
    struct cw_value value;
    struct cw_text text;
    if (!arena)
        arena = cw_arena_create(1 << 20);
    if (cw_path_parse(cw_text_of(path_text), arena, &path, NULL))
        return "no path";
    enum cw_status status = cw_facts_get(facts, path, arena, &value);
    if (status)
        return status == CW_EBUSY ? "unknown" : "no memory";
    if (value.kind == CW_MISSING)
        return "missing";
    return cw_value_text(&value, arena, &text) ? "no memory" : cw_arena_copy(arena, text);
}

TEST(what_a_timer_is_on)
{
    struct cw_work work = {.task = CW_TEXT("KEY-1"),
                           .task_name = CW_TEXT("Landing page"),
                           .project = CW_TEXT("Website"),
                           .type_of_work = CW_TEXT("Development"),
                           .since_ms = 1772445600000};
    struct cw_facts facts = {
        .timer = CW_TIMER_RUNNING, .work = &work, .now_ms = 1772445600000 + 7500000};
    CHECK_STR(get(&facts, "timer.state"), "running");
    CHECK_STR(get(&facts, "timer.for"), "2 hours 5 minutes");
    CHECK_STR(get(&facts, "timer.since"), "2026-03-02T10:00:00.000Z");
    CHECK_STR(get(&facts, "timer.task"), "KEY-1");
    CHECK_STR(get(&facts, "timer.task_name"), "Landing page");
    CHECK_STR(get(&facts, "timer.project"), "Website");
    CHECK_STR(get(&facts, "timer.type_of_work"), "Development");
    CHECK_STR(get(&facts, "timer.note"), "missing");
    CHECK_STR(get(&facts, "timer.nothing"), "missing");
    CHECK_STR(get(&facts, "timer"), "missing");
    CHECK_STR(get(&facts, "timer.task.x"), "missing");
    work.since_ms = 0;
    CHECK_STR(get(&facts, "timer.for"), "missing");
    CHECK_STR(get(&facts, "timer.since"), "missing");
}

TEST(what_is_not_known)
{
    struct cw_facts facts = {.timer = CW_TIMER_UNKNOWN};
    CHECK_STR(get(&facts, "timer.state"), "unknown");
    CHECK_STR(get(&facts, "timer.task"), "unknown");
    facts.timer = CW_TIMER_STOPPED;
    CHECK_STR(get(&facts, "timer.state"), "stopped");
    CHECK_STR(get(&facts, "timer.task"), "unknown");
    CHECK_STR(get(&facts, "timer.for"), "unknown");
}

CHECK_MAIN
