/* Calls that need a person's own token, where it comes of a login: renewed, taken back, given anew;
 * on virtual time, with a restart of the lanes at every point. */
#include "course.h"
#include "tokens/tokens.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static const char rules[] = HEAD
    "  - id: start\n    when: calendar.start\n    user: ada\n    then: { start: { task: T-1 } }\n"
    "  - id: other\n    when: calendar.other\n    user: ada\n    then: { start: { task: T-2 } }\n"
    "  - id: pause\n    when: calendar.pause\n    user: ada\n    then: pause\n"
    "  - id: long\n    when: calendar.long\n    user: ada\n    expires: 3 days\n    then: pause\n"
    "  - id: grace\n    when: calendar.grace\n    user: grace\n    then: { start: { task: T-3 } "
    "}\n";

static struct {
    struct transport base;
    transport_done_fn done;
    void *ctx;
    char url[100], body[200];
    int n; /* requests that wait: 0 or 1 */
} wire;

static void wire_send(struct transport *t, const struct transport_request *q,
                      transport_done_fn done, void *ctx)
{
    (void)t;
    CHECK_INT(wire.n++, 0);
    wire.done = done;
    wire.ctx = ctx;
    snprintf(wire.url, sizeof wire.url, "%s", q->url);
    snprintf(wire.body, sizeof wire.body, "%s", q->body ? q->body : "");
}

static void wire_nothing(struct transport *t)
{
    (void)t;
}

static void on_changed(void *ctx, const char *person)
{
    (void)ctx;
    dispatcher_token(w.dispatcher, person);
}

static void on_wake(void *ctx)
{
    (void)ctx;
}

/* The lanes and the tokens, until neither has anything to do. */
static void both(int64_t until_ms)
{
    struct cw_error err;
    for (int i = 0; i < 10; i++) {
        go(w.now_ms);
        must(tokens_turn(w.tokens, w.now_ms, &err), &err);
    }
    if (until_ms > w.now_ms) {
        go(until_ms);
        both(0);
    }
}

static void answer(int status, const char *body)
{
    struct transport_answer a = {.outcome = TRANSPORT_ANSWER,
                                 .status = status,
                                 .body = cw_text_of(body),
                                 .rate = {-1, -1, -1, -1, -1, -1}};
    CHECK_INT(wire.n, 1);
    wire.n = 0;
    wire.done(wire.ctx, &a);
    both(0);
}

static void give(const char *access, const char *refresh)
{
    char body[200];
    snprintf(body, sizeof body,
             "{\"access_token\":\"%s\",\"expires_in\":8640000,\"refresh_token\":\"%s\"}", access,
             refresh);
    answer(200, body);
}

static void on_told(void *ctx, enum cw_status st, const char *line)
{
    (void)ctx;
    CHECK_STR(st ? line : "", "");
}

static void log_in(const char *access, const char *refresh)
{
    const struct tokens_login login = {"ada", "code", "verifier", "http://127.0.0.1/cb"};
    struct cw_error err;
    must(tokens_login(w.tokens, &login, on_told, NULL, &err), &err);
    give(access, refresh);
    answer(200, "{\"id\":\"" ID("1") "\"}");
}

static void happens(const char *type)
{
    submit(type, "{\"user\":\"ada\"}");
    both(0);
    restart(); /* the lanes are read again */
    both(0);
}

/* Ada has a task that runs, and a login. */
static void setup(void)
{
    static const struct transport_ops ops = {wire_send, wire_nothing, wire_nothing};
    struct cw_error err;
    begin(false, rules);
    memset(&wire, 0, sizeof wire);
    wire.base.ops = &ops;
    w.persons[0].oauth = true;
    w.people.target.oauth =
        (struct oauth_client){"client", NULL, "http://localhost/a", "http://localhost/t", ""};
    struct tokens_deps deps = {.store = w.store,
                               .wire = &wire.base,
                               .people = &w.people,
                               .key = KEY,
                               .changed = on_changed,
                               .wake = on_wake};
    w.tokens = tokens_create(&deps);
    must(tokens_load(w.tokens, w.now_ms, &err), &err);
    restart();
    fake_own_pause(w.fake, true);
}

static void teardown(void)
{
    tokens_destroy(w.tokens);
    end();
}

TEST(without_a_login_a_pause_is_emulated)
{
    setup();
    happens("start");
    happens("pause");
    CHECK_STR(story(), "1:start(1) 1:stop ");
    teardown();
}

TEST(with_one_it_is_the_persons_own)
{
    setup();
    log_in("a1", "r1");
    happens("start");
    happens("pause");
    CHECK_STR(story(), "1:start(1) 1:pause ");
    CHECK_INT(wire.n, 0);
    teardown();
}

TEST(a_refused_token_is_renewed_and_the_call_goes_on)
{
    setup();
    log_in("a1", "r1");
    happens("start");
    fake_refuse_token(w.fake, "a1");
    happens("pause");
    CHECK_STR(calls(2), "pause ready: the person's own token is being renewed");
    CHECK_STR(wire.body, "grant_type=refresh_token&refresh_token=r1&client_id=client");
    both(w.now_ms + MINUTE);
    CHECK_INT(wire.n, 1); /* one refresh, and no call meanwhile */
    CHECK_INT(fake_requests(w.fake, "/pause"), 1);
    give("a2", "r2");
    CHECK_STR(calls(2), "pause done");
    CHECK_STR(story(), "1:start(1) 1:pause ");
    CHECK_INT(fake_requests(w.fake, "/pause"), 2);
    teardown();
}

TEST(what_is_taken_back_waits_for_a_login_and_no_longer_than_it_may)
{
    setup();
    log_in("a1", "r1");
    happens("start");
    fake_refuse_token(w.fake, "a1");
    happens("pause");
    answer(400, "{\"error\":\"invalid_grant\"}");
    CHECK_STR(calls(2), "pause ready: this waits for `clockwire login ada`");
    happens("other");
    happens("grace");
    CHECK_STR(story(),
              "1:start(1) 2:start(3) "); /* nobody else waits; her own calls stay in order */
    both(w.now_ms + 14 * MINUTE);
    CHECK_STR(calls(2), "pause ready: this waits for `clockwire login ada`");
    both(w.now_ms + 2 * MINUTE);
    CHECK_STR(calls(2), "pause skipped: expired: due 09:00:00, now 09:15:00");
    teardown();
}

TEST(a_new_login_resumes_at_once_however_long_it_took)
{
    setup();
    log_in("a1", "r1");
    happens("start");
    fake_refuse_token(w.fake, "a1");
    happens("long");
    answer(400, "{\"error\":\"invalid_grant\"}");
    both(w.now_ms + 50 * HOUR); /* longer than anything is tried */
    CHECK_STR(calls(2), "pause ready: this waits for `clockwire login ada`");
    CHECK_INT(fake_requests(w.fake, "/pause"), 1);
    log_in("b1", "s1");
    CHECK_STR(calls(2), "pause done");
    CHECK_STR(story(), "1:start(1) 1:pause ");
    teardown();
}

TEST(who_does_not_log_in_any_more_does_without)
{
    setup();
    log_in("a1", "r1");
    happens("start");
    fake_refuse_token(w.fake, "a1");
    happens("pause");
    answer(400, "{\"error\":\"invalid_grant\"}");
    w.persons[0].oauth = false;
    tokens_reload(w.tokens, &w.people, KEY, w.now_ms);
    dispatcher_reload(w.dispatcher, &w.people);
    both(0);
    CHECK_STR(calls(2), "pause done");
    CHECK_STR(story(), "1:start(1) 1:stop ");
    teardown();
}

CHECK_MAIN
