/* Messages and calls to other hosts on virtual time: in their order, once, bounded, and beside
 * whatever holds up awork. */
#include "course.h"

#include "action/outside.h"

#define PEOPLE                                                                                     \
    "version: 1\ntimezone: UTC\nusers:\n"                                                          \
    "  ada: { awork: " ID("1") ", chat: 'https://chat/ada' }\n"                                    \
                               "  grace: { awork: " ID(                                            \
                                   "2") ", chat: 'https://chat/grace' }\n"                         \
                                        "  lin: { awork: " ID(                                     \
                                            "3") " }\nteams: { all: [ada, grace, lin] }\nrules:\n"
#define RULES                                                                                      \
    PEOPLE                                                                                         \
    "  - id: off\n    when: calendar.off\n    user: ada\n    then:\n"                              \
    "      - notify: { to: \"${user.chat}\", text: \"bye ${event.n}\" }\n"                         \
    "      - stop\n"                                                                               \
    "  - { id: on, when: calendar.on, user: ada, then: { start: { task: T-1 } } }\n"               \
    "  - id: team\n    when: calendar.team\n    user: ada\n"                                       \
    "    then: { notify: { to: team:all, text: hello } }\n"                                        \
    "  - id: post\n    when: calendar.post\n    user: ${event.who}\n    then:\n"                   \
    "      - call: { url: \"https://api/${user.name}\", json: { n: \"${event.n}\" } }\n"           \
    "      - log: posted\n"                                                                        \
    "  - id: if-running\n    when: calendar.if\n    user: ada\n    if: { timer: running }\n"       \
    "    then: { notify: { to: ada, text: \"on ${timer.task}\" } }\n"                              \
    "  - id: say\n    when: calendar.say\n    user: grace\n    then: [{ log: x }, { reply: "       \
    "hello }]\n"

static void on(void)
{
    deliver("on", "{}");
    CHECK_STR(story(), "1:start(1) ");
    fake_forget_story(w.fake);
}

/* A delivery without a restart behind it. */
static void hear_of(const char *type, const char *body)
{
    struct cw_error err;
    submit(type, body);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
}

BOTH(first_the_message_then_the_stop)
{
    begin(file, RULES);
    on();
    deliver("off", "{\"n\":1}");
    CHECK_INT(w.others.n, 1);
    CHECK_STR(w.others.seen[0].url, "https://chat/ada");
    CHECK_STR(w.others.seen[0].body, "{\"text\":\"bye 1\"}");
    CHECK_STR(story(), "1:stop ");
    CHECK_STR(calls(2), "notify done|stop done");
}

BOTH(a_team_and_who_is_left_out)
{
    begin(file, RULES);
    deliver("team", "{}");
    CHECK_INT(others_seen(&w.others, "https://chat/"), 2);
    CHECK_STR(calls(1), "notify dead: 2 of 3 were told; lin: there is no `chat` address");
    CHECK_STR(runs(1), "failed");
}

BOTH(a_condition_is_asked_at_awork_first)
{
    begin(file, RULES);
    deliver("if", "{}");
    CHECK_STR(calls(1), "notify skipped: not so: the timer is stopped, not running");
    on();
    others_say(&w.others, "chat", 503, 2);
    int looks = fake_requests(w.fake, "timeentries/last");
    deliver("if", "{}");
    go(nine + MINUTE);
    CHECK_STR(calls(3), "notify done");
    CHECK_INT(w.others.n, 3);
    CHECK_INT(fake_requests(w.fake, "timeentries/last"), looks + 1);
}

/* ---- Trouble ---- */

BOTH(a_chat_that_is_away_holds_up_the_timer_for_half_a_minute)
{
    static const int how[] = {OTHERS_UNSENT, 503, 429, 408};
    for (size_t i = 0; i < 4; i++) {
        begin(file, RULES);
        on();
        others_say(&w.others, "chat", how[i], 1000);
        hear_of("off", "{\"n\":1}");
        go(nine + 19 * SECOND);
        CHECK_STR(story(), "");
        go(nine + OUTSIDE_HOLD_MS);
        CHECK_STR(story(), "1:stop ");
        CHECK(w.others.n >= 3 && w.others.n <= 12);
        CHECK(strstr(calls(2), "notify dead: gave up after 30 seconds") == calls(2));
        CHECK_STR(runs(2), "failed");
        go(nine + HOUR);
        CHECK(w.others.n <= 12);
        if (i < 3)
            end();
    }
}

BOTH(what_gets_better_is_told)
{
    begin(file, RULES);
    others_say(&w.others, "chat", 503, 2);
    hear_of("off", "{\"n\":1}");
    go(nine + MINUTE);
    CHECK_INT(w.others.n, 3);
    CHECK_STR(calls(1), "notify done|stop skipped: no timer is active");
}

BOTH(what_is_wrong_or_lost_is_not_sent_again)
{
    begin(file, RULES);
    others_say(&w.others, "chat", OTHERS_LOST, 1);
    deliver("off", "{\"n\":1}");
    others_say(&w.others, "chat", 404, 1);
    deliver("off", "{\"n\":2}");
    others_say(&w.others, "api", OTHERS_LOST, 1);
    deliver("post", "{\"n\":3,\"who\":\"ada\"}");
    go(nine + HOUR);
    CHECK_INT(w.others.n, 3);
    CHECK_STR(calls(1),
              "notify dead: no answer came; it may have arrived, and is not sent again|stop "
              "skipped: no timer is active");
    CHECK_STR(calls(2), "notify dead: the host answered 404|stop skipped: no timer is active");
    CHECK_STR(calls(3), "call dead: no answer came; it may have arrived, and is not sent again|log "
                        "skipped: an earlier step failed");
}

/* ---- A kill at every point ---- */

/* After `n` steps of a turn or an answer each, the process is gone; the next one ends it. */
static bool killed_after(bool file, int n, int how)
{
    struct cw_error err;
    int step = 0;
    bool more = true;
    begin(file, RULES);
    on();
    others_say(&w.others, "chat", how, 1);
    submit("off", "{\"n\":1}");
    for (; step < n && more; step++) {
        if (step % 2)
            more = fake_deliver(w.fake) + others_deliver(&w.others) > 0;
        else
            must(engine_turn(w.engine, w.now_ms, &err), &err);
    }
    restart();
    go(nine + 5 * MINUTE);
    /* The message at most once, but for one that was refused for now; the stop once. */
    CHECK(w.others.n <= (how == 503 ? 2 : 1));
    if (step > 0 || w.others.n)
        CHECK_STR(story(), "1:stop ");
    const char *all = calls(2);
    bool lost = strstr(all, "no answer came") != NULL;
    if (step > 0 && !CHECK(lost || strcmp(all, "notify done|stop done") == 0))
        fprintf(stderr, "  after %d steps: %s\n", step, all);
    return more;
}

BOTH(a_kill_at_every_point)
{
    static const int how[] = {200, 503};
    for (size_t i = 0; i < 2; i++) {
        int n = 0;
        while (n < 40 && killed_after(file, n, how[i])) {
            end();
            n++;
        }
        CHECK(n > (how[i] == 200 ? 6 : 2) && n < 40);
        if (i < 1)
            end();
    }
}

BOTH(after_a_restart_it_has_its_time_again)
{
    begin(file, RULES);
    others_say(&w.others, "chat", 503, 2);
    hear_of("off", "{\"n\":1}");
    go(nine + 2 * SECOND);
    w.now_ms = nine + 5 * MINUTE;
    restart();
    go(nine + 6 * MINUTE);
    CHECK_STR(calls(1), "notify done|stop skipped: no timer is active");
}

BOTH(what_is_old_news_is_not_told)
{
    begin(file, RULES);
    on();
    submit("off", "{\"n\":1}");
    others_say(&w.others, "chat", 503, 1);
    go(nine);
    w.now_ms = nine + 20 * MINUTE;
    restart();
    go(nine + 21 * MINUTE);
    CHECK_STR(calls(2), "notify skipped: expired: due 09:00:00, now 09:20:00|stop done");
    CHECK_INT(w.others.n, 1);
}

/* ---- Beside awork ---- */

BOTH(what_holds_up_awork_does_not_hold_up_the_others)
{
    static const struct transport_rate hour = {-1, -1, -1, -1, -1, 3600};
    begin(file, RULES);
    fake_rate(w.fake, &hour);
    fake_suffer(w.fake, "", FAKE_STATUS, 429, "", 1000);
    hear_of("on", "{}");
    go(nine + SECOND);
    hear_of("post", "{\"n\":1,\"who\":\"grace\"}");
    hear_of("say", "{}");
    go(nine + 2 * SECOND);
    CHECK_STR(calls(2), "call done|log done");
    CHECK_STR(w.told, "[ok][ok][hello]");
    CHECK_STR(story(), "");
    CHECK_INT(fake_requests(w.fake, ""), 1);
}

BOTH(their_answers_say_nothing_of_the_key)
{
    begin(file, RULES);
    fake_refuse_token(w.fake, "key");
    hear_of("on", "{}");
    go(nine + SECOND);
    CHECK_STR(dispatcher_trouble(w.dispatcher), "awork refuses the API key");
    hear_of("post", "{\"n\":1,\"who\":\"grace\"}");
    go(nine + 2 * SECOND);
    CHECK_STR(calls(2), "call done|log done");
    CHECK_STR(dispatcher_trouble(w.dispatcher), "awork refuses the API key");
}

/* ---- Many ---- */

static char *many_people(const char *chat)
{
    char *text = calloc(1, 16384);
    size_t n = (size_t)snprintf(text, 16384, "version: 1\ntimezone: UTC\nusers:\n");
    for (int i = 1; i <= 60; i++)
        n += (size_t)snprintf(text + n, 16384 - n,
                              "  p%02d: { awork: aaaaaaaa-0000-4000-8000-0000000000%02d, chat: "
                              "'https://%s%d/' }\n",
                              i, i, chat, i);
    snprintf(text + n, 16384 - n,
             "rules:\n  - id: all\n    when: calendar.all\n    user: everyone\n    then:\n"
             "      - notify: { to: \"${user.chat}\", text: x }\n      - log: done\n");
    return text;
}

BOTH(one_host_gets_eight_at_a_time)
{
    char *rules = many_people("chat.example.org/");
    begin(file, rules);
    free(rules);
    hear_of("all", "{}");
    CHECK_INT(w.others.n, 8);
    go(nine + 10 * SECOND);
    CHECK_INT(w.others.n, 60);
    CHECK_INT(w.others.most_flying, 8);
    CHECK(strstr(calls(1), "dead") == NULL && strstr(calls(1), "ready") == NULL);
}

BOTH(a_host_that_is_away_holds_up_sixty_people_for_half_a_minute)
{
    char *rules = many_people("chat.example.org/");
    begin(file, rules);
    free(rules);
    others_say(&w.others, "", OTHERS_UNSENT, 100000);
    hear_of("all", "{}");
    go(nine + OUTSIDE_HOLD_MS);
    CHECK(strstr(calls(1), "ready") == NULL && strstr(calls(1), "sent") == NULL);
    CHECK(w.others.n < 400); /* a host that fails is left in peace */
}

BOTH(a_host_that_never_answers_keeps_only_its_own_waiting)
{
    char *rules = many_people("host");
    begin(file, rules);
    free(rules);
    others_say(&w.others, "https://host1", OTHERS_SILENT, 100000); /* and host10 to host19 */
    hear_of("all", "{}");
    go(nine + 10 * SECOND);
    CHECK_INT(w.others.n, 60);
    CHECK_INT(w.others.n_flying, 11);
    CHECK(w.others.most_flying <= 32);
}

BOTH(a_drain_begins_nothing)
{
    begin(file, RULES);
    submit("off", "{\"n\":1}");
    dispatcher_stop(w.dispatcher);
    go(nine + SECOND);
    CHECK_INT(w.others.n, 0);
    restart();
    go(nine + 2 * SECOND);
    CHECK_STR(calls(1), "notify done|stop skipped: no timer is active");
}

/* ---- reply and messages together ---- */

BOTH(the_sender_hears_of_a_message_that_was_not_told)
{
    begin(file, PEOPLE "  - id: both\n    when: calendar.both\n    user: ada\n    then:\n"
                       "      - start: { task: T-1 }\n"
                       "      - notify: { to: team:all, text: \"ada begins\" }\n"
                       "      - reply: On T-1.\n");
    deliver("both", "{}");
    CHECK_STR(w.told, "[On T-1.\nnot told: 2 of 3 were told; lin: there is no `chat` address]");
    CHECK_STR(calls(1), "start done|notify dead: 2 of 3 were told; lin: there is no `chat` "
                        "address|reply done");
}

CHECK_MAIN
