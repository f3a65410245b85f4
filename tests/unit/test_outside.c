/* notify and call: whom, what, and every answer; what is secret is in nothing that is kept. */
#include "action/late.h"
#include "action/outside.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANNA "aaaaaaaa-0000-4000-8000-000000000001"

static const struct person persons[] = {
    {.name = "anna", .awork = ANNA, .chat = "https://chat.example.org/hooks/k3y-anna"},
    {.name = "ben", .awork = ANNA, .chat = "https://chat.example.org/hooks/k3y-ben"},
    {.name = "cleo", .awork = ANNA},
    {.name = "dora", .awork = ANNA, .chat = "http://mattermost:8065/hooks/k3y-dora"}};
static const struct outside_value values[] = {{"secret.key", "t0p-secret"},
                                              {"secret.two", "a\r\nX-Evil: 1"},
                                              {"secret.host", "https://evil.example.org@x/"},
                                              {"env.STAGE", NULL}};
static const char *const plain[] = {"mattermost", NULL};

struct play {
    struct people people;
    struct action_turn t;
    struct action_verdict v;
};

static void play_begin(struct play *p, const char *action, const char *args)
{
    *p = (struct play){.people = {.items = persons,
                                  .n = 4,
                                  .target = {.plain_hosts = plain},
                                  .outside = values,
                                  .n_outside = 4},
                       .t = {.name = action,
                             .rule = "r",
                             .condition = {"", 0},
                             .person = &persons[0],
                             .now_ms = 1000000,
                             .arena = cw_arena_create(1 << 20)}};
    p->t.people = &p->people;
    p->t.args = json_loads(args, 0, NULL);
    p->t.args_text = cw_text_of(args);
    p->t.progress = json_object();
}

static void play_end(struct play *p)
{
    json_decref(p->t.args);
    json_decref(p->t.progress);
    cw_arena_destroy(p->t.arena);
}

/* Nothing that is stored or logged holds what is secret. */
static void check_silence(const struct play *p)
{
    char *progress = json_dumps(p->t.progress, 0);
    const char *const texts[] = {progress, p->v.path, p->v.body, p->v.reason};
    for (size_t i = 0; i < 4; i++)
        CHECK(!texts[i] || (!strstr(texts[i], "k3y") && !strstr(texts[i], "t0p-secret")));
    free(progress);
}

static enum action_what take(struct play *p, const struct transport_answer *answer)
{
    p->t.answer = answer;
    p->v = action_step(&p->t);
    check_silence(p);
    return p->v.what;
}

static enum action_what begin(struct play *p)
{
    return take(p, NULL);
}

static enum action_what hear(struct play *p, int status)
{
    struct transport_answer a = {.status = status, .body = CW_TEXT("k3y t0p-secret")};
    return take(p, &a);
}

static enum action_what lose(struct play *p, enum transport_outcome outcome)
{
    struct transport_answer a = {.outcome = outcome, .error = "why", .body = {"", 0}};
    return take(p, &a);
}

static const char *sent(const struct play *p)
{
    static char text[2000];
    struct outside q;
    struct cw_error err = {.text = ""};
    if (!outside_remake(&p->t, &q, &err)) {
        snprintf(text, sizeof text, "(%s)", err.text);
        return text;
    }
    int n = snprintf(text, sizeof text, "%s %s", q.method, q.url);
    for (size_t i = 0; i < q.n_headers; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " [%s]", q.headers[i]);
    snprintf(text + n, sizeof text - (size_t)n, " %s", q.body ? q.body : "-");
    outside_wipe(&q);
    return text;
}

/* ---- notify ---- */

TEST(a_text_for_one_person)
{
    struct play p;
    play_begin(&p, "notify", "{\"to\":\"ben\",\"text\":\"a \\\"b\\\"\"}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.method, "POST");
    CHECK_STR(p.v.path, "chat of ben");
    CHECK_STR(p.v.body, "{\"text\":\"a \\\"b\\\"\"}");
    CHECK_STR(p.v.host, "chat.example.org");
    CHECK_STR(sent(&p), "POST https://chat.example.org/hooks/k3y-ben {\"text\":\"a \\\"b\\\"\"}");
    CHECK_INT(hear(&p, 200), ACTION_DONE);
    play_end(&p);
}

TEST(every_answer_to_a_notice)
{
    static const struct {
        int status; /* 0: lost, -1: not sent */
        char want;  /* d: done, x: dead, and the causes of a retry */
        const char *reason;
    } rows[] = {{200, 'd', ""},
                {204, 'd', ""},
                {301, 'x', "the host answered 301, and redirects are not followed"},
                {400, 'x', "the host answered 400"},
                {401, 'x', "the host answered 401"},
                {404, 'x', "the host answered 404"},
                {408, 'f', "the host answered 408"},
                {429, 't', "the host answered 429"},
                {500, 'f', "the host answered 500"},
                {503, 'f', "the host answered 503"},
                {0, 'x', "no answer came; it may have arrived, and is not sent again"},
                {-1, 'u', "why"}};
    static const char causes[] = "uf?toe";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int call = 0; call < 2; call++) {
            struct play p;
            play_begin(&p, call ? "call" : "notify",
                       call ? "{\"${}\":{\"url\":\"https://x.example.org/\"}}"
                            : "{\"to\":\"anna\",\"text\":\"x\"}");
            CHECK_INT(begin(&p), ACTION_SEND);
            enum action_what what = rows[i].status > 0   ? hear(&p, rows[i].status)
                                    : rows[i].status < 0 ? lose(&p, TRANSPORT_NOT_SENT)
                                                         : lose(&p, TRANSPORT_LOST);
            char got = what == ACTION_RETRY ? causes[p.v.cause] : "Sdkx"[what];
            if (!CHECK_INT(got, rows[i].want) || !CHECK_STR(p.v.reason, rows[i].reason))
                fprintf(stderr, "  %d\n", rows[i].status);
            CHECK_INT(p.v.goes_on, what == ACTION_DEAD && !call);
            CHECK_INT(p.v.outside, what == ACTION_RETRY);
            CHECK(!p.v.in_doubt && !p.v.ends_run);
            if (what == ACTION_DEAD && call) /* a restart finds the same */
                CHECK_INT(begin(&p), ACTION_DEAD);
            if (what == ACTION_RETRY)
                CHECK_INT(begin(&p), ACTION_SEND);
            play_end(&p);
        }
}

TEST(nobody_and_nothing)
{
    static const struct {
        const char *args, *reason;
        enum action_what want;
    } rows[] = {{"{\"to\":\"nobody\",\"text\":\"x\"}",
                 "`to` is no user, alias, team or chat address of the configuration", ACTION_DEAD},
                {"{\"to\":\"team:x\",\"text\":\"x\"}",
                 "`to` is no user, alias, team or chat address of the configuration", ACTION_DEAD},
                {"{\"to\":\"https://elsewhere.example.org/\",\"text\":\"x\"}",
                 "`to` is no user, alias, team or chat address of the configuration", ACTION_DEAD},
                {"{\"to\":\"\",\"text\":\"x\"}",
                 "`to` is no user, alias, team or chat address of the configuration", ACTION_DEAD},
                {"{\"to\":\"cleo\",\"text\":\"x\"}", "there is no `chat` address", ACTION_DEAD},
                {"{\"to\":\"ben\",\"text\":\"\"}", "there is nothing to say", ACTION_SKIPPED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct play p;
        play_begin(&p, "notify", rows[i].args);
        CHECK_INT(begin(&p), rows[i].want);
        CHECK_STR(p.v.reason, rows[i].reason);
        CHECK_INT(p.v.goes_on, rows[i].want == ACTION_DEAD);
        play_end(&p);
    }
    struct play p;
    play_begin(&p, "notify", "{\"to\":\"https://chat.example.org/hooks/k3y-ben\",\"text\":\"x\"}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.path, "chat of ben");
    play_end(&p);
}

/* One after the other; who cannot be reached keeps nobody from it. */
TEST(a_text_for_several)
{
    struct play p;
    play_begin(&p, "notify", "{\"to\":\"everyone\",\"text\":\"x\"}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.path, "chat of anna");
    CHECK_INT(hear(&p, 404), ACTION_SEND);
    CHECK_STR(p.v.path, "chat of ben");
    CHECK_INT(begin(&p), ACTION_SEND); /* it had to wait */
    CHECK_STR(p.v.path, "chat of ben");
    CHECK_INT(hear(&p, 200), ACTION_SEND); /* cleo has no address */
    CHECK_STR(p.v.path, "chat of dora");
    CHECK_STR(p.v.host, "mattermost:8065");
    CHECK_INT(lose(&p, TRANSPORT_LOST), ACTION_DEAD);
    CHECK_STR(p.v.reason, "1 of 4 were told; anna: the host answered 404");
    CHECK(p.v.goes_on);
    play_end(&p);
    play_begin(&p, "notify", "{\"to\":\"dora\",\"text\":\"x\"}");
    p.people.target.plain_hosts = NULL; /* a reload took the exception away */
    CHECK_INT(begin(&p), ACTION_DEAD);
    CHECK_STR(p.v.reason, "the address begins with http://, which is only for this machine");
    play_end(&p);
}

TEST(the_time_of_a_call_is_bounded)
{
    struct play p;
    play_begin(&p, "notify", "{\"to\":\"everyone\",\"text\":\"x\"}");
    begin(&p);
    hear(&p, 200);
    CHECK_INT(lose(&p, TRANSPORT_NOT_SENT), ACTION_RETRY);
    p.t.now_ms += OUTSIDE_TRY_MS;
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_INT(hear(&p, 503), ACTION_RETRY);
    p.t.now_ms++;
    CHECK_INT(begin(&p), ACTION_DEAD);
    CHECK_STR(p.v.reason, "1 of 4 were told; ben: gave up after 30 seconds: the host answered 503");
    play_end(&p);
    play_begin(&p, "call", "{\"${}\":{\"url\":\"https://x.example.org/\"}}");
    begin(&p);
    hear(&p, 500);
    p.t.now_ms += OUTSIDE_TRY_MS + 1;
    CHECK_INT(begin(&p), ACTION_DEAD);
    CHECK_STR(p.v.reason, "gave up after 30 seconds: the host answered 500");
    p.t.loaded_ms = p.t.now_ms; /* the process was away meanwhile */
    CHECK_INT(begin(&p), ACTION_SEND);
    play_end(&p);
}

/* ---- call ---- */

static void call_is(const char *args, const char *path, const char *body, const char *request)
{
    struct play p;
    play_begin(&p, "call", args);
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.path, path);
    CHECK_STR(p.v.body ? p.v.body : "", body);
    CHECK_STR(sent(&p), request);
    CHECK_INT(hear(&p, 201), ACTION_DONE);
    play_end(&p);
}

TEST(what_a_call_sends)
{
    call_is("{\"${}\":{\"url\":\"https://x.example.org/a?b=1\"}}", "https://x.example.org/a?b=1",
            "", "POST https://x.example.org/a?b=1 -");
    call_is("{\"method\":\"DELETE\",\"${}\":{\"url\":\"https://x.example.org/${secret.key}\"}}",
            "https://x.example.org/${secret.key}", "", "DELETE https://x.example.org/t0p-secret -");
    call_is("{\"method\":\"PUT\",\"json\":{\"n\":1.50,\"l\":[true,null,\"$${x}\"]},\"url\":"
            "\"https://x.example.org/\",\"headers\":{\"X-A\":\"b\"}}",
            "https://x.example.org/", "{\"n\":1.50,\"l\":[true,null,\"$${x}\"]}",
            "PUT https://x.example.org/ [X-A: b] {\"n\":1.50,\"l\":[true,null,\"$${x}\"]}");
    call_is(
        "{\"${}\":{\"url\":\"https://x.example.org/\",\"headers\":{\"Authorization\":\"Bearer "
        "${secret.key}\",\"X-E\":\"${env.STAGE | default: prod}\"},\"json\":{\"k\":\"$${x} "
        "${secret.key}\",\"d\":[{\"e\":\"${secret.key}\"}],\"n\":7}}}",
        "https://x.example.org/",
        "{\"k\":\"$${x} ${secret.key}\",\"d\":[{\"e\":\"${secret.key}\"}],\"n\":7}",
        "POST https://x.example.org/ [Authorization: Bearer t0p-secret] [X-E: prod] {\"k\":\"${x} "
        "t0p-secret\",\"d\":[{\"e\":\"t0p-secret\"}],\"n\":7}");
    call_is("{\"json\":[\"x\"],\"${}\":{\"url\":\"${user.chat}\"}}", "${user.chat}", "[\"x\"]",
            "POST https://chat.example.org/hooks/k3y-anna [\"x\"]");
}

TEST(what_a_call_cannot_be)
{
    static const struct {
        const char *args, *reason;
    } rows[] = {
        {"{\"${}\":{\"url\":\"https://x/${secret.none}\"}}", "`secret.none` is missing"},
        {"{\"${}\":{\"url\":\"https://x/${env.STAGE}\"}}", "`env.STAGE` is missing"},
        {"{\"${}\":{\"url\":\"${secret.host}\"}}", "the address has a user in it"},
        {"{\"${}\":{\"url\":\"http://x.example.org/\"}}",
         "the address begins with http://, which is only for this machine"},
        {"{\"${}\":{\"url\":\"https://x/${secret.two}\"}}",
         "the address is empty, too long, or holds blanks or other bytes that no URL has"},
        {"{\"${}\":{\"url\":\"https://x/\",\"headers\":{\"X-A\":\"${secret.two}\"}}}",
         "the header X-A is not one line of plain characters"},
        {"{\"url\":\"https://x/\",\"headers\":{\"Host\":\"y\"}}",
         "the header Host is not one line of plain characters"},
        {"{\"url\":\"https://x/\",\"method\":\"GET\",\"json\":{}}", "a GET carries no json"},
        {"{}", "there is no address"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct play p;
        play_begin(&p, "call", rows[i].args);
        CHECK_INT(begin(&p), ACTION_DEAD);
        CHECK_STR(p.v.reason, rows[i].reason);
        CHECK(!p.v.goes_on);
        play_end(&p);
    }
}

TEST(what_is_sent_has_a_ceiling)
{
    struct play p;
    play_begin(&p, "call", "{\"url\":\"https://x/\"}");
    char *large = calloc(1, OUTSIDE_BODY_BYTES);
    memset(large, 'x', OUTSIDE_BODY_BYTES - 2);
    p.t.args_text.len = 0;
    json_object_set_new(p.t.args, "json", json_string(large));
    CHECK_INT(begin(&p), ACTION_SEND);
    large[OUTSIDE_BODY_BYTES - 2] = 'x';
    json_object_set_new(p.t.args, "json", json_string(large));
    CHECK_INT(begin(&p), ACTION_DEAD);
    CHECK_STR(p.v.reason, "what is to be sent is larger than 256 KiB");
    free(large);
    play_end(&p);
}

/* ---- What is looked at first ---- */

TEST(one_look_is_enough_for_all_tries)
{
    static const char entry[] =
        "{\"id\":\"" ANNA "\",\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":"
        "\"08:00:00\",\"task\":{\"name\":\"Landing\",\"taskIdentifier\":\"KEY-7\"}}";
    struct play p;
    struct transport_answer a = {.status = 200, .body = cw_text_of(entry)};
    play_begin(&p, "call",
               "{\"${}\":{\"url\":\"https://x/${secret.key}\",\"json\":{\"t\":\"on ${timer.task}\","
               "\"l\":[\"${timer.state}\",1],\"s\":\"${secret.key} $${x}\"}}}");
    CHECK(action_asks_awork("call", p.t.args, (struct cw_text){"", 0}, p.t.progress, p.t.arena));
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK(!p.v.host && strstr(p.v.path, "/timeentries/last"));
    CHECK_INT(take(&p, &a), ACTION_SEND);
    CHECK_STR(p.v.host, "x");
    CHECK_STR(p.v.body, "{\"t\":\"on KEY-7\",\"l\":[\"running\",1],\"s\":\"${secret.key} $${x}\"}");
    CHECK_STR(sent(&p), "POST https://x/t0p-secret {\"t\":\"on KEY-7\",\"l\":[\"running\",1],\"s\":"
                        "\"t0p-secret ${x}\"}");
    CHECK(!action_asks_awork("call", p.t.args, (struct cw_text){"", 0}, p.t.progress, p.t.arena));
    CHECK_INT(lose(&p, TRANSPORT_NOT_SENT), ACTION_RETRY);
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.host, "x");
    CHECK_INT(hear(&p, 200), ACTION_DONE);
    play_end(&p);
}

TEST(a_condition_is_asked_once)
{
    struct play p;
    struct transport_answer none = {.status = 204, .body = CW_TEXT("")};
    play_begin(&p, "notify", "{\"to\":\"ben\",\"text\":\"x\"}");
    p.t.condition = CW_TEXT("{\"timer\":[\"stopped\"]}");
    CHECK(action_asks_awork("notify", p.t.args, p.t.condition, p.t.progress, p.t.arena));
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK(!p.v.host);
    CHECK_INT(take(&p, &none), ACTION_SEND);
    CHECK_STR(p.v.host, "chat.example.org");
    CHECK_INT(hear(&p, 500), ACTION_RETRY);
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.host, "chat.example.org");
    play_end(&p);
    CHECK(!action_asks_awork("log", NULL, (struct cw_text){"", 0}, NULL, NULL));
    CHECK(action_asks_awork("stop", NULL, (struct cw_text){"", 0}, NULL, NULL));
}

/* ---- What the configuration may say ---- */

static const char *judged(const char *argument, const char *name, const char *text)
{
    static struct cw_error err;
    void *hosts = (void *)(uintptr_t)plain;
    err.text[0] = '\0';
    if (action_judge(hosts, "call", argument, cw_text_of(name), cw_text_of(text), &err))
        return err.text;
    return "";
}

TEST(addresses_and_headers_as_they_are_written)
{
    CHECK_STR(judged("url", "", "https://x.example.org/${secret.a}/${user.name}?k=${env.K}"), "");
    CHECK_STR(judged("url", "", "${user.chat}"), "");
    CHECK_STR(judged("url", "", "http://mattermost:8065/${secret.a}"), "");
    CHECK_STR(judged("url", "", "https://${user.name}.example.org"), "");
    CHECK_STR(judged("url", "", "http://x.example.org/"),
              "the address begins with http://, which is only for this machine");
    CHECK_STR(judged("url", "", "https://u:${secret.a}@x.example.org/"),
              "the address has a user in it");
    CHECK_STR(judged("url", "", "nowhere"), "the address is not a URL");
    CHECK_STR(judged("headers", "X-A", "b ${secret.c}"), "");
    CHECK_STR(judged("headers", "Authorization", "Bearer ${secret.c}"), "");
    CHECK_STR(judged("headers", "content-length", "1"),
              "`content-length` is a header that requests get by themselves");
    CHECK_STR(judged("headers", "Proxy-Authorization", "1"),
              "`Proxy-Authorization` is a header that requests get by themselves");
    CHECK_STR(judged("headers", "X A", "1"), "`X A` is not the name of a header");
    CHECK_STR(judged("headers", "X:A", "1"), "`X:A` is not the name of a header");
    CHECK_STR(judged("headers", "X-A", "a\nX-B: c"),
              "the value of a header is one line of plain characters");
    CHECK_STR(judged("headers", "X-A", "\xc3\xa4"),
              "the value of a header is one line of plain characters");
}

CHECK_MAIN
