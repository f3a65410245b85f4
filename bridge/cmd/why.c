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

/* ---- Of a rule and a person, or of a person ---- */

struct search { /* over several answers */
    long long looked, told, others, next;
    bool found; /* an event was told */
    char since[20];
    char missing[200]; /* why there is no event of that number */
    bool begun;
};

static void add_looked(struct search *s, const json_t *o)
{
    s->looked += show_number(o, "looked");
    s->told += show_number(o, "told");
    s->others += show_number(o, "others");
    s->next = show_number(o, "next");
    snprintf(s->missing, sizeof s->missing, "%s", show_text(o, "missing"));
    if (*show_text(o, "since"))
        snprintf(s->since, sizeof s->since, "%s", show_moment(show_text(o, "since")));
}

static void print_looked(const struct search *s)
{
    if (!s->looked) {
        puts("  no event had come by then");
        return;
    }
    if (!s->told)
        puts("  none of them concerns this user and rule");
    printf("  looked at %lld event%s, back to %s", s->looked, show_s(s->looked), s->since);
    if (s->others)
        printf("; %lld of them would fit but %s about others", s->others,
               s->others == 1 ? "is" : "are");
    putchar('\n');
}

static void print_search(struct search *s, const json_t *o)
{
    const char *rule = show_text(o, "why_not");
    if (!s->begun)
        printf("%s%s%s%s%s, until %s %s\n", rule, *rule ? " for " : "", show_text(o, "user"),
               *rule ? "  " : "", show_text(o, "place"), show_moment(show_text(o, "until")),
               show_text(o, "zone"));
    s->begun = true;
}

static void print_lines(const char *text, struct search *s)
{
    struct widths w = measure(text);
    json_t *o;
    while ((o = show_next(&text))) {
        s->found |= json_object_get(o, "event") != NULL;
        if (json_object_get(o, "why_not"))
            print_search(s, o);
        else if (json_object_get(o, "looked"))
            add_looked(s, o);
        else if (json_object_get(o, "event") && json_object_get(o, "rule"))
            printf("  event %lld  %s  %-*s  %s\n", show_number(o, "event"),
                   show_moment(show_text(o, "received")), w.name, show_text(o, "name"),
                   show_text(o, "text"));
        else if (json_object_get(o, "event"))
            print_head(o);
        else if (json_object_get(o, "more"))
            printf("  ... and %lld rules more that did not match\n", show_number(o, "more"));
        else
            printf("  %-*s  %-*s  %s\n", w.rule, show_text(o, "rule"), w.place,
                   show_text(o, "place"), show_text(o, "text"));
        json_decref(o);
    }
}

/* Only what tells where to go on. */
static void read_looked(const char *text, struct search *s)
{
    json_t *o;
    while ((o = show_next(&text))) {
        s->found |= json_object_get(o, "event") != NULL;
        if (json_object_get(o, "looked"))
            add_looked(s, o);
        json_decref(o);
    }
}

/* ---- Asking ---- */

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 18;
}

/* The daemon looks at some events at a time, so that nobody else waits for it. */
static int ask(const struct config *config, const struct cmd_args *args, const char *what)
{
    enum { MOST = 10, LOOKED = 20000 };
    struct search s = {.next = 0};
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user),
                   *at = form_pair("at", args->at);
    do {
        auto_free char *path =
            xprintf("/why?%s&%s&%s&%s&before=%lld", what, rule, user, at, s.next);
        auto_free char *body = cmd_answer(config, "GET", path);
        s.next = 0;
        if (!body)
            return CMD_FAILED;
        if (args->json) {
            fputs(body, stdout);
            read_looked(body, &s);
        } else {
            print_lines(body, &s);
        }
    } while (s.next && s.told < MOST && s.looked < LOOKED);
    if (!*what && !args->json)
        print_looked(&s);
    if (!*what || s.found)
        return CMD_OK;
    fprintf(stderr, "clockwire: %s%snone of the last %lld has the id %s\n", s.missing,
            *s.missing ? ", and " : "", s.looked, args->words[0]);
    return CMD_FAILED;
}

/* "event=12", "run=7", "id=...", "" for a search; NULL: wrong use. The caller frees it. */
static char *what_of(const struct cmd_args *args)
{
    const char *const *words = (const char *const *)args->words;
    auto_free char *id = form_pair("id", args->n_words == 1 ? words[0] : NULL);
    if (args->n_words == 1 && *words[0] && !args->at)
        return xprintf("event=%s&%s", is_number(words[0]) ? words[0] : "0", id);
    if (args->n_words == 2 && strcmp(words[0], "run") == 0 && is_number(words[1]) && !args->at)
        return xprintf("run=%s", words[1]);
    return args->n_words == 0 && args->user ? xstrdup("") : NULL;
}

int cmd_why(const struct cmd_args *args)
{
    auto_free char *what = what_of(args);
    if (!what) {
        fprintf(stderr, "usage: clockwire why EVENT [--rule ID] [--user NAME] [--json]\n"
                        "       clockwire why run N [--json]\n"
                        "       clockwire why --user NAME [--rule ID] [--at TIME] [--json]\n"
                        "EVENT is its number, or the id that its sender gave it; `clockwire "
                        "events` lists both\n");
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
