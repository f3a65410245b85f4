#include "log.h"

#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char line[8192];

static void begin(enum log_level level, enum log_format format)
{
    CHECK(pipe(ends) == 0);
    log_setup(level, format, ends[1]);
}

/* What was written since begin, as one text. */
static const char *end(void)
{
    close(ends[1]);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    return line;
}

static json_t *end_json(void)
{
    json_t *o = json_loads(end(), 0, NULL);
    CHECK(o != NULL);
    return o;
}

static const char *text_in(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "(none)";
}

TEST(json_line)
{
    begin(LOG_INFO, LOG_JSON);
    LOG(LOG_WARN, "call answered", F_S("person", "ada"), F_I("status", 200));
    json_t *o = end_json();
    CHECK_STR(text_in(o, "msg"), "call answered");
    CHECK_STR(text_in(o, "level"), "warn");
    CHECK_STR(text_in(o, "person"), "ada");
    CHECK_INT(json_integer_value(json_object_get(o, "status")), 200);
    CHECK_INT(strlen(text_in(o, "ts")), 24);
    json_decref(o);
}

TEST(level_is_a_floor)
{
    begin(LOG_WARN, LOG_JSON);
    LOG(LOG_INFO, "unseen", F_END);
    CHECK_STR(end(), "");
}

TEST(lines_cannot_be_forged)
{
    begin(LOG_INFO, LOG_JSON);
    LOG(LOG_INFO, "m", F_S("a", "x\n{\"msg\":\"forged\"}\r\x1b[2J\x7f"),
        F_S("b", "\xe2\x80\xae"
                 "abc\xc2\x85"),
        F_S("c", "quote \" back \\ \xff end"));
    const char *text = end();
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    CHECK(!strpbrk(text, "\r\x1b\x7f"));
    json_t *o = json_loads(text, 0, NULL);
    CHECK(o != NULL);
    CHECK(strstr(text, "\\u202e") && strstr(text, "\\u0085"));
    CHECK_STR(text_in(o, "c"), "quote \" back \\ \xef\xbf\xbd end");
    json_decref(o);
}

TEST(values_are_cut_and_lines_stay_whole)
{
    static char big[3000];
    memset(big, 'x', sizeof big - 1);
    begin(LOG_INFO, LOG_JSON);
    struct log_field fields[41];
    for (int i = 0; i < 40; i++)
        fields[i] = F_S("name", big);
    fields[40] = F_END;
    log_write(LOG_INFO, "m", fields);
    const char *text = end();
    CHECK(strlen(text) <= 4096);
    json_t *o = json_loads(text, 0, NULL);
    CHECK(o != NULL);
    CHECK_INT(strlen(text_in(o, "name")), 256 + 3);
    json_decref(o);
}

TEST(readable_line)
{
    begin(LOG_INFO, LOG_TEXT);
    LOG(LOG_INFO, "run begins", F_S("rule", "a b"), F_I("event", 7), F_S("x", ""));
    const char *text = end();
    CHECK(strstr(text, "run begins  rule=\"a b\"  event=7\n") != NULL);
}

TEST(held_lines_are_told_or_forgotten)
{
    begin(LOG_INFO, LOG_JSON);
    log_hold();
    LOG(LOG_INFO, "not on disk", F_END);
    log_release(false);
    log_hold();
    LOG(LOG_INFO, "first", F_END);
    LOG(LOG_INFO, "second", F_END);
    log_release(true);
    LOG(LOG_INFO, "third", F_END);
    const char *text = end();
    CHECK(!strstr(text, "not on disk"));
    const char *first = strstr(text, "first"), *second = strstr(text, "second");
    CHECK(first && second && first < second && strstr(second, "third") != NULL);
}

/* Overlong forms, surrogates and what lies beyond Unicode would break a strict reader's line. */
TEST(only_well_formed_text_goes_through)
{
    begin(LOG_INFO, LOG_JSON);
    LOG(LOG_INFO, "m",
        F_S("a", "\xe0\x80\x8a"
                 "\xed\xa0\x80"
                 "\xf0\x80\x80\x8a"
                 "\xf4\x90\x80\x80"
                 "\xc0\x8a"),
        F_S("b", "\xe0\xa4\x85\xed\x9f\xbf\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"));
    json_t *o = end_json();
    CHECK(strspn(text_in(o, "a"), "\xef\xbf\xbd") == strlen(text_in(o, "a")));
    CHECK_STR(text_in(o, "b"), "\xe0\xa4\x85\xed\x9f\xbf\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
    json_decref(o);
    begin(LOG_INFO, LOG_JSON);
    LOG(LOG_INFO, "m", F_S("a", "\xd8\x9c\xef\xbb\xbf"));
    CHECK(strstr(end(), "\\u061c\\ufeff") != NULL);
}

TEST(a_flood_of_one_kind_is_ten_lines)
{
    uint64_t before = log_left_out();
    int lines = 0;
    begin(LOG_INFO, LOG_JSON);
    for (int i = 0; i < 1000; i++) {
        LOG_SOME(LOG_WARN, "flood", F_I("i", i));
        LOG_SOME(LOG_DEBUG, "unseen", F_END);
    }
    LOG_SOME(LOG_WARN, "another kind", F_END);
    const char *text = end();
    for (const char *at = text; (at = strstr(at, "\"flood\"")); at++)
        lines++;
    CHECK(lines >= 10 && lines <= 20); /* 20: a second may end meanwhile */
    CHECK(strstr(text, "another kind") != NULL);
    CHECK(log_left_out() - before >= 980);
}

TEST(a_flood_tells_what_it_left_out)
{
    struct log_kind kind = {.since_ms = 1, .lines = 500, .left_out = 490};
    begin(LOG_INFO, LOG_JSON);
    log_some(&kind, LOG_WARN, "flood", (struct log_field[]){F_END});
    const char *text = end();
    CHECK(strstr(text, "\"lines\":490") != NULL);
    CHECK(strstr(text, "\"msg\":\"flood\"") != NULL);
    CHECK_INT(kind.lines, 1);
}

/* A pipe whose reader sleeps: lines are left out, the daemon goes on, and later it writes again. */
TEST(a_full_pipe_stops_nobody)
{
    uint64_t before = log_left_out();
    begin(LOG_INFO, LOG_JSON);
    for (int i = 0; i < 5000; i++)
        LOG(LOG_INFO, "a line of some length for the pipe", F_I("i", i));
    CHECK(log_left_out() - before > 3000);
    while (read(ends[0], line, sizeof line) == (ssize_t)sizeof line)
        continue;
    LOG(LOG_INFO, "read again", F_END);
    CHECK(strstr(end(), "read again") != NULL);
}

CHECK_MAIN
