/* clockwire pending: everything that waits for a moment, by time; --cancel ID ends one. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

struct widths {
    int id, rule, who;
    char zone[64]; /* of the first */
    bool one_zone;
};

static void widen(int *width, size_t len)
{
    if ((int)len > *width)
        *width = (int)len;
}

/* "ada", or "3 people" for a tick. */
static const char *who_of(const json_t *o)
{
    static char text[40];
    long long people = show_number(o, "people");
    if (people < 2)
        return strcmp(show_text(o, "kind"), "hold") == 0 && !*show_text(o, "person")
                   ? "everybody"
                   : show_text(o, "person");
    snprintf(text, sizeof text, "%lld people", people);
    return text;
}

static struct widths measure(const char *text)
{
    struct widths w = {1, 0, 0, "", true};
    json_t *o;
    while ((o = show_next(&text))) {
        const char *zone = show_text(o, "zone");
        widen(&w.id, strlen(show_text(o, "id")));
        widen(&w.rule, strlen(show_text(o, "rule")));
        widen(&w.who, strlen(who_of(o)));
        if (*zone && !*w.zone)
            snprintf(w.zone, sizeof w.zone, "%s", zone);
        w.one_zone &= !*zone || strcmp(w.zone, zone) == 0;
        json_decref(o);
    }
    return w;
}

static void print_counts(const json_t *o, const struct widths *w)
{
    static const char *const words[][3] = {{"run", "run", "runs"},
                                           {"throttle", "throttle window", "throttle windows"},
                                           {"absent", "absence clock", "absence clocks"},
                                           {"count", "counter", "counters"},
                                           {"all", "incomplete `all`", "incomplete `all`s"},
                                           {"state", "fact", "facts"},
                                           {"hold", "hold", "holds"},
                                           {"quiet", "quiet time", "quiet times"},
                                           {"sight", "change to be judged", "changes to be judged"},
                                           {"tick", "schedule", "schedules"}};
    const json_t *counts = json_object_get(o, "pending");
    const char *before = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        long long n = show_number(counts, words[i][0]);
        if (!n)
            continue;
        printf("%s%lld %s", before, n, words[i][n == 1 ? 1 : 2]);
        before = ", ";
    }
    if (!*before)
        puts("nothing waits");
    else
        printf("%s%s\n", w->one_zone && *w->zone ? "; times of " : "", w->one_zone ? w->zone : "");
}

static void print_what(const json_t *o)
{
    const char *kind = show_text(o, "kind"), *text = show_text(o, "text"),
               *key = show_text(o, "key"), *trigger = show_text(o, "trigger"),
               *value = show_text(o, "value"), *fate = show_text(o, "fate");
    if (strcmp(kind, "run") == 0)
        printf("%s%s (event %lld)",
               strcmp(fate, "lost") == 0      ? "is lost then: "
               : strcmp(fate, "refused") == 0 ? "comes to nothing then: "
                                              : "",
               text, show_number(o, "event"));
    else if (strcmp(kind, "state") == 0)
        printf("state.%s is %s", key, value);
    else if (strcmp(kind, "hold") == 0)
        fputs(text, stdout);
    else if (strcmp(kind, "tick") == 0)
        fputs(trigger, stdout);
    else if (strncmp(trigger, kind, strlen(kind)) == 0)
        printf("%s: %s", trigger, text);
    else
        printf("%s%s%s: %s", kind, *trigger ? " " : "", trigger, text);
    if (*key && strcmp(kind, "state") != 0)
        printf(", key %s", key);
}

static void print_one(const json_t *o, const struct widths *w)
{
    const char *id = show_text(o, "id"), *due = show_text(o, "due");
    printf("%-*s  %-19s  ", w->id, *id ? id : "-", *due ? show_moment(due) : "for ever");
    if (!w->one_zone)
        printf("%-16s  ", show_text(o, "zone"));
    printf("%-*s  %-*s  ", w->rule, show_text(o, "rule"), w->who, who_of(o));
    print_what(o);
    putchar('\n');
}

static void print_all(const char *text)
{
    struct widths w = measure(text);
    json_t *o;
    while ((o = show_next(&text))) {
        if (json_object_get(o, "pending"))
            print_counts(o, &w);
        else if (json_object_get(o, "more"))
            printf("... and %lld more; --rule ID and --user NAME tell less\n",
                   show_number(o, "more"));
        else
            print_one(o, &w);
        json_decref(o);
    }
}

static int list(const struct config *config, const struct cmd_args *args)
{
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user);
    auto_free char *path = xprintf("/pending?%s&%s", rule, user);
    auto_free char *body = cmd_answer(config, "GET", path);
    if (body && args->json)
        fputs(body, stdout);
    else if (body)
        print_all(body);
    return body ? CMD_OK : CMD_FAILED;
}

static int cancel(const struct config *config, const char *id)
{
    auto_free char *pair = form_pair("id", id);
    auto_free char *path = xprintf("/cancel?%s", pair);
    return cmd_say(config, "POST", path);
}

int cmd_pending(const struct cmd_args *args)
{
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = args->cancel ? cancel(config, args->cancel) : list(config, args);
    config_destroy(config);
    return code;
}
