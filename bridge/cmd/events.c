/* clockwire events: what came and what was done about it, for people; --json for programs. */
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        printf(" until %s", clock_of(show_text(r, "due")));
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

/* One page; *last becomes the number of its last event. */
static void print_page(const char *text, bool json, int64_t *last)
{
    for (const char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        json_t *e = json_loadb(line, (size_t)(end - line), 0, NULL);
        if (e)
            *last = json_integer_value(json_object_get(e, "event"));
        if (json)
            printf("%.*s\n", (int)(end - line), line);
        else if (e)
            print_event(e);
        json_decref(e);
        end += *end == '\n';
    }
}

static int print_pages(const struct config *config, int64_t after, bool json)
{
    for (int64_t last = after;; after = last) {
        auto_free char *path = xprintf("/events?after=%lld", (long long)after);
        char *text = NULL;
        int status = cmd_ask(config, "GET", path, &text);
        auto_free char *body = text;
        if (status != 200) {
            fputs(body ? body : "", stderr);
            return CMD_FAILED;
        }
        print_page(body, json, &last);
        if (last <= after)
            return CMD_OK;
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
    int code = print_pages(config, strtoll(after, NULL, 10), args->json);
    config_destroy(config);
    return code;
}
