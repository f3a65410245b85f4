/* clockwire events: what came and what was done about it, for people; --json for programs. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"
#include "tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct printer {
    bool json;
    char day[16]; /* of the last event that was printed */
};

/* "2026-03-02T08:00:00.123Z" -> "08:00:00.123" */
static const char *clock_of(const char *ts)
{
    static char out[16];
    snprintf(out, sizeof out, "%.12s", strlen(ts) >= 23 ? ts + 11 : "");
    return out;
}

static void print_reason(const json_t *o)
{
    const char *reason = show_text(o, "reason");
    printf("%s%s\n", *reason ? ": " : "", reason);
}

static void print_attempt(const json_t *a)
{
    long long status = show_number(a, "status");
    printf("        %s  %s", clock_of(show_text(a, "begun")), show_text(a, "request"));
    if (status)
        printf(" -> %lld", status);
    printf("  %s\n", show_text(a, "verdict"));
}

static void print_call(const json_t *c)
{
    size_t i;
    json_t *a;
    json_t *args = json_object_get(c, "args");
    auto_free char *shown = json_object_size(args) ? json_dumps(args, JSON_COMPACT) : NULL;
    printf("      %s%s%s  %s", show_text(c, "action"), shown ? " " : "", shown ? shown : "",
           show_text(c, "state"));
    print_reason(c);
    json_array_foreach(json_object_get(c, "attempts"), i, a) print_attempt(a);
}

static void print_run(const json_t *r, const json_t *calls)
{
    size_t i;
    json_t *c;
    printf("    %s for %s  %s", show_text(r, "rule"), show_text(r, "person"),
           show_text(r, "state"));
    if (strcmp(show_text(r, "state"), "waiting") == 0)
        printf(" until %s", show_moment(show_text(r, "due")));
    print_reason(r);
    json_array_foreach(calls, i, c) if (show_number(c, "run") == show_number(r, "run"))
        print_call(c);
}

static void print_event(const json_t *e)
{
    size_t i;
    json_t *r;
    printf("event %lld  %s  %s%s%s  %s", show_number(e, "event"),
           clock_of(show_text(e, "received")), show_text(e, "source"),
           *show_text(e, "type") ? "." : "", show_text(e, "type"), show_text(e, "id"));
    bool refused = strcmp(show_text(e, "verdict"), "refused") == 0;
    if (refused)
        printf("  refused");
    print_reason(e);
    json_array_foreach(json_object_get(e, "runs"), i, r) print_run(r, json_object_get(e, "calls"));
    if (!refused && !json_array_size(json_object_get(e, "runs")))
        printf("    began no run\n");
}

/* Times are UTC; a line tells each day that begins. */
static void print_day(struct printer *p, const json_t *e)
{
    const char *ts = show_text(e, "received");
    if (strncmp(p->day, ts, 10) == 0)
        return;
    snprintf(p->day, sizeof p->day, "%.10s", ts);
    printf("%s, UTC\n", p->day);
}

/* One page. Returns: whether there is more; *next is the number after which to go on. */
static bool print_page(struct printer *p, const char *text, int64_t *next)
{
    bool more = false;
    for (const char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        json_t *e = tell_read((struct cw_text){line, (size_t)(end - line)}, 0);
        if (json_object_get(e, "next")) {
            *next = show_number(e, "next");
            more = json_is_true(json_object_get(e, "more"));
        } else if (p->json) {
            printf("%.*s\n", (int)(end - line), line);
        } else if (e) {
            print_day(p, e);
            print_event(e);
        }
        json_decref(e);
        end += *end == '\n';
    }
    fflush(stdout);
    return more;
}

/* "&source=..." and so on. The caller frees it. */
static char *filters_of(const struct cmd_args *args)
{
    auto_free char *source = form_pair("source", args->source),
                   *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user),
                   *since = form_pair("since", args->since);
    return xprintf("%s&%s&%s&%s", source, rule, user, since);
}

static int print_pages(const struct config *config, const struct cmd_args *args)
{
    enum { LAST = 50, LOOK_AGAIN_US = 500000 };
    struct printer printer = {args->json, ""};
    auto_free char *filters = filters_of(args);
    bool all = args->after || args->since;
    int64_t next = args->after ? strtoll(args->after, NULL, 10) : 0;
    auto_free char *path = all ? xprintf("/events?after=%lld&%s", (long long)next, filters)
                               : xprintf("/events?last=%d&%s", LAST, filters);
    for (;;) {
        auto_free char *body = cmd_answer(config, "GET", path);
        if (!body)
            return CMD_FAILED;
        bool more = print_page(&printer, body, &next);
        if (!more && !args->follow)
            return CMD_OK;
        if (!more)
            usleep(LOOK_AGAIN_US);
        free(path);
        path = xprintf("/events?after=%lld&%s", (long long)next, filters);
    }
}

int cmd_events(const struct cmd_args *args)
{
    const char *after = args->after ? args->after : "0";
    if (strspn(after, "0123456789") != strlen(after) || strlen(after) > 18) {
        fprintf(stderr, "clockwire: --after takes the number of an event\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = print_pages(config, args);
    config_destroy(config);
    return code;
}
