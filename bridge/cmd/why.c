/* clockwire why EVENT: each rule and person in one line. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct widths {
    int rule, place;
};

static int wider(int width, const char *text)
{
    int len = (int)strlen(text);
    return len > width ? len : width;
}

static struct widths measure(const char *text)
{
    struct widths w = {0, 0};
    json_t *line;
    while ((line = show_next(&text))) {
        w.rule = wider(w.rule, show_text(line, "rule"));
        w.place = wider(w.place, show_text(line, "place"));
        json_decref(line);
    }
    return w;
}

static void print_head(const json_t *o)
{
    const char *at = show_text(o, "received"), *user = show_text(o, "user"),
               *note = show_text(o, "note");
    printf("event %lld  %s%s%s, %.10s %.8s UTC\n", show_number(o, "event"), show_text(o, "name"),
           *user ? " for " : "", user, at, strlen(at) > 19 ? at + 11 : "");
    if (*note)
        printf("  note: %s\n", note);
}

static void print_lines(const char *text)
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

static int ask(const struct config *config, const struct cmd_args *args)
{
    char *text = NULL;
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user);
    auto_free char *path = xprintf("/why?event=%s&%s&%s", args->words[0], rule, user);
    int status = cmd_ask(config, "GET", path, &text);
    auto_free char *body = text;
    if (status == 200 && !args->json)
        print_lines(body);
    else if (body)
        fprintf(status == 200 ? stdout : stderr, "%s", body);
    return status == 200 ? CMD_OK : CMD_FAILED;
}

int cmd_why(const struct cmd_args *args)
{
    const char *event = args->n_words == 1 ? args->words[0] : "";
    if (!*event || strspn(event, "0123456789") != strlen(event) || strlen(event) > 18) {
        fprintf(stderr, "usage: clockwire why EVENT [--rule ID] [--user NAME] [--json]\n"
                        "EVENT is its number; `clockwire events` lists them\n");
        return CMD_USAGE;
    }
    if ((args->rule && strlen(args->rule) > 200) || (args->user && strlen(args->user) > 320)) {
        fprintf(stderr, "clockwire: no rule or user has such a long name\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_config(args);
    if (!config)
        return CMD_FAILED;
    int code = ask(config, args);
    config_destroy(config);
    return code;
}
