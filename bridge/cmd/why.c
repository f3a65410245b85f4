/* clockwire why EVENT: each rule and person in one line. */
#include "../xalloc.h"
#include "cmd.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct widths {
    int rule, place;
};

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static int wider(int width, const char *text)
{
    int len = (int)strlen(text);
    return len > width ? len : width;
}

static json_t *next_line(const char **text)
{
    size_t len = strcspn(*text, "\n");
    json_t *line = json_loadb(*text, len, 0, NULL);
    *text += len + ((*text)[len] == '\n');
    return line;
}

static struct widths measure(const char *text)
{
    struct widths w = {0, 0};
    while (*text) {
        json_t *line = next_line(&text);
        w.rule = wider(w.rule, text_of(line, "rule"));
        w.place = wider(w.place, text_of(line, "place"));
        json_decref(line);
    }
    return w;
}

static void print_head(const json_t *o)
{
    const char *at = text_of(o, "received"), *user = text_of(o, "user"), *note = text_of(o, "note");
    printf("event %lld  %s%s%s, %.10s %.8s UTC\n",
           (long long)json_integer_value(json_object_get(o, "event")), text_of(o, "name"),
           *user ? " for " : "", user, at, strlen(at) > 19 ? at + 11 : "");
    if (*note)
        printf("  note: %s\n", note);
}

static void print_lines(const char *text)
{
    struct widths w = measure(text);
    while (*text) {
        json_t *line = next_line(&text);
        if (json_object_get(line, "event"))
            print_head(line);
        else if (json_object_get(line, "more"))
            printf("  ... and %lld rules more that did not match\n",
                   (long long)json_integer_value(json_object_get(line, "more")));
        else
            printf("  %-*s  %-*s  %s\n", w.rule, text_of(line, "rule"), w.place,
                   text_of(line, "place"), text_of(line, "text"));
        json_decref(line);
    }
}

/* "&name=value" with everything encoded that is neither letter nor digit; "" without a value. */
static char *pair(const char *name, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    char *text = xprintf("%s%s%s", value ? "&" : "", value ? name : "", value ? "=" : "");
    for (; value && *value; value++) {
        bool as_is = strchr(plain, *value) != NULL;
        char *longer = as_is ? xprintf("%s%c", text, *value)
                             : xprintf("%s%%%02X", text, (unsigned)(unsigned char)*value);
        free(text);
        text = longer;
    }
    return text;
}

static int ask(const struct config *config, const struct cmd_args *args)
{
    char *text = NULL;
    auto_free char *rule = pair("rule", args->rule), *user = pair("user", args->user);
    auto_free char *path = xprintf("/why?event=%s%s%s", args->words[0], rule, user);
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
