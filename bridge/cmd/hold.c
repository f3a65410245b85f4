/* clockwire hold, clockwire release: nothing is done for a person, or for anybody, for a while. */
#include "../form.h"
#include "../length.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int post(const struct cmd_args *args, const char *path)
{
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = cmd_say(config, "POST", path);
    config_destroy(config);
    return code;
}

/* ---- hold --list ---- */

static void print_holds(const char *text)
{
    json_t *o;
    if (!*text)
        puts("nobody is held");
    while ((o = show_next(&text))) {
        const char *person = show_text(o, "person"), *zone = show_text(o, "zone");
        printf("%-16s  since %s  held %s  (%s)\n", *person ? person : "everybody",
               show_moment(show_text(o, "since")), show_text(o, "text"), zone);
        json_decref(o);
    }
}

static int list(const struct cmd_args *args)
{
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    auto_free char *body = cmd_answer(config, "GET", "/holds");
    config_destroy(config);
    if (body && args->json)
        fputs(body, stdout);
    else if (body)
        print_holds(body);
    return body ? CMD_OK : CMD_FAILED;
}

/* ---- hold ---- */

static int misused(const char *what)
{
    fprintf(stderr, "clockwire: %s\n", what);
    return CMD_USAGE;
}

/* "--for 2 hours" without quotes leaves "hours" among the words. */
static char *length_of(const struct cmd_args *args, int *n_words)
{
    bool is_number =
        args->length && *args->length && strspn(args->length, "0123456789") == strlen(args->length);
    int64_t ms;
    *n_words = args->n_words;
    if (!is_number || !args->n_words)
        return xstrdup(args->length);
    char *both = xprintf("%s %s", args->length, args->words[args->n_words - 1]);
    if (length_parse(cw_text_of(both), &ms, NULL) == CW_OK) {
        --*n_words;
        return both;
    }
    free(both);
    return xstrdup(args->length);
}

int cmd_hold(const struct cmd_args *args)
{
    int n_words;
    int64_t ms;
    struct cw_error err;
    auto_free char *length = length_of(args, &n_words);
    if (args->list)
        return args->length || args->n_words ? misused("hold --list takes nothing else")
                                             : list(args);
    if (args->json)
        return misused("--json is for hold --list");
    if (length && length_parse(cw_text_of(length), &ms, &err)) {
        fprintf(stderr, "clockwire: --for: %s\n", err.text);
        return CMD_USAGE;
    }
    if (n_words > 1)
        return misused("hold takes one person, or none for everybody");
    auto_free char *user = form_pair("user", n_words ? args->words[0] : NULL);
    auto_free char *pair = form_pair("for", length);
    auto_free char *path = xprintf("/hold?%s&%s", user, pair);
    return post(args, path);
}

int cmd_release(const struct cmd_args *args)
{
    auto_free char *user = form_pair("user", args->n_words ? args->words[0] : NULL);
    auto_free char *path = xprintf("/release?%s", user);
    return post(args, path);
}
