/* People who are known by their e-mail address, on virtual time: when awork is asked, what is made
 * of what it tells, and that nobody's call is lost meanwhile. */
#include "course.h"
#include "roster/roster.h"

#define RULES                                                                                      \
    "version: 1\ntimezone: UTC\nusers:\n  ada: { awork: Ada@Example.org }\n"                       \
    "  grace: { awork: " ID(                                                                       \
        "2") " }\nrules:\n"                                                                        \
             "  - { id: start, when: desktop.start, user: ada,"                                    \
             " then: { start: { task: " TASK(                                                      \
                 "1") " } } }\n"                                                                   \
                      "  - { id: stop, when: desktop.stop, user: ada, then: stop }\n"

#define USER(id, email)                                                                            \
    "{\"id\":\"" id "\",\"userContactInfos\":[{\"type\":\"email\",\"value\":\"" email "\"}]}"

static const int64_t day = 24 * (int64_t)HOUR;

static struct {
    struct config config;
    struct roster *roster;
} r;

static void open_roster(void)
{
    struct cw_error err;
    r.config = (struct config){.rules = w.rules, .people = w.people, .target = w.people.target};
    r.roster = roster_create(w.store, 5);
    must(roster_load(r.roster, &err), &err);
    roster_serve(r.roster, &r.config, w.now_ms);
    dispatcher_set_errand(w.dispatcher, roster_errand(r.roster));
}

static void begin_here(bool file)
{
    begin(file, RULES);
    for (size_t i = 0; i < w.people.n; i++)
        w.persons[i].email = cw_ruleset_person(w.rules, i)->email;
    open_roster();
}

/* What was learned is forgotten, but for the journal. */
static void restart_here(void)
{
    roster_destroy(r.roster);
    cw_ruleset_unref(w.rules);
    w.rules = rules_of(RULES);
    fill_people();
    for (size_t i = 0; i < w.people.n; i++)
        w.persons[i].email = cw_ruleset_person(w.rules, i)->email;
    restart();
    open_roster();
}

/* Like go, and the lanes hear of news, as in the daemon. */
static void wait(int64_t ms)
{
    int64_t end_ms = w.now_ms + ms;
    for (int i = 0; i < 20000 && w.now_ms < end_ms; i++) {
        struct cw_error err;
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        if (roster_had_news(r.roster))
            dispatcher_identified(w.dispatcher);
        int64_t next_ms = engine_next_ms(w.engine);
        if (fake_deliver(w.fake) || next_ms <= w.now_ms || dispatcher_ready(w.dispatcher, w.now_ms))
            continue;
        w.now_ms = next_ms < end_ms ? next_ms : end_ms;
    }
}

static void send(const char *type)
{
    submit_from("desktop", "desktop", type, "{}");
    wait(SECOND);
}

/* From now on awork has these users. */
static void tell(const char *list, int passes)
{
    fake_suffer(w.fake, "/users?page=1", FAKE_STATUS, 200, list, passes);
    fake_suffer(w.fake, "/users?page=2", FAKE_STATUS, 200, "[]", passes);
}

static int asked(void)
{
    return fake_requests(w.fake, "/users?page=1");
}

static void close_roster(void)
{
    roster_destroy(r.roster);
}

BOTH(a_call_waits_until_its_person_is_known)
{
    begin_here(file);
    tell("[]", 2);
    send("start");
    CHECK_STR(calls(1), "start ready: awork does not know Ada@Example.org (yet)");
    CHECK_STR(roster_trouble(r.roster), "awork does not know Ada@Example.org (yet)");
    tell("[" USER(ID("1"), "ada@example.ORG") "]", 100);
    wait(5 * MINUTE);
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(runs(1), "done");
    CHECK(!roster_trouble(r.roster));
    CHECK_STR(w.people.items[0].awork, ID("1"));
    close_roster();
}

/* Not every minute for ever; and no call is given up, but what expires does. */
BOTH(awork_is_asked_with_back_off)
{
    begin_here(file);
    w.people.target.give_up_ms = HOUR;
    tell("[]", 10000);
    send("stop");
    send("start");
    wait(16 * MINUTE);
    CHECK_STR(calls(2), "start ready"); /* behind the stop: it expires when its turn comes */
    wait(20 * HOUR);
    CHECK_STR(calls(1), "stop ready: awork does not know Ada@Example.org (yet)");
    int n = asked();
    CHECK(n >= 20 && n <= 50);
    wait(4 * HOUR);
    CHECK(strstr(calls(1), "stop skipped: expired") != NULL);
    CHECK(strstr(calls(2), "start skipped: expired") != NULL);
    CHECK_STR(story(), "");
    close_roster();
}

BOTH(who_is_known_is_asked_for_once_a_day)
{
    begin_here(file);
    tell("[" USER(ID("1"), "ada@example.org") "]", 1000);
    wait(10 * day + HOUR);
    CHECK_INT(asked(), 11);
    restart_here(); /* the journal knows when it was */
    wait(HOUR);
    CHECK_INT(asked(), 11);
    CHECK_STR(w.people.items[0].awork, ID("1"));
    close_roster();
}

BOTH(a_restart_without_awork_goes_on)
{
    begin_here(file);
    tell("[" USER(ID("1"), "ada@example.org") "]", 1);
    wait(MINUTE);
    restart_here();
    fake_suffer(w.fake, "/users?page", FAKE_UNSENT, 0, "", 100000);
    send("start");
    CHECK_STR(story(), "1:start(1) ");
    w.now_ms += 2 * day;
    restart_here();
    send("stop");
    wait(MINUTE);
    CHECK_STR(story(), "1:start(1) 1:stop ");
    close_roster();
}

/* The address is another user now: their timer is the one that counts. Who is gone stays known. */
BOTH(ids_change_hands)
{
    begin_here(file);
    tell("[" USER(ID("1"), "ada@example.org") "]", 1);
    wait(MINUTE);
    tell("[" USER(ID("3"), "ada@example.org") "]", 1);
    wait(day);
    CHECK_STR(w.people.items[0].awork, ID("3"));
    CHECK_STR(cw_ruleset_find(w.rules, CW_TEXT("awork:" ID("3")))->name, "ada");
    CHECK(!cw_ruleset_find(w.rules, CW_TEXT("awork:" ID("1"))));
    tell("[]", 1);
    wait(day);
    CHECK_STR(w.people.items[0].awork, ID("3"));
    CHECK(strstr(roster_trouble(r.roster), "knows Ada@Example.org no more") != NULL);
    tell("[" USER(ID("3"), "ada@example.org") "," USER(ID("4"), "ada@example.org") "]", 1);
    wait(day);
    CHECK_STR(w.people.items[0].awork, "");
    CHECK(strstr(roster_trouble(r.roster), "is the address of 2 users") != NULL);
    close_roster();
}

BOTH(one_user_for_two_people_is_refused)
{
    begin_here(file);
    tell("[" USER(ID("2"), "ada@example.org") "]", 100);
    send("start");
    wait(MINUTE);
    CHECK_STR(calls(1), "start ready: ada and grace are the same user of awork (" ID("2") ")");
    CHECK_STR(w.people.items[1].awork, ID("2"));
    CHECK_STR(story(), "");
    close_roster();
}

/* Whatever awork does to the list, the question is put again, seldom, and holds up nobody. */
TEST(troubles_of_the_list)
{
    static const struct {
        enum fake_fault fault;
        int status;
        const char *body;
    } rows[] = {{FAKE_UNSENT, 0, ""},
                {FAKE_LOST_BEFORE, 0, ""},
                {FAKE_STATUS, 500, ""},
                {FAKE_STATUS, 503, "down"},
                {FAKE_STATUS, 429, ""},
                {FAKE_STATUS, 403, ""},
                {FAKE_STATUS, 401, "{\"message\":{\"code\":\"unauthorized\"}}"},
                {FAKE_STATUS, 401, "{\"code\":\"unauthorized\"}"},
                {FAKE_STATUS, 404, "{}"},
                {FAKE_STATUS, 200, "{\"id\":"},
                {FAKE_STATUS, 200, "{}"},
                {FAKE_STATUS, 204, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin_here(false);
        fake_suffer(w.fake, "/users?page=1", rows[i].fault, rows[i].status, rows[i].body, 3);
        tell("[" USER(ID("1"), "ada@example.org") "]", 100);
        send("start");
        bool is_said = roster_trouble(r.roster) != NULL;
        wait(10 * MINUTE);
        if (!CHECK(is_said) || !CHECK_STR(story(), "1:start(1) ") || !CHECK_INT(asked(), 4))
            fprintf(stderr, "  row %zu\n", i);
        close_roster();
        end();
    }
}

/* For ever: a day of it costs no more than what the longest pauses leave. */
TEST(a_list_that_never_comes)
{
    begin_here(false);
    fake_suffer(w.fake, "/users?page=1", FAKE_STATUS, 500, "", 100000);
    wait(day);
    CHECK(asked() >= 200 && asked() <= 800);
    CHECK(strstr(roster_trouble(r.roster), "(awork answered 500)") != NULL);
    close_roster();
    end();
}

/* A turn that was not written: what was on its way is asked again. */
BOTH(what_was_in_flight_is_asked_again)
{
    struct cw_error err;
    begin_here(file);
    tell("[" USER(ID("1"), "ada@example.org") "]", 5);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    CHECK_INT(fake_waiting(w.fake), 1);
    must(dispatcher_load(w.dispatcher, w.now_ms, &err), &err);
    CHECK_INT(fake_waiting(w.fake), 0);
    wait(MINUTE);
    CHECK_STR(w.people.items[0].awork, ID("1"));
    close_roster();
}

CHECK_MAIN
