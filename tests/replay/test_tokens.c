/* People's own tokens on virtual time, over both stores: renewal, what is lost on the way, what
 * awork takes back, restarts in any state, reloads, keys. */
#include "check.h"
#include "lapse.h"
#include "log.h"
#include "people.h"
#include "tokens/tokens.h"
#include "xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADA   "aaaaaaaa-0000-4000-8000-000000000001"
#define BO    "aaaaaaaa-0000-4000-8000-000000000002"
#define KEY_1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_2 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, CROWD = 200 };
static const int64_t day = (int64_t)24 * HOUR, nine = 1772442000000;

struct sent {
    char method[8], url[200], body[400], header[400];
    transport_done_fn done;
    void *ctx;
};

static struct world {
    struct transport base;
    struct sent sent[CROWD + 8]; /* what waits for its answer, in order */
    size_t n;
    int64_t now_ms;
    char folder[64], where[96], log[96];
    struct store *store;
    struct tokens *tokens;
    struct person persons[CROWD];
    struct people people;
    const char *key;
    int wakes, answers;
    char changed[4000], told[600];
} w;

/* ---- The wire ---- */

static void wire_send(struct transport *t, const struct transport_request *q,
                      transport_done_fn done, void *ctx)
{
    struct sent *s = &w.sent[w.n++];
    (void)t;
    CHECK(w.n <= CROWD);
    CHECK(!store_in_turn(w.store)); /* what it is about is on the disk */
    *s = (struct sent){.done = done, .ctx = ctx};
    snprintf(s->method, sizeof s->method, "%s", q->method);
    snprintf(s->url, sizeof s->url, "%s", q->url);
    snprintf(s->body, sizeof s->body, "%s", q->body ? q->body : "");
    for (size_t i = 0; q->headers && q->headers[i]; i++)
        if (strncmp(q->headers[i], "Authorization", 13) == 0)
            snprintf(s->header, sizeof s->header, "%s", q->headers[i]);
}

static void wire_abandon(struct transport *t)
{
    (void)t;
    w.n = 0;
}

static void wire_destroy(struct transport *t)
{
    (void)t;
}

static void on_changed(void *ctx, const char *person)
{
    size_t at = strlen(w.changed);
    (void)ctx;
    snprintf(w.changed + at, sizeof w.changed - at, "%s ", person);
}

static void on_wake(void *ctx)
{
    (void)ctx;
    w.wakes++;
}

static void on_told(void *ctx, enum cw_status st, const char *line)
{
    size_t at = strlen(w.told);
    (void)ctx;
    snprintf(w.told + at, sizeof w.told - at, "[%s%s]", st ? "no: " : "", line);
}

/* ---- The world ---- */

static void must(enum cw_status st, const struct cw_error *err)
{
    if (st == CW_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

static void start(void)
{
    struct cw_error err;
    struct store_opts opts = {0};
    int64_t back_ms;
    if (!w.store)
        must(store_open(w.where, &opts, &w.store, &err), &err);
    must(lapse_settle(w.store, w.now_ms, &back_ms, &err), &err);
    struct tokens_deps deps = {.store = w.store,
                               .wire = &w.base,
                               .people = &w.people,
                               .key = w.key,
                               .seed = 7,
                               .changed = on_changed,
                               .wake = on_wake};
    w.tokens = tokens_create(&deps);
    must(tokens_load(w.tokens, w.now_ms, &err), &err);
}

static void stop(void)
{
    tokens_destroy(w.tokens);
    if (!w.folder[0])
        return; /* memory stays, as the journal would */
    store_close(w.store);
    w.store = NULL;
}

static void restart(void)
{
    stop();
    start();
}

static void begin(bool file)
{
    static const struct transport_ops ops = {wire_send, wire_abandon, wire_destroy};
    memset(&w, 0, sizeof w);
    w.base.ops = &ops;
    w.now_ms = nine;
    w.key = KEY_1;
    snprintf(w.where, sizeof w.where, "memory:");
    snprintf(w.log, sizeof w.log, "/tmp/cw-tokens-log.XXXXXX");
    int fd = mkstemp(w.log);
    log_setup(LOG_DEBUG, LOG_JSON, fd);
    if (file) {
        snprintf(w.folder, sizeof w.folder, "/tmp/cw-tokens.XXXXXX");
        CHECK(mkdtemp(w.folder) != NULL);
        snprintf(w.where, sizeof w.where, "sqlite:%s/j.db", w.folder);
    }
    w.persons[0] = (struct person){.name = "ada", .awork = ADA, .oauth = true};
    w.persons[1] = (struct person){.name = "bo", .awork = BO, .oauth = true};
    w.persons[2] = (struct person){.name = "cy", .awork = "x", .token = "static"};
    w.people.items = w.persons;
    w.people.n = 3;
    w.people.target = (struct target){.url = "http://localhost/api",
                                      .token = "key",
                                      .retry_base_ms = SECOND,
                                      .retry_cap_ms = 5 * MINUTE};
    w.people.target.oauth = (struct oauth_client){.id = "client",
                                                  .secret = "hush",
                                                  .authorize_url = "http://localhost/authorize",
                                                  .token_url = "http://localhost/token",
                                                  .redirect_url = "http://127.0.0.1/cb"};
    start();
}

static void end(void)
{
    char command[96];
    stop();
    if (w.store)
        store_close(w.store);
    unlink(w.log);
    snprintf(command, sizeof command, "rm -rf %s", w.folder);
    if (w.folder[0] && system(command) != 0)
        perror(command);
}

#define BOTH(name)                                                                                 \
    static void both_##name(void);                                                                 \
    TEST(name##_memory)                                                                            \
    {                                                                                              \
        begin(false);                                                                              \
        both_##name();                                                                             \
        end();                                                                                     \
    }                                                                                              \
    TEST(name##_sqlite)                                                                            \
    {                                                                                              \
        begin(true);                                                                               \
        both_##name();                                                                             \
        end();                                                                                     \
    }                                                                                              \
    static void both_##name(void)

static void turn(void)
{
    struct cw_error err;
    for (int i = 0; i < 20; i++)
        must(tokens_turn(w.tokens, w.now_ms, &err), &err);
}

/* As the daemon's loop would. */
static void go(int64_t until_ms)
{
    turn();
    while (tokens_next_ms(w.tokens) <= until_ms && !w.n) {
        if (w.now_ms < tokens_next_ms(w.tokens))
            w.now_ms = tokens_next_ms(w.tokens);
        turn();
    }
    if (!w.n)
        w.now_ms = until_ms;
}

/* The oldest request has its answer. */
static void answer_as(enum transport_outcome outcome, int status, const char *body)
{
    struct transport_answer a = {.outcome = outcome,
                                 .status = status,
                                 .body = cw_text_of(body),
                                 .error = outcome == TRANSPORT_ANSWER ? NULL : "reset",
                                 .rate = {-1, -1, -1, -1, -1, -1}};
    CHECK(w.n > 0);
    if (!w.n)
        return;
    struct sent s = w.sent[0];
    memmove(w.sent, w.sent + 1, --w.n * sizeof *w.sent);
    w.answers++;
    s.done(s.ctx, &a);
}

static void answer(int status, const char *body)
{
    answer_as(TRANSPORT_ANSWER, status, body);
    turn();
}

static void give(const char *access, const char *refresh, int64_t seconds)
{
    char body[400];
    snprintf(body, sizeof body,
             "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%lld,"
             "\"refresh_token\":\"%s\"}",
             access, (long long)seconds, refresh);
    answer(200, body);
}

static void give_me(const char *id)
{
    char body[200];
    snprintf(body, sizeof body, "{\"id\":\"%.40s\",\"firstName\":\"Ada\",\"lastName\":\"L\"}", id);
    answer(200, body);
}

static enum cw_status login(const char *person, struct cw_error *err)
{
    struct tokens_login with = {person, "the-code", "the-verifier", "http://127.0.0.1:1/cb"};
    w.told[0] = '\0';
    return tokens_login(w.tokens, &with, on_told, NULL, err);
}

static void log_in(const char *person, const char *id, const char *access, const char *refresh,
                   int64_t seconds)
{
    struct cw_error err;
    must(login(person, &err), &err);
    give(access, refresh, seconds);
    give_me(id);
}

static const char *has(const char *person)
{
    static const char *const words[] = {"none", "ready", "soon", "broken"};
    struct tokens_own own = tokens_get(w.tokens, person, w.now_ms);
    CHECK((own.state == TOKENS_READY) == (own.access != NULL));
    return own.access ? own.access : words[own.state];
}

static uint64_t number(const char *person)
{
    return tokens_get(w.tokens, person, w.now_ms).n;
}

static int lines(const char *words)
{
    size_t len;
    int n = 0;
    char *text = check_read(w.log, &len);
    for (const char *at = text; (at = strstr(at, words)); at++)
        n++;
    free(text);
    return n;
}

static const char *sent_body(void)
{
    return w.n ? w.sent[0].body : "nothing";
}

static const char *trouble(void)
{
    const char *line = tokens_trouble(w.tokens);
    return line ? line : "none";
}

/* ---- Renewal ---- */

BOTH(a_login_gives_a_pair_that_is_renewed_in_time)
{
    struct cw_error err;
    CHECK_STR(has("ada"), "none");
    CHECK_INT(lines("have yet to log in"), 1);
    must(login("ada", &err), &err);
    CHECK_STR(w.sent[0].url, "http://localhost/token");
    CHECK(strstr(sent_body(), "grant_type=authorization_code&code=the-code&") == sent_body());
    CHECK(strstr(sent_body(), "code_verifier=the-verifier") != NULL);
    CHECK_STR(w.sent[0].header, "Authorization: Basic Y2xpZW50Omh1c2g=");
    give("a1", "r1", 86400);
    CHECK_STR(w.sent[0].url, "http://localhost/api/me");
    CHECK_STR(w.sent[0].header, "Authorization: Bearer a1");
    CHECK_STR(has("ada"), "none"); /* nobody knows yet whose it is */
    give_me(ADA);
    CHECK_STR(w.told, "[ada is logged in as Ada L]");
    CHECK_STR(has("ada"), "a1");
    CHECK_STR(has("bo"), "none");
    CHECK_STR(w.changed, "ada ");
    CHECK_INT(tokens_next_ms(w.tokens), nine + day / 5 * 4);
    go(nine + day); /* no call is due */
    CHECK_INT(w.now_ms, nine + day / 5 * 4);
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    CHECK_STR(has("ada"), "a1");
    answer_as(TRANSPORT_ANSWER, 200,
              "{\"access_token\":\"a2\",\"expires_in\":86400,\"refresh_token\":\"r2\"}");
    CHECK_STR(has("ada"), "a1"); /* it is not on the disk yet */
    turn();
    CHECK_STR(has("ada"), "a2");
    restart();
    CHECK_STR(has("ada"), "a2");
    go(nine + 10 * day);
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r2");
    CHECK_STR(trouble(), "none");
}

BOTH(it_goes_on_for_months)
{
    log_in("ada", ADA, "a", "r", 86400);
    int64_t until_ms = nine + 90 * day;
    int n = 0;
    for (; w.now_ms < until_ms && n < 1000; go(until_ms))
        if (w.n) {
            give("a", "r", 86400);
            n++;
        }
    CHECK_INT(n, 112); /* 90 / 0.8 */
    CHECK_STR(has("ada"), "a");
}

BOTH(a_long_life_is_renewed_well_before_the_refresh_token_ends)
{
    log_in("ada", ADA, "a", "r", 365 * 86400);
    go(nine + 40 * day);
    CHECK_INT(w.now_ms, nine + 20 * day);
}

BOTH(a_refresh_token_may_stay)
{
    log_in("ada", ADA, "a1", "r1", 100);
    go(nine + 80 * SECOND);
    answer(200, "{\"access_token\":\"a2\",\"expires_in\":100}");
    CHECK_STR(has("ada"), "a2");
    restart();
    go(w.now_ms + 80 * SECOND);
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
}

BOTH(one_refresh_at_a_time)
{
    log_in("ada", ADA, "a1", "r1", 100);
    go(nine + 90 * SECOND);
    CHECK_INT(w.n, 1);
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    w.now_ms += 10 * SECOND;
    turn();
    CHECK_INT(w.n, 1);
    CHECK_STR(has("ada"), "soon");
}

BOTH(a_crowd_does_not_come_at_once)
{
    size_t most = 0;
    char names[CROWD][8], ids[CROWD][40];
    for (int i = 0; i < CROWD - 4; i++) {
        snprintf(names[i], 8, "p%d", i);
        snprintf(ids[i], 40, "aaaaaaaa-0000-4000-8000-%012d", i);
        w.persons[i] = (struct person){.name = names[i], .awork = ids[i], .oauth = true};
    }
    w.people.n = CROWD - 4;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    for (int i = 0; i < CROWD - 4; i++)
        log_in(names[i], ids[i], "a", "r", 86400);
    w.now_ms += 3 * day;
    restart();
    w.answers = 0;
    for (turn(); w.n; give("a", "r", 86400))
        most = w.n > most ? w.n : most;
    CHECK_INT(most, 4);
    CHECK_INT(w.answers, CROWD - 4);
}

/* ---- What is lost on the way ---- */

BOTH(what_did_not_leave_is_tried_again)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    answer_as(TRANSPORT_NOT_SENT, 0, "");
    turn();
    CHECK_INT(w.n, 0);
    CHECK_STR(has("ada"), "a1");
    go(w.now_ms + 2 * SECOND);
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    answer(503, "");
    go(w.now_ms + 5 * SECOND);
    answer(403, "<html>");
    go(w.now_ms + 10 * SECOND);
    give("a2", "r2", 1000);
    CHECK_STR(has("ada"), "a2");
    CHECK_INT(lines("has to log in again"), 0);
}

BOTH(a_lost_answer_is_recorded_and_tried_again)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    answer_as(TRANSPORT_LOST, 0, "");
    turn();
    CHECK_INT(lines("the answer to a refresh was lost"), 1);
    go(w.now_ms + 2 * SECOND);
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    give("a2", "r2", 1000); /* it had not come there */
    CHECK_STR(has("ada"), "a2");
}

BOTH(a_lost_answer_may_cost_the_login)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    answer(200, "{\"access_token\":"); /* cut off */
    CHECK_STR(has("ada"), "a1");
    go(w.now_ms + 2 * SECOND);
    answer(400, "{\"error\":\"invalid_grant\"}");
    CHECK_STR(has("ada"), "a1"); /* what is left of its life may be used */
    CHECK_STR(trouble(),
              "ada has to log in again: awork answered 400 invalid_grant, after the answer to an "
              "earlier refresh was lost: clockwire login ada");
    w.now_ms = nine + 1000 * SECOND;
    CHECK_STR(has("ada"), "broken");
    go(w.now_ms + 30 * day);
    CHECK_INT(w.n, 0); /* nothing more is asked with it */
    CHECK_INT(lines("has to log in again"), 1);
}

/* The process ends at each point of a refresh. */
BOTH(restarts)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    restart();
    CHECK_STR(has("ada"), "a1");
    go(nine + 800 * SECOND);
    CHECK_INT(w.n, 1);
    restart(); /* it was on its way: nobody knows what became of it */
    turn();
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    answer_as(TRANSPORT_ANSWER, 200,
              "{\"access_token\":\"a2\",\"expires_in\":1000,\"refresh_token\":\"r2\"}");
    restart(); /* it came, and was not written */
    turn();
    answer(400, "{\"error\":\"invalid_grant\"}");
    CHECK(strstr(trouble(), "after the answer to an earlier refresh was lost") != NULL);
    restart(); /* it is known that nothing is to be asked any more */
    CHECK_INT(lines("has to log in again"), 2); /* once for each process */
    CHECK(strstr(trouble(), "invalid_grant") != NULL);
    turn();
    CHECK_INT(w.n, 0);
    CHECK_STR(has("ada"), "a1");
    log_in("ada", ADA, "a3", "r3", 1000);
    CHECK_STR(has("ada"), "a3");
    CHECK_STR(trouble(), "none");
    restart();
    CHECK_STR(has("ada"), "a3");
    CHECK_STR(trouble(), "none");
}

BOTH(a_login_takes_the_place_of_a_refresh_on_its_way)
{
    struct cw_error err;
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    must(login("ada", &err), &err);
    struct sent refresh = w.sent[0];
    memmove(w.sent, w.sent + 1, --w.n * sizeof *w.sent);
    give("b1", "s1", 1000);
    give_me(ADA);
    CHECK_STR(has("ada"), "b1");
    w.sent[w.n++] = refresh;
    give("a2", "r2", 1000);
    CHECK_STR(has("ada"), "b1");
    restart();
    CHECK_STR(has("ada"), "b1");
}

BOTH(who_asks_too_often_waits_as_told)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    struct transport_answer a = {.outcome = TRANSPORT_ANSWER,
                                 .status = 429,
                                 .body = {"", 0},
                                 .rate = {-1, -1, -1, -1, -1, 60}};
    struct sent s = w.sent[--w.n];
    s.done(s.ctx, &a);
    turn();
    CHECK(tokens_next_ms(w.tokens) >= w.now_ms + 60 * SECOND);
    CHECK(tokens_next_ms(w.tokens) <= w.now_ms + 66 * SECOND);
}

BOTH(a_client_that_awork_refuses_is_nobodys_fault)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    log_in("bo", BO, "b1", "s1", 1000);
    go(nine + 800 * SECOND);
    answer(401, "{\"error\":\"invalid_client\"}");
    answer(401, "{\"error\":\"invalid_client\"}");
    CHECK_STR(trouble(), "awork refuses the client of target.awork.oauth");
    CHECK_INT(lines("awork refuses the client"), 1);
    CHECK_STR(has("ada"), "a1");
    go(w.now_ms + 31 * SECOND);
    give("a2", "r2", 1000);
    CHECK_STR(trouble(), "none");
}

/* ---- What awork takes back ---- */

BOTH(a_refused_token_is_renewed_once)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    uint64_t n = number("ada");
    tokens_refused(w.tokens, "ada", n);
    CHECK_STR(has("ada"), "soon");
    turn();
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    w.changed[0] = '\0';
    give("a2", "r2", 86400);
    CHECK_STR(has("ada"), "a2");
    CHECK_STR(w.changed, "ada ");
    tokens_refused(w.tokens, "ada", n); /* an answer to the old one */
    CHECK_STR(has("ada"), "a2");
    tokens_worked(w.tokens, "ada", n + 1);
    tokens_refused(w.tokens, "ada", n + 1); /* later, for another reason: once more */
    turn();
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r2");
    CHECK_STR(trouble(), "none");
}

BOTH(what_is_refused_again_needs_a_login)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    give("a2", "r2", 86400);
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    CHECK_INT(w.n, 0);
    CHECK_STR(has("ada"), "broken");
    CHECK_STR(trouble(), "ada has to log in again: awork refuses a token that it has just given: "
                         "clockwire login ada");
    go(w.now_ms + 5 * MINUTE);
    CHECK_STR(has("ada"), "broken");
    w.changed[0] = '\0';
    go(w.now_ms + 5 * MINUTE); /* one call may try it */
    CHECK_STR(has("ada"), "a2");
    CHECK_STR(w.changed, "ada ");
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    CHECK_STR(has("ada"), "broken");
    CHECK_INT(lines("has to log in again"), 1);
    go(w.now_ms + 10 * MINUTE);
    CHECK_STR(has("ada"), "a2");
    tokens_worked(w.tokens, "ada", number("ada")); /* it was awork's fault */
    turn();
    CHECK_STR(has("ada"), "a2");
    CHECK_STR(trouble(), "none");
    restart();
    CHECK_STR(trouble(), "none");
    CHECK_STR(has("ada"), "a2");
}

BOTH(a_refused_login_is_renewed_and_stays_refused)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    give("a2", "r2", 86400);
    tokens_refused(w.tokens, "ada", number("ada"));
    const char *line = "ada has to log in again: awork refuses a token that it has just given: "
                       "clockwire login ada";
    for (int i = 0; i < 3; i++) {
        while (!w.n)
            go(w.now_ms + HOUR);
        CHECK_STR(trouble(), line);
        if (i == 1)
            answer(503, "");
        else
            give("a3", "r3", 86400);
        CHECK_STR(trouble(), line);
        restart();
        CHECK_STR(trouble(), line);
    }
    CHECK_STR(has("ada"), "a3"); /* to be tried */
    tokens_worked(w.tokens, "ada", number("ada"));
    turn();
    CHECK_STR(trouble(), "none");
}

BOTH(a_login_ends_any_trouble)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    tokens_refused(w.tokens, "ada", number("ada"));
    turn();
    answer(400, "{\"error\":\"invalid_grant\"}");
    CHECK_STR(has("ada"), "broken");
    restart();
    w.changed[0] = '\0';
    log_in("ada", ADA, "a2", "r2", 86400);
    CHECK_STR(has("ada"), "a2");
    CHECK_STR(w.changed, "ada ");
    CHECK_STR(trouble(), "none");
    CHECK_STR(has("bo"), "none");
}

/* ---- Logins that come to nothing ---- */

BOTH(wrong_turns_of_a_login)
{
    struct cw_error err;
    static const struct {
        int status;
        const char *body, *told;
    } rows[] = {
        {400, "{\"error\":\"invalid_grant\"}",
         "[no: awork answered 400 invalid_grant: the code was used, is too old, or is of another "
         "login; begin again]"},
        {401, "{\"error\":\"invalid_client\"}",
         "[no: awork answered 401 invalid_client: awork refuses the client of target.awork.oauth]"},
        {200, "{}", "[no: awork's answer holds no tokens; begin again]"},
        {200, "{\"access_token\":\"a\"}",
         "[no: awork gave no refresh token: the client may not have offline_access]"},
        {503, "", "[no: awork answered 503; begin again]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        must(login("ada", &err), &err);
        answer(rows[i].status, rows[i].body);
        CHECK_STR(w.told, rows[i].told);
        CHECK_INT(w.n, 0);
    }
    must(login("ada", &err), &err);
    answer_as(TRANSPORT_LOST, 0, "");
    turn();
    CHECK_STR(w.told, "[no: awork's token endpoint did not answer: reset; begin again]");
    must(login("ada", &err), &err);
    give("a", "r", 1000);
    answer(401, "{\"code\":\"unauthorized\"}");
    CHECK_STR(w.told, "[no: awork did not say whose token it is (status 401); begin again]");
    must(login("ada", &err), &err);
    give("a", "r", 1000);
    give_me(BO);
    CHECK_STR(w.told, "[no: this login is of Ada L (" BO "), but users.ada.awork is " ADA
                      ": log out of awork, or use a private window, and begin again]");
    CHECK_STR(has("ada"), "none");
    CHECK_STR(has("bo"), "none");
    CHECK_INT(login("cy", &err), CW_EINVAL);
    CHECK_STR(err.text, "`cy` does not log in: write `token: oauth` under users.cy");
    CHECK_INT(login("di", &err), CW_ENOENT);
    CHECK_STR(err.text, "there is no user `di`");
}

BOTH(not_too_many_log_in_at_once)
{
    struct cw_error err;
    for (int i = 0; i < 8; i++)
        must(login("ada", &err), &err);
    CHECK_INT(login("bo", &err), CW_EBUSY);
    answer(503, "");
    must(login("bo", &err), &err);
    stop();
    CHECK(strstr(w.told, "[no: the daemon ends; log in again][no: the daemon ends") != NULL);
    start();
}

/* ---- Keys and rows ---- */

static struct store_mark row_of(const char *person, struct cw_arena *arena)
{
    struct store_mark mark, which = {.kind = CW_TEXT("token"), .person = cw_text_of(person)};
    struct cw_error err;
    must(store_mark_get(w.store, &which, arena, &mark, &err), &err);
    return mark;
}

static void put_row(const struct store_mark *mark)
{
    struct cw_error err;
    must(store_begin(w.store, &err), &err);
    must(store_mark_put(w.store, mark, &err), &err);
    must(store_commit(w.store, &err), &err);
}

BOTH(the_journal_holds_no_token)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    log_in("ada", ADA, "access-of-ada", "refresh-of-ada", 86400);
    struct store_mark mark = row_of("ada", arena);
    CHECK(strstr(mark.value.at, "sealed") != NULL);
    CHECK(!strstr(mark.value.at, "of-ada") && !strstr(mark.value.at, ADA));
    CHECK_INT(lines("of-ada"), 0);
    CHECK_INT(lines("the-code") + lines("the-verifier") + lines("hush"), 0);
    cw_arena_destroy(arena);
}

BOTH(a_row_is_of_one_person_only)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    log_in("ada", ADA, "a1", "r1", 86400);
    struct store_mark mark = row_of("ada", arena);
    mark.person = CW_TEXT("bo");
    put_row(&mark);
    restart();
    CHECK_STR(has("ada"), "a1");
    CHECK_STR(has("bo"), "broken");
    CHECK_STR(trouble(), "bo has to log in again: it cannot be opened with this `journal.key`: "
                         "clockwire login bo");
    cw_arena_destroy(arena);
}

BOTH(rows_that_make_no_sense)
{
    static const char *const values[] = {
        "", "x", "[]", "{}", "{\"sealed\":1}", "{\"sealed\":\"1:\",\"expires_in\":\"x\"}"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct store_mark mark = {.kind = CW_TEXT("token"),
                                  .person = CW_TEXT("ada"),
                                  .value = cw_text_of(values[i]),
                                  .until_ms = w.now_ms + day};
        put_row(&mark);
        restart();
        CHECK_STR(has("ada"), "broken");
        turn();
        CHECK_INT(w.n, 0);
    }
    log_in("ada", ADA, "a1", "r1", 86400);
    CHECK_STR(has("ada"), "a1");
}

BOTH(another_key)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    w.key = KEY_2;
    restart();
    CHECK_STR(has("ada"), "broken");
    tokens_reload(w.tokens, &w.people, KEY_2, w.now_ms);
    CHECK_INT(lines("journal.key"), 1);                  /* and not again with each reload */
    tokens_reload(w.tokens, &w.people, KEY_1, w.now_ms); /* the right one again */
    CHECK_STR(has("ada"), "a1");
    CHECK_STR(trouble(), "none");
    tokens_reload(w.tokens, &w.people, KEY_2, w.now_ms); /* sealed anew */
    CHECK_STR(has("ada"), "a1");
    turn();
    w.key = KEY_2;
    restart();
    CHECK_STR(has("ada"), "a1");
    w.key = KEY_1;
    restart();
    CHECK_STR(has("ada"), "broken");
}

BOTH(without_a_key_nothing_is_done)
{
    struct cw_error err;
    log_in("ada", ADA, "a1", "r1", 1000);
    w.key = NULL;
    restart();
    CHECK_STR(has("ada"), "broken");
    CHECK_INT(login("ada", &err), CW_EINVAL);
    CHECK_STR(err.text, "nobody can log in: journal.key is missing");
    go(nine + day);
    CHECK_INT(w.n, 0);
}

/* ---- Reloads and the clock ---- */

BOTH(who_is_gone_may_come_back)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    w.persons[0].oauth = false;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK_STR(has("ada"), "none");
    go(nine + day);
    CHECK_INT(w.n, 0);
    w.persons[0].oauth = true;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    turn();
    CHECK_STR(sent_body(), "grant_type=refresh_token&refresh_token=r1");
    w.persons[0].oauth = false; /* gone while a refresh is on its way: what comes is kept */
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    give("a2", "r2", 86400);
    CHECK_STR(has("ada"), "none");
    w.persons[0].oauth = true;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK_STR(has("ada"), "a2");
}

BOTH(another_awork_user_has_another_token)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    w.persons[0].awork = BO;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK(strcmp(has("ada"), "a1") != 0);
    CHECK(strstr(trouble(), "of another awork user") != NULL);
    restart();
    CHECK(strcmp(has("ada"), "a1") != 0);
    w.persons[0].awork = ADA;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK_STR(has("ada"), "a1");
    CHECK_STR(trouble(), "none");
}

BOTH(who_is_not_known_at_awork_yet)
{
    struct cw_error err;
    log_in("ada", ADA, "a1", "r1", 86400);
    w.persons[0].awork = "";
    w.persons[0].email = "ada@example.org";
    CHECK_INT(login("ada", &err), CW_EINVAL);
    CHECK_STR(err.text, "nobody knows yet who `ada` is at awork: it is asked for");
    restart();
    CHECK_STR(trouble(), "none"); /* no call is made for them meanwhile */
    w.persons[0].awork = BO;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK_STR(has("ada"), "broken");
    w.persons[0].awork = ADA;
    tokens_reload(w.tokens, &w.people, w.key, w.now_ms);
    CHECK_STR(has("ada"), "a1");
}

BOTH(the_clock_is_set_back_across_a_restart)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    w.now_ms -= 10 * day;
    restart();
    CHECK_STR(has("ada"), "a1");
    CHECK_INT(tokens_next_ms(w.tokens), w.now_ms + day / 5 * 4);
}

BOTH(the_clock_goes_forward_across_a_restart)
{
    log_in("ada", ADA, "a1", "r1", 86400);
    w.now_ms += 3 * day;
    restart();
    CHECK_STR(has("ada"), "soon");
    turn();
    give("a2", "r2", 86400);
    CHECK_STR(has("ada"), "a2");
}

BOTH(what_has_ended_is_swept)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_mark *marks = NULL;
    struct cw_error err;
    size_t n = 0;
    log_in("ada", ADA, "a1", "r1", 86400);
    log_in("bo", BO, "b1", "s1", 86400);
    w.persons[0].oauth = false;
    w.now_ms += 31 * day;
    restart();
    must(store_marks(w.store, NULL, 10, arena, &marks, &n, &err), &err);
    CHECK_INT(n, 1); /* bo is still to be told of */
    CHECK_STR(marks[0].person.at, "bo");
    cw_arena_destroy(arena);
}

BOTH(at_the_end_nothing_new_is_begun)
{
    log_in("ada", ADA, "a1", "r1", 1000);
    tokens_stop(w.tokens);
    go(nine + 900 * SECOND);
    CHECK_INT(w.n, 0);
    CHECK_INT(tokens_in_flight(w.tokens), 0);
}

/* ---- A full disk ---- */

/* Until not even a small row has room, or everything is gone again. */
static void fill(bool full)
{
    static char text[1 << 16];
    size_t len = sizeof text;
    struct cw_error err;
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 4000 && len > 100; i++) {
        char key[20];
        snprintf(key, sizeof key, "%d", i);
        struct store_mark mark = {.kind = CW_TEXT("state"),
                                  .key = cw_text_of(key),
                                  .value = {text, full ? len : 0},
                                  .until_ms = INT64_MAX};
        must(store_begin(w.store, &err), &err);
        enum cw_status st =
            full ? store_mark_put(w.store, &mark, &err) : store_mark_drop(w.store, &mark, &err);
        if (!st)
            st = store_commit(w.store, &err);
        else
            store_rollback(w.store);
        len = st ? len / 2 : len;
    }
    CHECK(!full || len <= 100);
}

TEST(what_the_disk_does_not_take_is_not_used)
{
    struct cw_error err;
    struct store_opts opts = {.max_bytes = 4 << 20};
    begin(true);
    stop();
    must(store_open(w.where, &opts, &w.store, &err), &err);
    start();
    log_in("ada", ADA, "a1", "r1", 1000);
    go(nine + 800 * SECOND);
    fill(true);
    char *body = xprintf("{\"access_token\":\"%012000d\",\"expires_in\":1000,"
                         "\"refresh_token\":\"r2\"}",
                         7);
    answer(200, body);
    free(body);
    CHECK_INT(strlen(has("ada")), 2);
    CHECK_INT(tokens_next_ms(w.tokens), w.now_ms + SECOND);
    CHECK_INT(login("bo", &err), CW_OK);
    body = xprintf("{\"access_token\":\"%012000d\",\"refresh_token\":\"s1\"}", 7);
    answer(200, body);
    free(body);
    give_me(BO);
    CHECK_STR(w.told, "[no: the journal's disk or its limit is full; begin again later]");
    CHECK_INT(strlen(has("bo")), 4); /* none */
    fill(false);
    w.now_ms += SECOND;
    turn();
    CHECK_INT(strlen(has("ada")), 12000);
    restart();
    CHECK_INT(strlen(has("ada")), 12000);
    end();
}

CHECK_MAIN
