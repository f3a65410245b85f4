/* The filters `date` and `duration`. */
#include "check.h"
#include "lab.h"
#include "template.h"

static const char body[] =
    "{\"t\":\"2026-03-02T10:05:09.5Z\",\"o\":\"2026-03-02T23:30:00-05:00\",\"day\":\"2026-12-25\","
    "\"s\":1772445909,\"ms\":1772445909500,\"text\":\"1772445909\",\"nil\":null,\"list\":[1],"
    "\"word\":\"soon\",\"neg\":-90,\"frac\":3900.75,\"exp\":1e3,\"long\":123456789012345678901,"
    "\"d\":\"90 minutes\",\"zero\":0,\"spans\":\"1 day 3 hours 5 minutes\",\"odd\":\"1 day "
    "3\",\"old\":-86400}";

static struct cw_error err;

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *e)
{
    (void)e;
    return cw_value_get(ctx, path, arena, out);
}

static const char *in_zone(const char *text, const struct cw_zone *zone)
{
    static char made[1024];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_json *json = cw_json_create();
    const struct cw_template *tpl;
    struct cw_value value;
    struct cw_text shown;
    if (cw_json_read(json, cw_text_of(body), NULL))
        abort();
    struct cw_value root = cw_json_root(json);
    const struct cw_scope scope = {look_up, &root, zone};
    if (cw_template_parse(cw_text_of(text), arena, &tpl, &err) ||
        cw_template_render(tpl, &scope, arena, &value, &err))
        snprintf(made, sizeof made, "error: %s", err.text);
    else if (!cw_value_text(&value, arena, &shown))
        snprintf(made, sizeof made, "%.*s", (int)shown.len, shown.at);
    cw_json_destroy(json);
    cw_arena_destroy(arena);
    return made;
}

static const char *show(const char *text)
{
    return in_zone(text, NULL);
}

TEST(date)
{
    CHECK_STR(show("${t | date: %Y-%m-%d %H:%M:%S}"), "2026-03-02 10:05:09");
    CHECK_STR(show("${t | date: %F %T %z %a %b 100%%}"), "2026-03-02 10:05:09 +0000 Mon Mar 100%");
    CHECK_STR(show("${o | date: %F %T}"), "2026-03-03 04:30:00");
    CHECK_STR(show("${s | date: %T} ${ms | date: %T} ${text | date: %T}"),
              "10:05:09 10:05:09 10:05:09");
    CHECK_STR(show("${old | date: %F}"), "1969-12-31");
    CHECK_STR(show("${day | date: '%d.%m.%Y, %H h'}"), "25.12.2026, 00 h");
    CHECK_STR(show("${t | date: at noon}"), "at noon");
    CHECK_STR(show("${nil | date: %F | default: never}"), "never");
    CHECK_STR(show("${none | date: %F | default: never}"), "never");
}

TEST(date_of_what_is_none)
{
    CHECK_STR(show("${word | date: %F}"), "error: `word` is no point in time");
    CHECK_STR(show("${list | date: %F}"), "error: `list` is no point in time");
    CHECK_STR(show("${exp | date: %F}"), "error: `exp` is no point in time");
    CHECK_STR(show("${long | date: %F}"), "error: `long` is no point in time");
    CHECK_STR(show("${none | date: %F}"), "error: `none` is missing");
}

TEST(date_in_a_zone)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_text bytes;
    const struct cw_zone *zone;
    if (system_zone(NULL, "America/New_York", arena, &bytes))
        check_skip("this machine has no tzdata");
    CHECK(cwr_zone_read(CW_TEXT("America/New_York"), bytes, arena, &zone, &err) == CW_OK);
    CHECK_STR(in_zone("${t | date: %F %T %z}", zone), "2026-03-02 05:05:09 -0500");
    CHECK_STR(in_zone("${day | date: %F %T %z}", zone), "2026-12-25 00:00:00 -0500");
    cw_arena_destroy(arena);
}

TEST(duration)
{
    CHECK_STR(show("${frac | duration}"), "1 h 05 min");
    CHECK_STR(show("${d | duration}"), "1 h 30 min");
    CHECK_STR(show("${d | duration: days}"), "1 h 30 min");
    CHECK_STR(show("${spans | duration}"), "27 h 05 min");
    CHECK_STR(show("${odd | duration}"), "error: `odd` is no duration");
    CHECK_STR(show("${neg | duration}"), "-1 min");
    CHECK_STR(show("${neg | duration: milliseconds}"), "0 s");
    CHECK_STR(show("${zero | duration}"), "0 s");
    CHECK_STR(show("${neg | duration: hours}"), "-90 h 00 min");
    CHECK_STR(show("${frac | duration: millisecond}"), "3 s");
    CHECK_STR(show("${word | duration}"), "error: `word` is no duration");
    CHECK_STR(show("${ms | duration: days}"), "error: `ms` is no duration");
    CHECK_STR(show("${nil | duration | default: -}"), "-");
}

/* In a rule the zone is the person's. */
TEST(of_a_person)
{
    struct lab *lab = lab_create();
    struct cw_ruleset *rules = lab_compile(
        "version: 1\nusers:\n"
        "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, timezone: Europe/Berlin }\n"
        "  eve: { awork: 6a2c1d3e-0000-4000-8000-000000000002, timezone: Asia/Kathmandu }\n"
        "rules:\n  - { id: a, when: custom.a, user: [ada, eve], then: { log: '${now | date: %a "
        "%H:%M %z} ${event.t | date: %H:%M}' } }\n",
        NULL);
    CHECK(lab_event(lab, "custom", "", "a", "{\"t\":\"2026-07-02T22:00:00Z\"}"));
    CHECK_STR(lab_run(lab, rules, NULL), "run a ada with {\"event.t\":\"2026-07-02T22:00:00Z\"}\n"
                                         "  log {\"text\":\"Mon 11:00 +0100 00:00\"}\n"
                                         "run a eve with {\"event.t\":\"2026-07-02T22:00:00Z\"}\n"
                                         "  log {\"text\":\"Mon 15:45 +0545 03:45\"}\n");
    CHECK(lab_event(lab, "custom", "", "a", "{\"t\":\"soon\"}"));
    CHECK_STR(lab_run(lab, rules, NULL),
              "refused a ada: `event.t` is no point in time (rules.yaml, line 6)\n"
              "refused a eve: `event.t` is no point in time (rules.yaml, line 6)\n");
    cw_ruleset_unref(rules);
    lab_destroy(lab);
}

CHECK_MAIN
