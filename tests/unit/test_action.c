/* The machine of every action: each answer in each turn, and the ways through it. */
#include "action/action.h"
#include "action/entry.h"
#include "check.h"
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define ANNA  "aaaaaaaa-0000-4000-8000-000000000001"
#define TASK  "bbbbbbbb-0000-4000-8000-000000000001"
#define TASK2 "bbbbbbbb-0000-4000-8000-000000000002"
#define PROJ  "cccccccc-0000-4000-8000-000000000001"
#define KIND  "dddddddd-0000-4000-8000-000000000001"
#define E1    "eeeeeeee-0000-4000-8000-000000000001"
#define E2    "eeeeeeee-0000-4000-8000-000000000002"

/* Time entries as awork writes them. */
#define ENTRY(id, time, rest)                                                                      \
    "{\"id\":\"" id "\",\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":\"" time        \
    "\",\"typeOfWorkId\":\"" KIND "\"" rest "}"
#define ON_TASK     ",\"taskId\":\"" TASK "\",\"projectId\":\"" PROJ "\""
#define ON_TASK2    ",\"taskId\":\"" TASK2 "\",\"projectId\":\"" PROJ "\""
#define STOPPED     ",\"endDateUtc\":\"2026-03-02T00:00:00Z\",\"endTimeUtc\":\"10:00:00\""
#define OPEN_BREAK  ",\"breaks\":[{\"startDate\":\"2026-03-02T08:30:00Z\"}]"
#define ENDED_BREAK ",\"breaks\":[{\"startDate\":\"x\",\"endDate\":\"2026-03-02T08:30:00Z\"}]"

struct play {
    struct person person;
    struct people people;
    struct store_timer timer;
    struct action_turn t;
    struct action_verdict v;
};

static struct play play_of(const char *action, const char *args)
{
    struct play p = {
        .person = {.name = "anna",
                   .awork = ANNA,
                   .timezone = "Europe/Berlin",
                   .type_of_work = KIND},
        .t = {.name = action, .rule = "r", .condition = {"", 0}, .now_ms = 1000},
    };
    p.t.args = json_loads(args, JSON_DECODE_INT_AS_REAL, NULL);
    p.t.args_text = cw_text_of(args);
    p.t.progress = json_object();
    p.t.arena = cw_arena_create(1 << 20);
    p.t.kinds = kinds_create();
    return p;
}

static void play_end(struct play *p)
{
    json_decref(p->t.args);
    json_decref(p->t.progress);
    cw_arena_destroy(p->t.arena);
    kinds_destroy(p->t.kinds);
}

static enum action_what take(struct play *p, const struct transport_answer *answer)
{
    p->people = (struct people){.items = &p->person, .n = 1};
    p->t.person = &p->person;
    p->t.people = &p->people;
    p->t.timer = p->timer.entry.len ? &p->timer : NULL;
    p->t.answer = answer;
    p->v = action_step(&p->t);
    return p->v.what;
}

static enum action_what begin(struct play *p)
{
    return take(p, NULL);
}

static enum action_what hear(struct play *p, int status, const char *body)
{
    struct transport_answer a = {.status = status, .body = cw_text_of(body)};
    return take(p, &a);
}

static enum action_what lose(struct play *p, enum transport_outcome outcome)
{
    struct transport_answer a = {.outcome = outcome, .error = "why", .body = {"", 0}};
    return take(p, &a);
}

static const char *turn_of(const struct play *p)
{
    const char *turn = json_string_value(json_object_get(p->t.progress, "turn"));
    return turn ? turn : "";
}

/* What came of a step in one letter. */
static char letter(const struct action_verdict *v)
{
    return v->what == ACTION_RETRY ? "uf?toe"[v->cause] : "Sdkx"[v->what];
}

/* ---- Every answer in every turn ---- */

static const struct {
    const char *name;
    int status; /* 0: lost; -1: not sent */
    const char *body;
} answers[] = {
    {"good", 200, NULL},
    {"garbage", 200, "{\"id\":"},
    {"none", 204, ""},
    {"moved", 302, ""},
    {"invalid", 400, "{\"code\":\"validation-failed\",\"description\":\"no\"}"},
    {"not yours", 400, "{\"code\":\"invalid-operation\",\"description\":\"no\"}"},
    {"parallel", 400, "{\"code\":\"concurrency-violation\",\"description\":\"no\"}"},
    {"bad token", 401, "{\"message\":{\"code\":\"unauthorized\"}}"},
    {"no right", 401, "{\"code\":\"unauthorized\",\"description\":\"no\"}"},
    {"edge", 403, "<html>"},
    {"unknown", 404, "{\"code\":\"not-found\",\"description\":\"no\"}"},
    {"timeout", 408, ""},
    {"conflict", 409, ""},
    {"early", 425, ""},
    {"throttled", 429, "{\"message\":\"API rate limit exceeded\"}"},
    {"fault", 500, "{\"code\":\"server-error\"}"},
    {"gateway", 504, ""},
    {"lost", 0, NULL},
    {"not sent", -1, NULL},
};

/* One letter for each answer above. S send the next, d done, k skipped, x dead; try again: u not
 * reached, f failed, ? in doubt, t throttled, o token refused, e edge. `after` is the turn then. */
static const struct {
    const char *turn, *op, *good, *letters, *after;
} rows[] = {
    {"task", "", "{\"id\":\"" TASK "\"}", "SffxxxfoxexffftffFu", "="},
    {"project", "", "{\"id\":\"" PROJ "\"}", "SffxxxfoxexffftffFu", "="},
    {"kind", "", "[]", "SffxxxfoxexffftffFu", "="},
    {"look", "", ENTRY(E1, "08:00:00", ON_TASK2), "SfSxxxfoxexffftffFu", "="},
    {"act", "start", ENTRY(E2, "09:00:00", ON_TASK), "d??xxxfoxexffftff?u", "look"},
    {"act", "stop", ENTRY(E1, "08:00:00", STOPPED), "d?dxxxfoxexffftff?u", "look"},
    {"act", "pause", ENTRY(E1, "08:00:00", OPEN_BREAK), "d?dxxSfoxexffftff?u", "look"},
    {"act", "resume", ENTRY(E1, "08:00:00", ENDED_BREAK), "d?dxxSfoxexffftff?u", "look"},
};

static const char progress_of_task[] = "{\"task\":\"" TASK "\",\"kind\":\"" KIND "\"}";

static void prepare(struct play *p, const char *turn, const char *op)
{
    bool is_act = strcmp(turn, "act") == 0;
    *p = play_of(*op ? op : "start", *op ? "{}" : "{\"task\":\"KEY-1\",\"project\":\"PRO\"}");
    p->person.token = "own";
    if (strcmp(turn, "look") == 0 || is_act) {
        json_decref(p->t.progress);
        p->t.progress = json_loads(progress_of_task, 0, NULL);
        json_object_set_new(p->t.progress, "project", json_string(PROJ));
    }
    json_object_set_new(p->t.progress, "turn", json_string(turn));
    json_object_set_new(p->t.progress, "op", json_string(op));
    json_object_set_new(p->t.progress, "seen", json_string(E1));
    if (is_act && (strcmp(op, "pause") == 0 || strcmp(op, "resume") == 0))
        json_object_set_new(p->t.progress, "own", json_true());
}

static enum action_what give(struct play *p, size_t answer, const char *good)
{
    int status = answers[answer].status;
    if (status <= 0)
        return lose(p, status ? TRANSPORT_NOT_SENT : TRANSPORT_LOST);
    return hear(p, status, answers[answer].body ? answers[answer].body : good);
}

TEST(every_answer_in_every_turn)
{
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t a = 0; a < sizeof answers / sizeof *answers; a++) {
            struct play p;
            prepare(&p, rows[r].turn, rows[r].op);
            give(&p, a, rows[r].good);
            char want = rows[r].letters[a] == 'F' ? 'f' : rows[r].letters[a];
            const char *after = strcmp(rows[r].after, "=") ? rows[r].after : rows[r].turn;
            if (!CHECK_INT(letter(&p.v), want))
                fprintf(stderr, "  %s %s, %s: %c\n", rows[r].turn, rows[r].op, answers[a].name,
                        letter(&p.v));
            if (p.v.what == ACTION_RETRY)
                CHECK_STR(turn_of(&p), after);
            if (p.v.what == ACTION_DEAD || p.v.what == ACTION_RETRY)
                CHECK(p.v.reason[0]);
            /* In doubt exactly when it may have had its effect. */
            bool doubt = json_is_true(json_object_get(p.t.progress, "doubt"));
            bool may = strcmp(rows[r].turn, "act") == 0 && p.v.what == ACTION_RETRY &&
                       (want == '?' || want == 'f');
            CHECK_INT(doubt, may);
            play_end(&p);
        }
}

/* ---- start ---- */

TEST(start_finds_its_task_and_kind_then_looks_then_acts)
{
    struct play p = play_of("start", "{\"task\":\"key-123\",\"note\":\"n\",\"billable\":true}");
    p.person.type_of_work = "Development";
    begin(&p);
    CHECK_STR(p.v.method, "GET");
    CHECK_STR(p.v.path, "/tasks/key/KEY-123");
    hear(&p, 200, "{\"id\":\"" TASK "\",\"typeOfWorkId\":\"" E1 "\"}");
    CHECK_STR(p.v.path, "/typeofwork?page=1&pageSize=1000");
    hear(&p, 200,
         "[{\"id\":\"" E2 "\",\"name\":\"Development\",\"isArchived\":true},"
         "{\"id\":\"" KIND "\",\"name\":\"Development\",\"isArchived\":false}]");
    CHECK_STR(p.v.path, "/users/" ANNA "/timeentries/last");
    CHECK(!action_is_acting(p.t.progress));
    hear(&p, 204, "");
    CHECK_STR(p.v.method, "POST");
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/start");
    CHECK_STR(p.v.body, "{\"timezone\":\"Europe/Berlin\",\"typeOfWorkId\":\"" KIND
                        "\",\"taskId\":\"" TASK "\",\"note\":\"n\",\"isBillable\":true}");
    CHECK(!p.v.own_token && action_is_acting(p.t.progress));
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", ON_TASK)), ACTION_DONE);
    CHECK(p.v.has_timer && cw_text_is(p.v.timer.entry, E1));
    CHECK(cw_text_is(p.v.timer.started_by, "r") && !p.v.timer.paused_by.len);
    play_end(&p);
}

/* A byte 0 in a text, which JSON may have, neither hides an entry nor leaves with a note. */
TEST(a_byte_0_in_a_note)
{
    struct play p = play_of("start", "{\"task\":\"" TASK "\"}");
    json_object_set_new(p.t.args, "note", json_stringn("a\0b", 3));
    begin(&p);
    hear(&p, 200, ENTRY(E1, "08:00:00", ON_TASK2 ",\"note\":\"x\\u0000y\""));
    CHECK_STR(p.v.method, "POST");
    CHECK_STR(p.v.body, "{\"timezone\":\"Europe/Berlin\",\"typeOfWorkId\":\"" KIND
                        "\",\"taskId\":\"" TASK "\",\"note\":\"a b\"}");
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", ON_TASK ",\"note\":\"a\\u0000b\"")), ACTION_DONE);
    play_end(&p);
}

TEST(start_takes_the_kind_of_the_rule_the_user_or_the_task)
{
    struct play p = play_of("start", "{\"type_of_work\":\"" E1 "\"}");
    begin(&p);
    CHECK_STR(turn_of(&p), "look");
    CHECK_STR(json_string_value(json_object_get(p.t.progress, "kind")), E1);
    play_end(&p);
    p = play_of("start", "{\"task\":\"" TASK "\"}");
    p.person.type_of_work = NULL;
    begin(&p);
    CHECK_STR(p.v.path, "/tasks/" TASK);
    hear(&p, 200, "{\"id\":\"" TASK "\",\"typeOfWorkId\":\"" KIND "\"}");
    CHECK_STR(turn_of(&p), "look");
    play_end(&p);
    p = play_of("start", "{\"task\":\"" TASK "\"}");
    p.person.type_of_work = NULL;
    begin(&p);
    CHECK_INT(hear(&p, 200, "{\"id\":\"" TASK "\"}"), ACTION_DEAD);
    CHECK(strstr(p.v.reason, "no type of work") != NULL);
    play_end(&p);
    p = play_of("start", "{}");
    p.person.type_of_work = NULL;
    CHECK_INT(begin(&p), ACTION_DEAD);
    play_end(&p);
}

TEST(kinds_are_remembered_and_must_be_one)
{
    struct play p = play_of("start", "{\"type_of_work\":\"dev\"}");
    const char *id;
    begin(&p);
    hear(&p, 200, "[{\"id\":\"" KIND "\",\"name\":\"Dev\"},{\"id\":\"" E1 "\",\"name\":\"Ops\"}]");
    CHECK_STR(turn_of(&p), "look");
    json_object_clear(p.t.progress);
    begin(&p); /* the next call asks nobody */
    CHECK_STR(turn_of(&p), "look");
    CHECK_INT(kinds_find(p.t.kinds, "dev", 1000 + 599999, &id), KINDS_ONE);
    CHECK_INT(kinds_find(p.t.kinds, "dev", 1000 + 600000, &id), KINDS_UNKNOWN);
    play_end(&p);
    p = play_of("start", "{\"type_of_work\":\"dev\"}");
    begin(&p);
    CHECK_INT(hear(&p, 200,
                   "[{\"id\":\"" KIND "\",\"name\":\"Dev\"},{\"id\":\"" E1 "\",\"name\":\"DEV\"}]"),
              ACTION_DEAD);
    CHECK_STR(p.v.reason, "more than one type of work is named dev");
    play_end(&p);
    p = play_of("start", "{\"type_of_work\":\"dev\"}");
    begin(&p);
    CHECK_INT(hear(&p, 200, "[]"), ACTION_DEAD);
    CHECK_STR(p.v.reason, "awork has no type of work named dev");
    play_end(&p);
}

/* A start whose type of work was remembered since another call, which is archived by now. */
static void start_with_an_old_kind(struct play *p)
{
    *p = play_of("start", "{\"type_of_work\":\"dev\"}");
    begin(p);
    hear(p, 200, "[{\"id\":\"" KIND "\",\"name\":\"Dev\"}]");
    json_object_clear(p->t.progress); /* the next call */
    begin(p);
    CHECK_STR(turn_of(p), "look");
    hear(p, 204, "");
    CHECK(strstr(p->v.body, KIND) != NULL);
}

TEST(a_kind_that_was_archived_meanwhile_is_looked_up_once)
{
    struct play p;
    start_with_an_old_kind(&p);
    CHECK_INT(hear(&p, 400, "{\"code\":\"entity-archived\"}"), ACTION_SEND);
    CHECK_STR(p.v.path, "/typeofwork?page=1&pageSize=1000");
    hear(&p, 200, "[{\"id\":\"" E1 "\",\"name\":\"Dev\"}]"); /* another one of that name */
    CHECK_STR(turn_of(&p), "look");
    hear(&p, 204, "");
    CHECK(strstr(p.v.body, E1) != NULL);
    CHECK_INT(hear(&p, 400, "{\"code\":\"entity-archived\"}"), ACTION_DEAD);
    play_end(&p);
    start_with_an_old_kind(&p);
    hear(&p, 400, "{\"code\":\"validation-failed\"}");
    CHECK_INT(hear(&p, 200, "[]"), ACTION_DEAD);
    CHECK_STR(p.v.reason, "awork has no type of work named dev");
    play_end(&p);
    start_with_an_old_kind(&p); /* this has nothing to do with it */
    CHECK_INT(hear(&p, 400, "{\"code\":\"deactivated-user\"}"), ACTION_DEAD);
    play_end(&p);
}

TEST(what_is_no_key_never_reaches_a_path)
{
    static const char *const bad[] = {
        "{\"task\":\"../users\"}", "{\"task\":\"A/B\"}",
        "{\"task\":\"\"}",         "{\"task\":\"A B\"}",
        "{\"task\":\"A%2fB\"}",    "{\"task\":\"\\u00c4-1\"}",
        "{\"task\":17}",           "{\"project\":\"a\\nb\"}",
        "{\"project\":[]}",        "{\"task\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZ-12345678\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct play p = play_of("start", bad[i]);
        if (!CHECK_INT(begin(&p), ACTION_DEAD))
            fprintf(stderr, "  %s\n", bad[i]);
        CHECK(strstr(p.v.reason, "must be an id or a key") != NULL);
        play_end(&p);
    }
    struct play p = play_of("start", "{\"task\":\"NO-1\"}");
    begin(&p);
    CHECK_INT(hear(&p, 404, "{\"code\":\"not-found\"}"), ACTION_DEAD);
    CHECK_STR(p.v.reason, "awork knows no task NO-1");
    play_end(&p);
    p = play_of("start", "{}");
    p.person.awork = "anna/../bob";
    CHECK_INT(begin(&p), ACTION_DEAD);
    play_end(&p);
}

static enum action_what start_seeing(struct play *p, const char *args, const char *last)
{
    *p = play_of("start", args);
    begin(p);
    return hear(p, 200, last);
}

TEST(start_of_what_runs_does_nothing)
{
    struct play p;
    const char *on_task = "{\"task\":\"" TASK "\"}";
    CHECK_INT(start_seeing(&p, on_task, ENTRY(E1, "08:00:00", ON_TASK)), ACTION_DONE);
    CHECK(!p.v.has_timer);
    play_end(&p);
    CHECK_INT(start_seeing(&p, on_task, ENTRY(E1, "08:00:00", ON_TASK2)), ACTION_SEND);
    play_end(&p);
    CHECK_INT(start_seeing(&p, on_task, ENTRY(E1, "08:00:00", ON_TASK STOPPED)), ACTION_SEND);
    play_end(&p);
    CHECK_INT(start_seeing(&p, on_task, ENTRY(E1, "08:00:00", ON_TASK OPEN_BREAK)), ACTION_SEND);
    play_end(&p);
    CHECK_INT(start_seeing(&p, "{}", ENTRY(E1, "08:00:00", ON_TASK)), ACTION_SEND);
    play_end(&p);
    CHECK_INT(start_seeing(&p, "{\"project\":\"" PROJ "\"}",
                           ENTRY(E1, "08:00:00", ",\"projectId\":\"" PROJ "\"")),
              ACTION_DONE);
    play_end(&p);
    CHECK_INT(start_seeing(&p, "{\"type_of_work\":\"" E2 "\"}", ENTRY(E1, "08:00:00", "")),
              ACTION_SEND);
    play_end(&p);
    CHECK_INT(start_seeing(&p, "{\"if_running\":\"keep\"}", ENTRY(E1, "08:00:00", ON_TASK)),
              ACTION_SKIPPED);
    play_end(&p);
    CHECK_INT(start_seeing(&p, "{\"if_running\":\"keep\"}", ENTRY(E1, "08:00:00", STOPPED)),
              ACTION_SEND);
    play_end(&p);
}

/* Up to an act whose answer is lost, E1 having been seen; then begins again with the look. */
static void lose_act(struct play *p, const char *action, const char *args, const char *last)
{
    *p = play_of(action, args);
    begin(p);
    CHECK_INT(hear(p, 200, last), ACTION_SEND);
    CHECK(action_is_acting(p->t.progress));
    CHECK_INT(lose(p, TRANSPORT_LOST), ACTION_RETRY);
    CHECK_INT(p->v.cause, ACTION_DOUBT);
    CHECK_INT(begin(p), ACTION_SEND);
    CHECK_STR(turn_of(p), "look");
}

TEST(a_lost_start_is_repeated_only_when_nothing_changed)
{
    const char *args = "{\"task\":\"" TASK "\"}", *before = ENTRY(E1, "08:00:00", ON_TASK2);
    struct play p;
    lose_act(&p, "start", args, before);
    CHECK_INT(hear(&p, 200, before), ACTION_SEND); /* it never landed */
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/start");
    play_end(&p);
    lose_act(&p, "start", args, before);
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", ON_TASK)), ACTION_DONE); /* it did */
    CHECK(cw_text_is(p.v.timer.entry, E2) && cw_text_is(p.v.timer.started_by, "r"));
    play_end(&p);
    lose_act(&p, "start", args, before);
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", ON_TASK STOPPED)), ACTION_DONE);
    play_end(&p);
    lose_act(&p, "start", args, before); /* somebody else's: the human wins */
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", "")), ACTION_SKIPPED);
    play_end(&p);
    lose_act(&p, "start", args, before); /* E1 is deleted, an older one comes to light */
    CHECK_INT(hear(&p, 200, ENTRY(E2, "07:00:00", ON_TASK)), ACTION_SKIPPED);
    play_end(&p);
    lose_act(&p, "start", args, before); /* the look is lost too: still in doubt */
    lose(&p, TRANSPORT_LOST);
    begin(&p);
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", ON_TASK)), ACTION_DONE);
    play_end(&p);
}

TEST(a_start_whose_memory_was_stored_but_not_sent_looks_again)
{
    struct play p;
    start_seeing(&p, "{}", ENTRY(E1, "08:00:00", ON_TASK));
    CHECK(action_is_acting(p.t.progress));
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(turn_of(&p), "look");
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", "")), ACTION_DONE); /* runs meanwhile */
    play_end(&p);
}

/* ---- stop ---- */

TEST(stop_looks_then_stops_what_is_active)
{
    struct play p = play_of("stop", "{}");
    begin(&p);
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", OPEN_BREAK)), ACTION_SEND);
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/stop");
    CHECK_STR(p.v.body, "{}");
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", STOPPED)), ACTION_DONE);
    CHECK(p.v.has_timer && !p.v.timer.memo.len);
    play_end(&p);
    p = play_of("stop", "{}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_SKIPPED);
    CHECK(!p.v.ends_run);
    play_end(&p);
    p = play_of("stop", "{}"); /* a duration typed in by hand is no timer */
    begin(&p);
    CHECK_INT(hear(&p, 200, "{\"id\":\"" E1 "\",\"duration\":60}"), ACTION_SKIPPED);
    play_end(&p);
}

TEST(a_lost_stop_is_repeated_only_for_the_same_entry)
{
    struct play p;
    const char *before = ENTRY(E1, "08:00:00", "");
    lose_act(&p, "stop", "{}", before);
    CHECK_INT(hear(&p, 200, before), ACTION_SEND);
    play_end(&p);
    lose_act(&p, "stop", "{}", before);
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", STOPPED)), ACTION_DONE);
    CHECK(p.v.has_timer);
    play_end(&p);
    lose_act(&p, "stop", "{}", before); /* a new timer of the person: not ours to stop */
    CHECK_INT(hear(&p, 200, ENTRY(E2, "09:00:00", "")), ACTION_SKIPPED);
    play_end(&p);
}

/* ---- pause and resume ---- */

TEST(pause_and_resume_go_by_the_own_token_without_a_body)
{
    struct play p = play_of("pause", "{}");
    p.person.token = "own";
    begin(&p);
    CHECK(!p.v.own_token);
    hear(&p, 200, ENTRY(E1, "08:00:00", ""));
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/pause");
    CHECK(p.v.own_token && !p.v.body);
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", OPEN_BREAK)), ACTION_DONE);
    CHECK(cw_text_is(p.v.timer.paused_by, "r") && !p.v.timer.memo.len);
    play_end(&p);
    p = play_of("resume", "{}");
    p.person.token = "own";
    p.timer = (struct store_timer){
        .entry = CW_TEXT(E1), .started_by = CW_TEXT("s"), .paused_by = CW_TEXT("r")};
    begin(&p);
    hear(&p, 200, ENTRY(E1, "08:00:00", OPEN_BREAK));
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/resume");
    CHECK(p.v.own_token && !p.v.body);
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", ENDED_BREAK)), ACTION_DONE);
    CHECK(cw_text_is(p.v.timer.started_by, "s") && !p.v.timer.paused_by.len);
    play_end(&p);
}

TEST(a_lost_pause_and_resume_look_first)
{
    struct play p;
    static const struct {
        const char *action, *before, *after;
        enum action_what what;
    } lost[] = {
        {"pause", "", "", ACTION_SEND},
        {"pause", "", OPEN_BREAK, ACTION_DONE},
        {"pause", "", STOPPED, ACTION_SKIPPED},
        {"resume", OPEN_BREAK, OPEN_BREAK, ACTION_SEND},
        {"resume", OPEN_BREAK, ENDED_BREAK, ACTION_DONE},
        {"resume", OPEN_BREAK, STOPPED, ACTION_SKIPPED},
    };
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        char before[512], after[512];
        snprintf(before, sizeof before, "{\"id\":\"" E1 "\",\"startTimeUtc\":\"08\"%s}",
                 lost[i].before);
        snprintf(after, sizeof after, "{\"id\":\"" E1 "\",\"startTimeUtc\":\"08\"%s}",
                 lost[i].after);
        p = play_of(lost[i].action, "{}");
        p.person.token = "own";
        begin(&p);
        CHECK_INT(hear(&p, 200, before), ACTION_SEND);
        CHECK_INT(lose(&p, TRANSPORT_LOST), ACTION_RETRY);
        begin(&p);
        if (!CHECK_INT(hear(&p, 200, after), lost[i].what))
            fprintf(stderr, "  row %zu\n", i);
        play_end(&p);
    }
}

TEST(without_a_token_the_setting_decides)
{
    static const enum action_what wants[] = {ACTION_SEND, ACTION_SKIPPED, ACTION_DEAD};
    for (int policy = WITHOUT_TOKEN_EMULATE; policy <= WITHOUT_TOKEN_FAIL; policy++) {
        struct play p = play_of("pause", "{}");
        p.t.without_token = (enum without_user_token)policy;
        begin(&p);
        CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", "")), wants[policy]);
        play_end(&p);
        p = play_of("pause", "{}"); /* with one that awork refuses: the same */
        p.person.token = "own";
        p.t.without_token = (enum without_user_token)policy;
        begin(&p);
        hear(&p, 200, ENTRY(E1, "08:00:00", ""));
        CHECK_INT(hear(&p, 400, "{\"code\":\"invalid-operation\",\"description\":\"own\"}"),
                  ACTION_SEND);
        CHECK_STR(turn_of(&p), "look");
        CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", "")), wants[policy]);
        if (policy == WITHOUT_TOKEN_EMULATE)
            CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/stop");
        play_end(&p);
    }
}

static const char whole[] = ENTRY(E1, "08:00:00",
                                  ",\"timezone\":\"UTC\",\"note\":\"n\",\"isBillable\":true,"
                                  "\"duration\":5" ON_TASK);
static const char whole_stopped[] = ENTRY(
    E1, "08:00:00",
    ",\"timezone\":\"UTC\",\"note\":\"n\",\"isBillable\":true,\"duration\":5" ON_TASK STOPPED);

TEST(an_emulated_pause_stops_remembers_and_starts_again)
{
    struct play p = play_of("pause", "{}");
    p.timer = (struct store_timer){.entry = CW_TEXT(E1), .started_by = CW_TEXT("s")};
    begin(&p);
    hear(&p, 200, whole);
    CHECK_STR(p.v.path, "/users/" ANNA "/timetracking/stop");
    CHECK(!p.v.own_token);
    CHECK_INT(hear(&p, 200, whole_stopped), ACTION_DONE);
    CHECK(cw_text_is(p.v.timer.entry, E1) && cw_text_is(p.v.timer.paused_by, "r"));
    CHECK(cw_text_is(p.v.timer.started_by, "s"));

    struct play q = play_of("resume", "{}");
    q.timer = p.v.timer;
    begin(&q);
    CHECK_INT(hear(&q, 200, whole_stopped), ACTION_SEND);
    CHECK_STR(q.v.path, "/users/" ANNA "/timetracking/start");
    CHECK_STR(q.v.body,
              "{\"timezone\":\"Europe/Berlin\",\"typeOfWorkId\":\"" KIND "\",\"taskId\":\"" TASK
              "\",\"projectId\":\"" PROJ "\",\"note\":\"n\",\"isBillable\":true}");
    CHECK_INT(hear(&q, 200, ENTRY(E2, "09:00:00", ON_TASK)), ACTION_DONE);
    CHECK(cw_text_is(q.v.timer.entry, E2) && cw_text_is(q.v.timer.started_by, "s"));
    CHECK(!q.v.timer.memo.len && !q.v.timer.paused_by.len);
    play_end(&q);

    q = play_of("resume", "{}"); /* lost, and it had landed */
    q.timer = p.v.timer;
    begin(&q);
    hear(&q, 200, whole_stopped);
    lose(&q, TRANSPORT_LOST);
    begin(&q);
    CHECK_INT(hear(&q, 200, ENTRY(E2, "09:00:00", ON_TASK)), ACTION_DONE);
    CHECK(cw_text_is(q.v.timer.started_by, "s"));
    play_end(&q);

    q = play_of("resume", "{}"); /* somebody started something since: nothing to resume */
    q.timer = p.v.timer;
    begin(&q);
    CHECK_INT(hear(&q, 200, ENTRY(E2, "09:00:00", STOPPED)), ACTION_SKIPPED);
    play_end(&q);

    q = play_of("stop", "{}"); /* a stop ends the pause without a request */
    q.timer = p.v.timer;
    begin(&q);
    CHECK_INT(hear(&q, 200, whole_stopped), ACTION_DONE);
    CHECK(q.v.has_timer && !q.v.timer.memo.len && !q.v.timer.paused_by.len);
    play_end(&q);

    q = play_of("pause", "{}"); /* and a second pause finds it paused */
    q.timer = p.v.timer;
    begin(&q);
    CHECK_INT(hear(&q, 200, whole_stopped), ACTION_SKIPPED);
    play_end(&q);
    play_end(&p);
}

TEST(a_lost_emulated_pause_remembers_what_the_look_saw)
{
    struct play p;
    lose_act(&p, "pause", "{}", whole);
    CHECK_INT(hear(&p, 200, whole_stopped), ACTION_DONE);
    CHECK(p.v.timer.memo.len && cw_text_is(p.v.timer.paused_by, "r"));
    play_end(&p);
}

TEST(resume_finds_nothing_to_do)
{
    static const char *const lasts[] = {ENTRY(E1, "08:00:00", ""), ENTRY(E1, "08:00:00", STOPPED),
                                        ENTRY(E1, "08:00:00", OPEN_BREAK)};
    for (size_t i = 0; i < 3; i++) {
        struct play p = play_of("resume", "{}");
        begin(&p);
        CHECK_INT(hear(&p, 200, lasts[i]), ACTION_SKIPPED);
        CHECK(p.v.reason[0]);
        play_end(&p);
    }
}

/* ---- Facts, log, odds and ends ---- */

static enum action_what ask(const char *condition, const char *entry, const char *last,
                            const char *memo)
{
    struct play p = play_of("stop", "{}");
    p.t.condition = cw_text_of(condition);
    p.timer = (struct store_timer){.entry = cw_text_of(entry),
                                   .started_by = CW_TEXT("s"),
                                   .paused_by = CW_TEXT("p"),
                                   .memo = cw_text_of(memo)};
    begin(&p);
    enum action_what what = hear(&p, *last ? 200 : 204, last);
    if (what == ACTION_SKIPPED)
        CHECK(p.v.ends_run && p.v.reason[0]);
    play_end(&p);
    return what;
}

TEST(facts_are_asked_right_before_acting)
{
    const char *running = ENTRY(E1, "08:00:00", ""), *paused = ENTRY(E1, "08:00:00", OPEN_BREAK);
    const char *stopped = ENTRY(E1, "08:00:00", STOPPED);
    CHECK_INT(ask("{\"timer\":[\"running\"]}", E1, running, ""), ACTION_SEND);
    CHECK_INT(ask("{\"timer\":[\"running\"]}", E1, paused, ""), ACTION_SKIPPED);
    CHECK_INT(ask("{\"timer\":[\"running\"]}", E1, "", ""), ACTION_SKIPPED);
    CHECK_INT(ask("{\"started_by\":\"s\"}", E1, running, ""), ACTION_SEND);
    CHECK_INT(ask("{\"started_by\":\"s\"}", E2, running, ""), ACTION_SKIPPED); /* not ours */
    CHECK_INT(ask("{\"paused_by\":\"p\"}", E1, paused, ""), ACTION_SEND);
    CHECK_INT(ask("{\"paused_by\":\"p\"}", E1, running, ""), ACTION_SKIPPED);
    CHECK_INT(ask("{\"paused_by\":\"p\"}", E2, paused, ""), ACTION_SKIPPED);
    CHECK_INT(ask("{\"paused_by\":\"p\"}", E1, stopped, "{}"), ACTION_DONE); /* emulated */
    CHECK_INT(ask("{\"paused_by\":\"p\"}", E1, stopped, ""), ACTION_SKIPPED);
    CHECK_INT(ask("{\"nonsense\":1}", E1, running, ""), ACTION_DEAD);
}

TEST(log_only_looks_when_it_has_a_condition)
{
    struct play p = play_of("log", "{\"text\":\"hello\"}");
    CHECK_INT(begin(&p), ACTION_DONE);
    CHECK_STR(p.v.log, "hello");
    p.t.condition = CW_TEXT("{\"timer\":[\"running\"]}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_INT(hear(&p, 204, ""), ACTION_SKIPPED);
    CHECK(!p.v.log && p.v.ends_run);
    play_end(&p);
}

TEST(reply_is_for_who_waits)
{
    struct play p = play_of("reply", "{\"text\":\"On KEY-1.\"}");
    CHECK_INT(begin(&p), ACTION_SKIPPED);
    CHECK_STR(p.v.reason, "nobody waits for the answer any more");
    CHECK(p.v.reply == NULL);
    p.t.is_awaited = true;
    CHECK_INT(begin(&p), ACTION_DONE);
    CHECK_STR(p.v.reply, "On KEY-1.");
    p.t.instead = "not started: no";
    CHECK_INT(begin(&p), ACTION_SKIPPED);
    CHECK_STR(p.v.reply, "not started: no");
    CHECK_STR(p.v.reason, "said instead: not started: no");
    p.t.besides = "not told: no";
    CHECK_INT(begin(&p), ACTION_SKIPPED);
    CHECK_STR(p.v.reply, "not started: no\nnot told: no");
    p.t.instead = NULL;
    CHECK_INT(begin(&p), ACTION_DONE);
    CHECK_STR(p.v.reply, "On KEY-1.\nnot told: no");
    CHECK(!p.v.ends_run);
    CHECK_STR(action_undone("stop"), "not stopped");
    CHECK_STR(action_undone("dance"), "not done");
    CHECK(action_is_of_timer(CW_TEXT("pause")) && !action_is_of_timer(CW_TEXT("reply")));
    play_end(&p);
}

TEST(the_table_names_what_can_be_done)
{
    for (size_t i = 0; i < action_specs_n; i++) {
        struct play p = play_of(action_specs[i].name, "{\"text\":\"x\",\"name\":\"x\"}");
        begin(&p);
        bool unknown = strncmp(p.v.reason, "this build has no action", 24) == 0;
        CHECK_INT(unknown, action_specs[i].later);
        play_end(&p);
    }
    struct play p = play_of("dance", "{}");
    CHECK_INT(begin(&p), ACTION_DEAD);
    play_end(&p);
}

TEST(reasons_are_cut_between_characters)
{
    char text[601], body[700];
    for (int i = 0; i < 600; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    text[600] = '\0';
    snprintf(body, sizeof body, "{\"code\":\"x\",\"description\":\"%s\"}", text);
    struct play p = play_of("stop", "{}");
    begin(&p);
    CHECK_INT(hear(&p, 400, body), ACTION_DEAD);
    json_t *sound = json_string(p.v.reason);
    CHECK(sound != NULL && strlen(p.v.reason) < 300);
    json_decref(sound);
    play_end(&p);
}

TEST(uuids_and_states_are_read_strictly)
{
    struct entry e;
    CHECK(uuid_copy("AAAAAAAA-0000-4000-8000-00000000000F", e.id));
    CHECK_STR(e.id, "aaaaaaaa-0000-4000-8000-00000000000f");
    CHECK(!uuid_copy("", NULL));
    CHECK(!uuid_copy(ANNA "0", NULL));
    CHECK(!uuid_copy("aaaaaaaa-0000-4000-8000-00000000000", NULL));
    CHECK(!uuid_copy("aaaaaaaa_0000-4000-8000-000000000001", NULL));
    CHECK(!uuid_copy("aaaaaaaa-0000-4000-8000-00000000000g", NULL));
    json_t *cut = json_loads("{\"id\":\"" E1 "\",\"startDateUtc\":\"2026-03-0\\u00e4\","
                             "\"startTimeUtc\":\"08:00:00.1\\u00e4\"}",
                             0, NULL);
    CHECK(entry_read(cut, &e)); /* never half a character: it is stored as JSON */
    CHECK_STR(e.start, "2026-03-0T08:00:00.1");
    json_decref(cut);
    json_t *none = json_object();
    CHECK(!entry_read(none, &e));
    CHECK(!entry_read(NULL, &e));
    json_decref(none);
}

/* ---- What is rendered in the lane ---- */

#define DETAILS                                                                                    \
    ",\"task\":{\"name\":\"Landing "                                                               \
    "page\",\"taskIdentifier\":\"KEY-7\"},\"project\":{\"name\":\"Web\"}"

TEST(a_log_that_reads_the_timer_looks_first)
{
    struct play p = play_of("log", "{\"${}\":{\"text\":\"on ${timer.task}: ${timer.state}\"}}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_STR(p.v.path, "/users/" ANNA "/timeentries/last");
    CHECK_INT(hear(&p, 200, ENTRY(E1, "08:00:00", ON_TASK2 DETAILS)), ACTION_DONE);
    CHECK_STR(p.v.log, "on KEY-7: running");
    json_t *shown = action_shown_args(p.t.args, p.t.progress);
    CHECK_STR(json_string_value(json_object_get(shown, "text")), "on KEY-7: running");
    CHECK_INT(json_object_size(shown), 1);
    json_decref(shown);
    play_end(&p);
}

TEST(what_the_look_has_not_seen_is_dead_unless_there_is_a_default)
{
    struct play p = play_of("log", "{\"${}\":{\"text\":\"on ${timer.task}\"}}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_DEAD);
    CHECK_STR(p.v.reason, "`timer.task` is missing");
    play_end(&p);
    p = play_of("log", "{\"${}\":{\"text\":\"on ${timer.task | default: none}\"}}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_DONE);
    CHECK_STR(p.v.log, "on none");
    play_end(&p);
    p = play_of("log", "{\"${}\":{\"text\":\"${timer\"}}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_DONE); /* nothing in it waits, and it has no text */
    play_end(&p);
}

TEST(a_condition_comes_before_what_is_rendered)
{
    struct play p = play_of("log", "{\"${}\":{\"text\":\"on ${timer.task}\"}}");
    p.t.condition = CW_TEXT("{\"timer\":[\"running\"]}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_SKIPPED);
    CHECK_STR(p.v.reason, "not so: the timer is stopped, not running");
    play_end(&p);
}

TEST(a_start_that_reads_the_timer_looks_before_it_finds_its_task)
{
    struct play p = play_of("start", "{\"${}\":{\"task\":\"${timer.task}\",\"note\":\"after "
                                     "${timer.task_name}\"},\"billable\":false}");
    begin(&p);
    CHECK_STR(turn_of(&p), "look");
    hear(&p, 200, ENTRY(E1, "08:00:00", STOPPED ON_TASK2 DETAILS));
    CHECK_STR(p.v.path, "/tasks/key/KEY-7");
    hear(&p, 200, "{\"id\":\"" TASK "\"}");
    CHECK_STR(turn_of(&p), "look");
    /* What is there by now does not matter: it was rendered, and stays. */
    hear(&p, 200, ENTRY(E2, "09:00:00", STOPPED));
    CHECK_STR(p.v.body,
              "{\"timezone\":\"Europe/Berlin\",\"typeOfWorkId\":\"" KIND "\",\"taskId\":\"" TASK
              "\",\"note\":\"after Landing page\",\"isBillable\":false}");
    CHECK_INT(lose(&p, TRANSPORT_LOST), ACTION_RETRY);
    begin(&p);
    hear(&p, 200, ENTRY(E2, "09:00:00", STOPPED));
    CHECK(strstr(p.v.body, "after Landing page") != NULL);
    play_end(&p);
}

TEST(secrets_stay_templates)
{
    struct play p = play_of("log", "{\"${}\":{\"text\":\"${secret.a} on ${timer.state}\",\"x\":"
                                   "\"${timer.state}\"}}");
    begin(&p);
    CHECK_INT(hear(&p, 204, ""), ACTION_DONE);
    json_t *late = json_object_get(p.t.progress, "late");
    CHECK_STR(json_string_value(json_object_get(late, "x")), "stopped");
    CHECK_STR(json_string_value(json_object_get(json_object_get(late, "${}"), "text")),
              "${secret.a} on stopped");
    play_end(&p);
    p = play_of("log", "{\"${}\":{\"text\":\"${secret.a}\"}}");
    CHECK_INT(begin(&p), ACTION_DONE); /* no look for them */
    play_end(&p);
}

/* ---- Facts ---- */

TEST(set_keeps_values_as_they_are)
{
    struct play p = play_of("set", "{\"a\":true,\"n\":1.50,\"big\":12345678901234567890,\"l\":[1,"
                                   "\"\\u00e4\"],\"for\":\"2 minutes\"}");
    CHECK_INT(begin(&p), ACTION_DONE);
    CHECK_INT(p.v.n_facts, 4);
    for (size_t i = 0; i < p.v.n_facts; i++) {
        const struct action_fact *f = &p.v.facts[i];
        CHECK_INT(f->until_ms, 1000 + 120000);
        CHECK(!cw_text_is(f->name, "n") || cw_text_is(f->value, "1.50"));
        CHECK(!cw_text_is(f->name, "big") || cw_text_is(f->value, "12345678901234567890"));
        CHECK(!cw_text_is(f->name, "l") || cw_text_is(f->value, "[1,\"\u00e4\"]"));
    }
    CHECK_STR(p.v.path ? p.v.path : "", "");
    play_end(&p);
}

TEST(set_renders_what_the_look_tells)
{
    struct play p = play_of("set", "{\"n\":1,\"${}\":{\"was\":\"${timer.task | default: none}\"}}");
    CHECK_INT(begin(&p), ACTION_SEND);
    CHECK_INT(hear(&p, 204, ""), ACTION_DONE);
    CHECK_INT(p.v.n_facts, 2);
    for (size_t i = 0; i < p.v.n_facts; i++) {
        CHECK_INT(p.v.facts[i].until_ms, INT64_MAX);
        CHECK(cw_text_is(p.v.facts[i].name, "n") || cw_text_is(p.v.facts[i].value, "\"none\""));
    }
    play_end(&p);
}

TEST(what_cannot_be_set_is_dead)
{
    struct play p = play_of("set", "{\"a\":1,\"for\":\"soon\"}");
    CHECK_INT(begin(&p), ACTION_DEAD);
    CHECK_STR(p.v.reason, "\"soon\" is no duration; say \"2 hours\" or \"90m\"");
    play_end(&p);
    p = play_of("clear", "{}");
    CHECK_INT(begin(&p), ACTION_DEAD);
    play_end(&p);
    p = play_of("clear", "{\"name\":\"a\"}");
    CHECK_INT(begin(&p), ACTION_DONE);
    CHECK(p.v.n_facts == 1 && cw_text_is(p.v.facts[0].name, "a") && !p.v.facts[0].value.len);
    play_end(&p);
}

TEST(since_when_a_timer_is_what_it_is)
{
    static const struct {
        const char *rest, *since;
    } cases[] = {
        {"", "2026-03-02T08:00:00.123Z"},
        {ENDED_BREAK, "2026-03-02T08:30:00.000Z"},
        {OPEN_BREAK, "2026-03-02T08:30:00.000Z"},
        {STOPPED, "2026-03-02T10:00:00.000Z"},
        {",\"endDateUtc\":\"2026-03-02T00:00:00Z\"", "never"},
        {",\"breaks\":[{\"startDate\":\"soon\"}]", "never"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p = play_of("log", "{\"${}\":{\"text\":\"${timer.since | default: never}\"}}");
        char entry[512];
        snprintf(entry, sizeof entry, ENTRY(E1, "08:00:00.1234567", "%s"), cases[i].rest);
        begin(&p);
        hear(&p, 200, entry);
        CHECK_STR(p.v.log, cases[i].since);
        play_end(&p);
    }
}

TEST(moments_are_told_in_the_persons_zone)
{
    struct play p =
        play_of("log", "{\"${}\":{\"text\":\"since ${timer.since | date: %H:%M %z}\"}}");
    struct cw_ruleset *rules =
        lab_compile("version: 1\nusers:\n  anna: { awork: " ANNA ", timezone: Europe/Berlin }\n"
                    "rules:\n  - { id: a, when: github.a, user: anna, then: stop }\n",
                    NULL);
    p.person.zone = cw_ruleset_person(rules, 0)->zone;
    begin(&p);
    hear(&p, 200, ENTRY(E1, "08:00:00", ""));
    CHECK_STR(p.v.log, "since 09:00 +0100");
    cw_ruleset_unref(rules);
    play_end(&p);
}

TEST(an_emulated_pause_is_paused_since_the_pause)
{
    struct play p = play_of("log", "{\"${}\":{\"text\":\"${timer.state} for ${timer.for}\"}}");
    p.timer = (struct store_timer){.entry = CW_TEXT(E1), .memo = CW_TEXT("{}")};
    p.t.now_ms = 1772445600000 + 125000;
    begin(&p);
    hear(&p, 200, ENTRY(E1, "08:00:00", STOPPED));
    CHECK_STR(p.v.log, "paused for 2 minutes");
    play_end(&p);
}

/* Late they would surprise: what starts something, and what tells somebody. */
TEST(each_action_has_its_time_to_expire)
{
    static const char *const quarter[] = {"start", "pause", "resume", "notify", "hold"};
    for (size_t i = 0; i < action_specs_n; i++) {
        bool soon = false;
        for (size_t j = 0; j < sizeof quarter / sizeof *quarter; j++)
            soon |= strcmp(action_specs[i].name, quarter[j]) == 0;
        CHECK_INT(action_specs[i].expires_ms, soon ? 15 * 60 * 1000 : 0); /* 0: 24 hours */
    }
}

CHECK_MAIN
