/* clockwire dead: the calls that can never succeed; --retry and --drop see to them. */
#include "../form.h"
#include "../xalloc.h"
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The list ---- */

static void print_dumped(const char *before, const json_t *value)
{
    auto_free char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text && strcmp(text, "{}") != 0)
        printf("%s%.300s%s\n", before, text, strlen(text) > 300 ? "..." : "");
}

static void print_attempt(const json_t *a)
{
    long long status = show_number(a, "status");
    printf("    %s  %s  ", show_moment(show_text(a, "begun")), show_text(a, "request"));
    if (status)
        printf("%lld ", status);
    printf("%s\n", show_text(a, "verdict"));
    print_dumped("      sent ", json_object_get(a, "body"));
    print_dumped("      answered ", json_object_get(a, "answer"));
}

static void print_letter(const json_t *o)
{
    size_t i;
    json_t *attempt;
    printf("call %lld  %s  %s for %s\n", show_number(o, "call"),
           show_moment(show_text(o, "changed")), show_text(o, "action"), show_text(o, "person"));
    printf("    %s\n", show_text(o, "reason"));
    printf("    rule %s, event %lld: %s.%s, received %s\n", show_text(o, "rule"),
           show_number(o, "event"), show_text(o, "source"), show_text(o, "type"),
           show_moment(show_text(o, "received")));
    print_dumped("    ", json_object_get(o, "args"));
    json_array_foreach(json_object_get(o, "attempts"), i, attempt) print_attempt(attempt);
}

static int list(const struct config *config, const struct cmd_args *args)
{
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user);
    auto_free char *path = xprintf("/dead?%s&%s", rule, user);
    size_t n = 0;
    int code = show_pages(config, path, args->json, print_letter, &n);
    if (code == CMD_OK && !n && !args->json)
        puts("there are no dead letters");
    return code;
}

/* ---- What is done about them ---- */

struct sums {
    long long letters, calls, left, next, before;
    bool more;
};

static bool add_page(const char *text, const char *deed, struct sums *sums)
{
    json_t *o = show_next(&text);
    if (!o)
        return false;
    sums->letters += show_number(o, deed);
    sums->calls += show_number(o, "calls");
    sums->left += show_number(o, "left");
    sums->next = show_number(o, "next");
    sums->before = show_number(o, "before");
    sums->more = json_is_true(json_object_get(o, "more"));
    json_decref(o);
    return true;
}

static void print_sums(const struct sums *sums, const char *deed)
{
    printf("%lld dead letter%s %s", sums->letters, show_s(sums->letters), deed);
    if (sums->calls)
        printf(" as %lld new call%s", sums->calls, show_s(sums->calls));
    putchar('\n');
    if (sums->left)
        printf("%lld stay%s: their people are not in the configuration\n", sums->left,
               sums->left == 1 ? "s" : "");
}

static int see_to_all(const struct config *config, const struct cmd_args *args, const char *page,
                      const char *deed)
{
    auto_free char *rule = form_pair("rule", args->rule), *user = form_pair("user", args->user);
    struct sums sums = {.more = true};
    while (sums.more) {
        auto_free char *path = xprintf("%s?id=all&after=%lld&before=%lld&%s&%s", page, sums.next,
                                       sums.before, rule, user);
        auto_free char *body = cmd_answer(config, "POST", path);
        if (!body)
            return CMD_FAILED;
        if (!add_page(body, deed, &sums)) {
            fputs(body, stderr);
            return CMD_FAILED;
        }
    }
    print_sums(&sums, deed);
    return CMD_OK;
}

static int see_to_one(const struct config *config, const char *id, const char *page)
{
    auto_free char *pair = form_pair("id", id);
    auto_free char *path = xprintf("%s?%s", page, pair);
    auto_free char *body = cmd_answer(config, "POST", path);
    if (!body)
        return CMD_FAILED;
    const char *line = body;
    json_t *o = show_next(&line);
    if (json_object_get(o, "as"))
        printf("call %lld is retried as call %lld\n", show_number(o, "retried"),
               show_number(o, "as"));
    else
        printf("call %lld is dropped\n", show_number(o, "dropped"));
    json_decref(o);
    return CMD_OK;
}

static int see_to(const struct config *config, const struct cmd_args *args)
{
    const char *id = args->retry ? args->retry : args->drop;
    const char *page = args->retry ? "/dead/retry" : "/dead/drop";
    if (strcmp(id, "all") == 0)
        return see_to_all(config, args, page, args->retry ? "retried" : "dropped");
    if (!*id || id[strspn(id, "0123456789")]) {
        fprintf(stderr, "clockwire: --%s takes the number of a call, or `all`\n",
                args->retry ? "retry" : "drop");
        return CMD_FAILED;
    }
    return see_to_one(config, id, page);
}

int cmd_dead(const struct cmd_args *args)
{
    if (args->retry && args->drop) {
        fprintf(stderr, "clockwire: a dead letter is either retried or dropped\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = args->retry || args->drop ? see_to(config, args) : list(config, args);
    config_destroy(config);
    return code;
}
