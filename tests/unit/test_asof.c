/* The correction of an entry's end: what is sent, and where an end may lie. What becomes of it in
 * trouble is in replay/test_as_of.c. */
#include "action/asof.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY "eeeeeeee-0000-4000-8000-000000000001"
#define KIND  "dddddddd-0000-4000-8000-000000000001"

static struct action_verdict settle(const struct action_turn *t, const char *op,
                                    const struct entry *entry)
{
    (void)op;
    return step_done_with(t, entry, "r", "", NULL);
}

/* What a stop with `as_of` does about an entry of 09:00 to 11:00 with these further fields: the
 * body of its PUT, or the reason why there is none. */
static const char *after(const char *as_of, const char *more)
{
    static char out[1024];
    static const struct action_ops ops = {.settle = settle};
    const struct person ada = {.name = "ada"};
    struct cw_arena *arena = cw_arena_create(1 << 20);
    char text[1024];
    struct entry entry;
    snprintf(text, sizeof text,
             "{\"id\":\"" ENTRY "\",\"typeOfWorkId\":\"" KIND "\",\"timezone\":\"UTC\","
             "\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":\"09:00:00.1234567\","
             "\"endDateUtc\":\"2026-03-02T00:00:00Z\",\"endTimeUtc\":\"11:00:00\"%s}",
             more);
    json_t *json = json_loads(text, 0, NULL);
    CHECK(json && entry_read(json, &entry));
    struct action_turn t = {.args = json_pack("{s:s}", "as_of", as_of),
                            .progress = json_object(),
                            .person = &ada,
                            .arena = arena};
    struct action_verdict v = asof_settle(&t, &ops, "stop", &entry);
    CHECK_INT(action_has_acted(t.progress), v.what == ACTION_SEND);
    if (v.what == ACTION_SEND) {
        CHECK_STR(v.method, "PUT");
        CHECK_STR(v.path, "/timeentries/" ENTRY);
        CHECK(!v.own_token);
    }
    snprintf(out, sizeof out, "%s", v.what == ACTION_SEND ? v.body : v.reason);
    json_decref(t.args);
    json_decref(t.progress);
    json_decref(json);
    cw_arena_destroy(arena);
    return out;
}

#define BEGUN                                                                                      \
    "\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":\"09:00:00.1234567\","             \
    "\"endDateUtc\":\"2026-03-02T00:00:00Z\",\"endTimeUtc\":"

TEST(the_end_is_set_in_aworks_own_form)
{
    CHECK_STR(after("2026-03-02T10:50:00.25Z", ""),
              "{\"timezone\":\"UTC\",\"typeOfWorkId\":\"" KIND "\"," BEGUN "\"10:50:00.2500000\"}");
}

TEST(a_put_names_all_that_is_to_stay)
{
    CHECK_STR(after("2026-03-02T10:50:00Z",
                    ",\"taskId\":\"t\",\"projectId\":\"p\",\"userId\":\"u\",\"note\":\"n\","
                    "\"isBillable\":true,\"isBilled\":false,\"duration\":7199,\"breakDuration\":0,"
                    "\"createdBy\":\"x\",\"endTimeLocal\":\"12:00:00\",\"isExternal\":null"),
              "{\"timezone\":\"UTC\",\"typeOfWorkId\":\"" KIND
              "\",\"taskId\":\"t\",\"projectId\":\"p\",\"userId\":\"u\",\"note\":\"n\","
              "\"isBillable\":true,\"isBilled\":false," BEGUN "\"10:50:00.0000000\"}");
}

TEST(an_end_is_never_before_the_start)
{
    static const char at_start[] =
        "{\"timezone\":\"UTC\",\"typeOfWorkId\":\"" KIND "\"," BEGUN "\"09:00:00.1234567\"}";
    CHECK_STR(after("2026-03-02T08:00:00Z", ""), at_start);
    CHECK_STR(after("2026-03-02T09:00:00.122Z", ""), at_start);
    CHECK_STR(after("1970-01-01T00:00:00Z", ""), at_start);
}

TEST(an_end_is_never_before_the_end_of_a_break)
{
    static const char breaks[] = ",\"breakDuration\":600,\"breaks\":[{\"startDate\":\"2026-03-"
                                 "02T09:50:00Z\",\"duration\":600,"
                                 "\"endDate\":\"2026-03-02T10:00:00Z\"}]";
    CHECK(strstr(after("2026-03-02T09:30:00Z", breaks), "\"endTimeUtc\":\"10:00:00.0000000\""));
    CHECK(strstr(after("2026-03-02T10:00:01Z", breaks), "\"endTimeUtc\":\"10:00:01.0000000\""));
}

/* Broken time is not worked: what is left is none, and not less. */
TEST(breaks_take_their_time)
{
    CHECK(strstr(after("2026-03-02T09:05:00Z", ",\"breakDuration\":600"),
                 "\"endTimeUtc\":\"09:10:00.1240000\""));
}

TEST(what_is_not_before_the_end_takes_nothing_back)
{
    CHECK_STR(after("2026-03-02T11:00:00Z", ""),
              "nothing to take back: it ended at 11:00:00, as of 11:00:00");
    CHECK_STR(after("2026-03-02T10:59:59.5Z", ""),
              "nothing to take back: it ended at 11:00:00, as of 10:59:59");
    CHECK_STR(after("2026-03-03T11:00:00Z", ""),
              "nothing to take back: it ended at 2026-03-02 11:00:00, as of 2026-03-03 11:00:00");
    CHECK_STR(after("no time", ""), "");
}

CHECK_MAIN
