/* Senders whom nobody is called like: what is kept of them, and what is to be pasted. */
#include "strangers/strangers.h"

#include "check.h"
#include "rules_of.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rules_text[] =
    "version: 1\ntimezone: UTC\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [\"github:ada-l\"] }\n"
    "rules: []\n";
static const int64_t hour = 3600000;

static void see(struct strangers *s, const char *alias, int64_t at_ms)
{
    struct stranger seen = {
        cw_text_of(alias), CW_TEXT("github"), CW_TEXT("push"), 7, at_ms, at_ms, 1};
    strangers_note(s, &seen);
    strangers_end(s, true);
}

/* "alias=count alias=count ... " of the first page, and how many there are. */
static size_t list(const struct strangers *s, const struct cw_ruleset *rules, char *out,
                   size_t size)
{
    char *text = NULL;
    size_t len = 0, n = 0;
    *out = '\0';
    strangers_list(s, rules, 0, &text, &len);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *o = json_loads(line, 0, NULL);
        const char *alias = json_string_value(json_object_get(o, "alias"));
        size_t used = strlen(out);
        n += alias != NULL;
        if (alias && size - used > strlen(alias) + 40)
            snprintf(out + used, size - used, "%s=%lld ", alias,
                     json_integer_value(json_object_get(o, "count")));
        json_decref(o);
    }
    free(text);
    return n;
}

static struct cw_ruleset *rules_here(void)
{
    return rules_of(rules_text);
}

TEST(they_are_counted_without_case)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    char told[400];
    see(s, "github:octocat", 1);
    see(s, "GitHub:OctoCat", 2);
    see(s, "eve@example.org", 3);
    see(s, "github:ada-l", 4); /* is known by now */
    CHECK_INT(list(s, rules, told, sizeof told), 2);
    CHECK_STR(told, "GitHub:OctoCat=2 eve@example.org=1 ");
    strangers_destroy(s);
    cw_ruleset_unref(rules);
}

TEST(what_can_be_no_alias_is_no_stranger)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    char told[400], longest[322];
    struct stranger nul = {.alias = CW_TEXT("a\0b"), .count = 1};
    memset(longest, 'a', sizeof longest - 1);
    longest[321] = '\0';
    see(s, longest, 1);
    see(s, "", 1);
    see(s, "team:backend", 1);
    see(s, "TEAM:x", 1);
    strangers_note(s, &nul);
    strangers_end(s, true);
    CHECK_INT(list(s, rules, told, sizeof told), 0);
    longest[320] = '\0';
    see(s, longest, 1);
    CHECK_INT(list(s, rules, told, sizeof told), 1);
    strangers_destroy(s);
    cw_ruleset_unref(rules);
}

TEST(a_turn_that_was_rolled_back_counts_nothing)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    struct stranger seen = {.alias = CW_TEXT("github:x"), .count = 1};
    char told[400];
    strangers_note(s, &seen);
    strangers_end(s, false);
    CHECK_INT(list(s, rules, told, sizeof told), 0);
    CHECK(strangers_next_ms(s) == INT64_MAX);
    strangers_destroy(s);
    cw_ruleset_unref(rules);
}

/* At the ceiling: what comes every day stays, however many new names come in between. */
TEST(a_flood_pushes_out_its_own_like)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    char told[1 << 16], alias[40];
    for (int64_t day = 0; day < 10; day++) /* once a day, for ten days; the last was yesterday */
        see(s, "github:regular", day * 24 * hour);
    see(s, "github:seldom", 9 * 24 * hour);
    for (int i = 0; i < 20000; i++) {
        snprintf(alias, sizeof alias, "github:flood-%d", i);
        see(s, alias, 9 * 24 * hour + 12 * hour + i);
    }
    CHECK_INT(list(s, rules, told, sizeof told), STRANGERS_MOST);
    CHECK(strstr(told, "github:regular=10 ") == told);
    CHECK(!strstr(told, "github:seldom="));
    CHECK(strstr(told, "github:flood-19999=1 ") != NULL);
    CHECK(!strstr(told, "github:flood-18999=1 "));
    /* ... but a count is no right for ever. */
    for (int i = 0; i < 2000; i++) {
        snprintf(alias, sizeof alias, "github:later-%d", i);
        see(s, alias, 30 * 24 * hour + i);
    }
    CHECK_INT(list(s, rules, told, sizeof told), STRANGERS_MOST);
    CHECK(!strstr(told, "github:regular"));
    strangers_destroy(s);
    cw_ruleset_unref(rules);
}

TEST(the_journal_keeps_them)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    struct store *store = NULL;
    struct store_opts opts = {0};
    char told[400];
    CHECK_INT(store_open("memory:", &opts, &store, NULL), CW_OK);
    CHECK_INT(strangers_load(s, store, NULL), CW_OK);
    see(s, "github:\"odd\\\x01", 1);
    see(s, "github:x", 2);
    see(s, "github:x", 3);
    CHECK_INT(store_begin(store, NULL), CW_OK);
    CHECK(strangers_next_ms(s) <= 60001);
    CHECK_INT(strangers_save(s, store, 100000, false, NULL), CW_OK);
    CHECK(strangers_next_ms(s) == INT64_MAX);
    see(s, "github:x", 4);
    CHECK_INT(strangers_next_ms(s), 160000); /* once a minute */
    CHECK_INT(strangers_save(s, store, 100001, false, NULL), CW_OK);
    CHECK_INT(strangers_next_ms(s), 160000);
    CHECK_INT(strangers_save(s, store, 100001, true, NULL), CW_OK);
    CHECK_INT(store_commit(store, NULL), CW_OK);
    strangers_destroy(s);
    s = strangers_create();
    CHECK_INT(strangers_load(s, store, NULL), CW_OK);
    CHECK_INT(list(s, rules, told, sizeof told), 2);
    CHECK_STR(told, "github:x=3 github:\"odd\\\x01=1 ");
    strangers_destroy(s);
    store_close(store);
    cw_ruleset_unref(rules);
}

TEST(who_becomes_known_is_forgotten)
{
    struct cw_ruleset *rules = rules_here();
    struct strangers *s = strangers_create();
    char told[400];
    see(s, "github:ADA-L", 1);
    see(s, "github:x", 2);
    strangers_reload(s, rules);
    struct cw_ruleset *empty = rules_of("version: 1\nrules: []\n");
    CHECK_INT(list(s, empty, told, sizeof told), 1);
    CHECK_STR(told, "github:x=1 ");
    strangers_destroy(s);
    cw_ruleset_unref(rules);
    cw_ruleset_unref(empty);
}

/* ---- What is to be pasted ---- */

static const char *paste(const char *alias, size_t len)
{
    static char *text;
    static struct cw_ruleset *rules;
    rules = rules ? rules : rules_here();
    free(text);
    text = strangers_paste(rules, (struct cw_text){alias, len});
    return text ? text : "nothing";
}

#define PASTE(alias) paste(alias, sizeof(alias) - 1)

TEST(lines_to_paste)
{
    CHECK_STR(PASTE("github:octocat"),
              "octocat: { awork: THE-ID-IN-AWORK, aliases: [\"github:octocat\"] }");
    CHECK_STR(PASTE("desktop:eve@example.org"),
              "eve: { awork: eve@example.org, aliases: [\"desktop:eve@example.org\"] }");
    CHECK_STR(PASTE("github:Ada"), "add \"github:Ada\" to the aliases of ada");
    CHECK_STR(PASTE("awork:6A2C1D3E-0000-4000-8000-000000000009"),
              "a2c1d3e-0000-4000-8000-000000000009: { awork: "
              "\"6A2C1D3E-0000-4000-8000-000000000009\" }");
    CHECK_STR(PASTE("github:ADA-L"), "nothing");
    CHECK_STR(PASTE("team:x"), "nothing");
    /* The name is an alias already. */
    CHECK_STR(PASTE("Eve"), "eve: { awork: THE-ID-IN-AWORK }");
    CHECK_STR(PASTE("null"), "null_: { awork: THE-ID-IN-AWORK, aliases: [\"null\"] }");
    CHECK_STR(PASTE("github:Everyone"),
              "everyone_: { awork: THE-ID-IN-AWORK, aliases: [\"github:Everyone\"] }");
    CHECK_STR(PASTE("github:null"),
              "null_: { awork: THE-ID-IN-AWORK, aliases: [\"github:null\"] }");
    CHECK_STR(PASTE("@"), "x: { awork: THE-ID-IN-AWORK, aliases: [\"@\"] }");
}

TEST(hostile_names_stay_in_their_quotes)
{
    CHECK_STR(PASTE("x\"] }\nrules: [{"),
              "x: { awork: THE-ID-IN-AWORK, aliases: [\"x\\\"] }\\x0arules: [{\"] }");
    CHECK_STR(PASTE("a\\"), "a_: { awork: THE-ID-IN-AWORK, aliases: [\"a\\\\\"] }");
    /* ESC, what turns the text round, what is no UTF-8, what lies beyond the usual planes */
    CHECK_STR(PASTE("a\x1b[2J\xe2\x80\xae\xff\xf0\x9f\x98\x80\xc3\xa4"),
              "a_2j_: { awork: THE-ID-IN-AWORK, aliases: "
              "[\"a\\x1b[2J\\u202e\\ufffd\\U0001f600\xc3\xa4\"] }");
    CHECK_STR(PASTE("\xc0\xaf"), "x: { awork: THE-ID-IN-AWORK, aliases: [\"\\ufffd\\ufffd\"] }");
}

/* Each line, pasted, is a configuration that knows the alias: whatever bytes it is made of. */
TEST(what_is_pasted_is_read_back)
{
    unsigned seed = 1;
    for (int i = 0; i < 2000; i++) {
        char alias[64], text[2000];
        size_t len = 1 + (size_t)(seed = seed * 1103515245 + 12345) / 65536 % 12;
        for (size_t k = 0; k < len; k++) {
            static const char odd[] = "\"\\:{}[],#&*!|>'%@`\t\n\r \x01\x7f~-?a";
            seed = seed * 1103515245 + 12345;
            alias[k] = odd[seed / 65536 % (sizeof odd - 1)];
        }
        const char *line = paste(alias, len);
        if (!strstr(line, "THE-ID-IN-AWORK"))
            continue;
        const char *behind = strstr(line, "THE-ID-IN-AWORK") + strlen("THE-ID-IN-AWORK");
        snprintf(text, sizeof text,
                 "version: 1\ntimezone: UTC\nusers:\n  %.*s: { awork: "
                 "6a2c1d3e-0000-4000-8000-000000000001%s\nrules: []\n",
                 (int)strcspn(line, ":"), line, behind);
        struct cw_ruleset *rules = rules_of(text);
        if (!CHECK(rules && cw_ruleset_find(rules, (struct cw_text){alias, len})))
            fprintf(stderr, "%s\n", text);
        cw_ruleset_unref(rules);
    }
}

CHECK_MAIN
