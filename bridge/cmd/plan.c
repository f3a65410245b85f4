/* clockwire plan and reload: what a configuration changes, before or after it is taken over. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- For people ---- */

static void print_sum(const json_t *sums, const char *name, const char *what, bool *any)
{
    long long n = show_number(sums, name);
    if (!n)
        return;
    printf("%s%lld %s", *any ? ", " : " (", n, what);
    *any = true;
}

static void print_rules(const json_t *o)
{
    const json_t *rules = json_object_get(o, "rules");
    long long n = show_number(rules, "all");
    bool any = false;
    printf("%s: %lld rule%s", show_text(o, "plan"), n, show_s(n));
    print_sum(rules, "new", "new", &any);
    print_sum(rules, "gone", "gone", &any);
    print_sum(rules, "changed", "changed", &any);
    printf("%s, %lld source%s, %lld %s\n", any ? ")" : ", none of them changed",
           show_number(o, "sources"), show_s(show_number(o, "sources")), show_number(o, "people"),
           show_number(o, "people") == 1 ? "person" : "people");
}

static void print_runs(const json_t *o)
{
    static const char *const words[][2] = {
        {"kept", "as before"},      {"changed", "to do something else"},
        {"lost", "lost"},           {"refused", "to come to nothing now"},
        {"back", "to act again"},   {"still", "to come to nothing, as before"},
        {"unseen", "not looked at"}};
    const json_t *runs = json_object_get(o, "runs"), *marks = json_object_get(o, "marks");
    long long all = 0, ended = show_number(marks, "ended");
    bool any = false;
    for (size_t i = 0; i < 7; i++)
        all += show_number(runs, words[i][0]);
    printf("%lld run%s waiting", all, all == 1 ? " is" : "s are");
    for (size_t i = 0; i < 7; i++)
        print_sum(runs, words[i][0], words[i][1], &any);
    puts(any ? ")" : "");
    if (ended)
        printf("%lld mark%s of %lld end%s\n", ended, show_s(ended),
               ended + show_number(marks, "kept"), ended == 1 ? "s" : "");
}

static void print_fate(const json_t *o)
{
    static const char *const texts[][2] = {{"kept", "keeps"},
                                           {"changed", "does something else"},
                                           {"lost", "is lost at its time, unless that is mended"},
                                           {"refused", "will come to nothing"},
                                           {"back", "acts again"},
                                           {"still", "comes to nothing, as before"}};
    const char *fate = show_text(o, "fate"), *text = show_text(o, "text"),
               *was = show_text(o, "was");
    size_t i = 0;
    while (i < 5 && strcmp(texts[i][0], fate) != 0)
        i++;
    bool instead = *was && strcmp(fate, "changed") == 0;
    printf("      %s: %s%s%s\n", texts[i][1], text, instead ? ", no longer " : "",
           instead ? was : "");
}

/* Holds and facts are of a person alone. */
static void print_mark(const json_t *o)
{
    const char *rule = show_text(o, "rule");
    printf("  %s of %s%s%s ends: %s\n", show_text(o, "mark"), rule, *rule ? " for " : "",
           show_text(o, "person"), show_text(o, "text"));
}

static void print_run(const json_t *o)
{
    const char *key = show_text(o, "key");
    printf("  run %lld  %s for %s%s%s, due %s %s\n", show_number(o, "run"), show_text(o, "rule"),
           show_text(o, "person"), *key ? ", key " : "", key, show_moment(show_text(o, "due")),
           show_text(o, "zone"));
    print_fate(o);
}

static void print_line(const json_t *o)
{
    if (json_object_get(o, "plan"))
        print_rules(o);
    else if (json_object_get(o, "calendar"))
        printf("  %-8s %s\n", show_text(o, "change"), show_text(o, "calendar"));
    else if (json_object_get(o, "clock"))
        printf("  %-8s %s  %s\n", show_text(o, "change"), show_text(o, "rule"),
               show_text(o, "clock"));
    else if (json_object_get(o, "change"))
        printf("  %-8s %s  %s\n", show_text(o, "change"), show_text(o, "rule"),
               show_text(o, "place"));
    else if (json_object_get(o, "run"))
        print_run(o);
    else if (json_object_get(o, "mark"))
        print_mark(o);
    else if (json_object_get(o, "lane"))
        printf("  %s: %s\n", show_text(o, "lane"), show_text(o, "text"));
    else if (json_object_get(o, "restart"))
        printf("%s changes only with a restart; the old value stays until then\n",
               show_text(o, "restart"));
    else if (json_object_get(o, "more"))
        printf("  ... and %lld more (%s)\n", show_number(o, "n"), show_text(o, "more"));
    else if (json_object_get(o, "note"))
        printf("note: %s\n", show_text(o, "note"));
}

/* The sums of the runs come between the rules and the runs. */
static void print_plan(const char *text)
{
    json_t *head = NULL, *o;
    bool told = false;
    while ((o = show_next(&text))) {
        bool of_rules = json_object_get(o, "plan") || json_object_get(o, "change") ||
                        strcmp(show_text(o, "more"), "rules") == 0 ||
                        strcmp(show_text(o, "more"), "calendars") == 0 ||
                        strcmp(show_text(o, "more"), "clocks") == 0;
        if (!of_rules && !told && head) {
            print_runs(head);
            told = true;
        }
        print_line(o);
        if (json_object_get(o, "plan"))
            head = json_incref(o);
        json_decref(o);
    }
    if (!told && head)
        print_runs(head);
    json_decref(head);
}

/* ---- Asking ---- */

static int show_answer(int status, const char *body, bool json, const char *good, const char *bad)
{
    if (status == 200 && json) {
        fputs(body, stdout);
    } else if (status == 200) {
        print_plan(body);
        puts(good);
    } else if (body) {
        fputs(body, stderr);
        if (status == 422)
            fprintf(stderr, "%s\n", bad);
    }
    return status == 200 ? CMD_OK : CMD_FAILED;
}

static int ask_plan(const struct config *config, const char *file, bool json)
{
    char *text = NULL;
    auto_free char *real = file ? realpath(file, NULL) : NULL;
    if (file && !real) {
        fprintf(stderr, "clockwire: there is no file %s\n", file);
        return CMD_FAILED;
    }
    auto_free char *query = form_pair("file", real);
    auto_free char *path = xprintf("/plan%s%s", real ? "?" : "", query);
    int status = cmd_ask(config, "GET", path, &text);
    auto_free char *body = text;
    return show_answer(status, body, json, "nothing was changed; `clockwire reload` does it",
                       "nothing was changed; a reload would be refused");
}

static int ask_reload(const struct config *config, bool json)
{
    char *text = NULL;
    int status = cmd_ask(config, "POST", "/reload", &text);
    auto_free char *body = text;
    return show_answer(status, body, json, "the new configuration is in force",
                       "the configuration has faults; the old one goes on");
}

int cmd_plan(const struct cmd_args *args)
{
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = ask_plan(config, args->n_words ? args->words[0] : NULL, args->json);
    config_destroy(config);
    return code;
}

int cmd_reload(const struct cmd_args *args)
{
    if (args->dry_run)
        return cmd_plan(args);
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = ask_reload(config, args->json);
    config_destroy(config);
    return code;
}
