/* `why` for what time itself brought: a tick and a silence, each rule and person in one line. */
#include "course.h"
#include "why/why.h"

#include <jansson.h>

/* "person: rule line text" of each line, by today's rules. */
static const char *why(int64_t event, const char *rule, const char *user)
{
    static char text[8192];
    struct config config = {.rules = w.rules};
    struct why_ask ask = {.event = event, .rule = rule, .user = user, .now_ms = w.now_ms};
    struct cw_error err;
    char *out = NULL, *rest = NULL, person[32] = "-";
    size_t len = 0, n = 0;
    must(why_event(w.store, &config, &ask, &out, &len, &err), &err);
    text[0] = '\0';
    for (char *line = strtok_r(out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *o = json_loads(line, 0, NULL);
        const char *id = json_string_value(json_object_get(o, "rule"));
        const char *to = json_string_value(json_object_get(o, "user"));
        const char *place = json_string_value(json_object_get(o, "place"));
        if (id)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s: %s %s %s\n", person, id,
                                  place ? place + strlen("rules.yaml:") : "-",
                                  json_string_value(json_object_get(o, "text")));
        else
            snprintf(person, sizeof person, "%s", to ? to : "-");
        json_decref(o);
    }
    free(out);
    return text;
}

#define RULES                                                                                      \
    "version: 1\nusers:\n  ada: { awork: " ID(                                                     \
        "1") ", timezone: Europe/Berlin }\n"                                                       \
             "  grace: { awork: " ID(                                                              \
                 "2") ", timezone: America/New_York }\n"                                           \
                      "hours: { night: mon-fri 22:00-23:00 }\nrules:\n"                            \
                      "  - { id: e, when: { every: mon-fri 20:00 }, user: [ada, grace], then: { "  \
                      "log"                                                                        \
                      ": x } }\n"                                                                  \
                      "  - { id: n, when: { every: mon-fri 20:00 }, user: ada, if: { during: "     \
                      "night "                                                                     \
                      "}, then: stop }\n"                                                          \
                      "  - { id: s, when: { absent: desktop.heartbeat, for: 1 hour }, if: { "      \
                      "event.host: laptop }, then: { log: \"${event.host}\" } }\n"                 \
                      "  - { id: t, when: { absent: desktop.heartbeat, for: 1 hour }, if: { "      \
                      "event.host: tower }, then: stop }\n"                                        \
                      "  - { id: c, when: { count: 6, of: desktop.heartbeat, within: 1 hour }, "   \
                      "then: stop }\n"

BOTH(why_a_tick)
{
    begin(file, RULES);
    go_on(nine + 10 * HOUR);
    CHECK_STR(why(1, NULL, NULL),
              "ada: e 7 matched \u2192 log done 20:00:00\n"
              "ada: n 8 no: during night: 20:00 Mon Europe/Berlin is outside mon-fri 22:00-23:00 "
              "(line 5)\n"
              "ada: s 9 no: when is absent desktop.heartbeat for 1 hour\n"
              "ada: t 10 no: when is absent desktop.heartbeat for 1 hour\n"
              "ada: c 11 no: when is 6 of desktop.heartbeat within 1 hour\n");
    CHECK_STR(why(1, "n", NULL), "ada: n 8 no: during night: 20:00 Mon Europe/Berlin is outside "
                                 "mon-fri 22:00-23:00 (line 5)\n");
    CHECK_STR(why(1, "e", "grace"), "grace: e 7 no: when is every mon-fri 20:00\n");
    go_on(nine + 16 * HOUR);
    CHECK_STR(why(2, "e", NULL), "grace: e 7 matched \u2192 log done 20:00:00\n");
    CHECK_STR(why(2, "n", NULL), "grace: n 8 no: when is every mon-fri 20:00\n");
}

BOTH(why_a_silence)
{
    begin(file, RULES);
    desk("heartbeat", "{\"user\":[\"ada\",\"grace\"],\"host\":\"laptop\"}");
    CHECK_STR(why(1, NULL, "ada"),
              "ada: e 7 no: when is every mon-fri 20:00\n"
              "ada: n 8 no: when is every mon-fri 20:00\n"
              "ada: s 9 no: a sign of life for absent desktop.heartbeat for 1 hour\n"
              "ada: t 10 no: a sign of life for absent desktop.heartbeat for 1 hour\n"
              "ada: c 11 no: it counts for 6 of desktop.heartbeat within 1 hour\n");
    go_on(nine + HOUR);
    CHECK_STR(why(2, NULL, NULL), "ada: e 7 no: when is every mon-fri 20:00\n"
                                  "ada: n 8 no: when is every mon-fri 20:00\n"
                                  "ada: s 9 matched \u2192 log done 11:00:00\n"
                                  "ada: t 10 no: event.host is laptop, not tower\n"
                                  "ada: c 11 no: when is 6 of desktop.heartbeat within 1 hour\n"
                                  "grace: e 7 no: when is every mon-fri 20:00\n"
                                  "grace: n 8 no: when is every mon-fri 20:00\n"
                                  "grace: s 9 matched \u2192 log done 05:00:00\n"
                                  "grace: t 10 no: event.host is laptop, not tower\n"
                                  "grace: c 11 no: when is 6 of desktop.heartbeat within 1 hour\n");
}

CHECK_MAIN
