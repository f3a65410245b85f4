/* clockwire why: each rule and person in one line, for an event, a run, or a time. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct widths {
    int rule, place, name;
};

static int wider(int width, const char *text)
{
    int len = (int)strlen(text);
    return len > width ? len : width;
}

static struct widths measure(const char *text)
{
    struct widths w = {0, 0, 0};
    json_t *line;
    while ((line = show_next(&text))) {
        w.rule = wider(w.rule, show_text(line, "rule"));
        w.place = wider(w.place, show_text(line, "place"));
        w.name = wider(w.name, show_text(line, "name"));
        json_decref(line);
    }
    return w;
}

/* ---- Of one event ---- */

static void print_head(const json_t *o)
{
    const char *user = show_text(o, "user");
    size_t i;
    json_t *note;
    printf("event %lld  %s%s%s, %s %s\n", show_number(o, "event"), show_text(o, "name"),
           *user ? " for " : "", user, show_moment(show_text(o, "received")), show_text(o, "zone"));
    json_array_foreach(json_object_get(o, "notes"), i, note)
        printf("  note: %s\n", json_string_value(note));
    json_array_foreach(json_object_get(o, "paste"), i, note) printf(
        "  %s%s\n", i ? "                   " : "to paste into users: ", json_string_value(note));
}

static void print_event_lines(const char *text)
{
    struct widths w = measure(text);
    json_t *line;
    while ((line = show_next(&text))) {
        if (json_object_get(line, "event"))
            print_head(line);
        else if (json_object_get(line, "more"))
            printf("  ... and %lld rules more that did not match\n", show_number(line, "more"));
        else
            printf("  %-*s  %-*s  %s\n", w.rule, show_text(line, "rule"), w.place,
                   show_text(line, "place"), show_text(line, "text"));
        json_decref(line);
    }
}

/* ---- Of a rule and a person ---- */

static void print_looked(const json_t *o)
{
    long long looked = show_number(o, "looked"), others = show_number(o, "others");
    if (!looked) {
        puts("  no event had come by then");
        return;
    }
    if (!show_number(o, "told"))
        puts("  no event that concerns this rule and user");
    printf("  looked at %lld event%s, back to %s", looked, show_s(looked),
           show_moment(show_text(o, "since")));
    if (others)
        printf("; %lld of them would fit but %s about others", others, others == 1 ? "is" : "are");
    putchar('\n');
}

static void print_search(const char *text)
{
    struct widths w = measure(text);
    json_t *line;
    while ((line = show_next(&text))) {
        if (json_object_get(line, "why_not"))
            printf("%s for %s  %s, until %s %s\n", show_text(line, "why_not"),
                   show_text(line, "user"), show_text(line, "place"),
                   show_moment(show_text(line, "until")), show_text(line, "zone"));
        else if (json_object_get(line, "looked"))
            print_looked(line);
        else
            printf("  event %lld  %s  %-*s  %s\n", show_number(line, "event"),
                   show_moment(show_text(line, "received")), w.name, show_text(line, "name"),
                   show_text(line, "text"));
        json_decref(line);
    }
}

/* ---- Asking ---- */

static int ask(const struct config *config, const struct cmd_args *args, const char *what)
{
    char *text = NULL;
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user),
                   *at = form_pair("at", args->at);
    auto_free char *path = xprintf("/why?%s&%s&%s&%s", what, rule, user, at);
    int status = cmd_ask(config, "GET", path, &text);
    auto_free char *body = text;
    if (status == 200 && !args->json)
        (*what ? print_event_lines : print_search)(body);
    else if (body)
        fprintf(status == 200 ? stdout : stderr, "%s", body);
    return status == 200 ? CMD_OK : CMD_FAILED;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 18;
}

/* "event=12", "run=7", "" for a search; NULL: wrong use. The caller frees it. */
static char *what_of(const struct cmd_args *args)
{
    const char *const *words = (const char *const *)args->words;
    if (args->n_words == 1 && is_number(words[0]) && !args->at)
        return xprintf("event=%s", words[0]);
    if (args->n_words == 2 && strcmp(words[0], "run") == 0 && is_number(words[1]) && !args->at)
        return xprintf("run=%s", words[1]);
    return args->n_words == 0 && args->rule && args->user ? xstrdup("") : NULL;
}

int cmd_why(const struct cmd_args *args)
{
    auto_free char *what = what_of(args);
    if (!what) {
        fprintf(stderr, "usage: clockwire why EVENT [--rule ID] [--user NAME] [--json]\n"
                        "       clockwire why run N [--json]\n"
                        "       clockwire why --rule ID --user NAME [--at TIME] [--json]\n"
                        "EVENT is its number; `clockwire events` lists them\n");
        return CMD_USAGE;
    }
    if ((args->rule && strlen(args->rule) > 200) || (args->user && strlen(args->user) > 320) ||
        (args->at && strlen(args->at) > 100)) {
        fprintf(stderr, "clockwire: no rule, user or time is so long\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = ask(config, args, what);
    config_destroy(config);
    return code;
}
