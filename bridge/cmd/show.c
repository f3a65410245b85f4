#include "show.h"

#include "../xalloc.h"
#include "tell.h"

#include <stdio.h>
#include <string.h>

json_t *show_next(const char **text)
{
    while (**text) {
        size_t len = strcspn(*text, "\n");
        json_t *line = tell_read((struct cw_text){*text, len}, 0);
        *text += len + ((*text)[len] == '\n');
        if (line)
            return line;
    }
    return NULL;
}

const char *show_text(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

long long show_number(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

const char *show_moment(const char *ts)
{
    static char out[4][20];
    static unsigned next;
    char *to = out[next++ % 4];
    snprintf(to, sizeof out[0], "%.19s", ts);
    if (strlen(to) > 10)
        to[10] = ' ';
    return to;
}

const char *show_s(long long n)
{
    return n == 1 ? "" : "s";
}

/* One page. Returns: whether there is more, behind *next. */
static bool print_page(const char *text, bool as_json, void (*print)(const json_t *o),
                       long long *next, size_t *n)
{
    bool more = false;
    json_t *o;
    while ((o = show_next(&text))) {
        auto_free char *line = as_json ? json_dumps(o, JSON_COMPACT) : NULL;
        if (json_object_get(o, "next")) {
            *next = show_number(o, "next");
            more = json_is_true(json_object_get(o, "more"));
        } else {
            if (line)
                puts(line);
            else
                print(o);
            ++*n;
        }
        json_decref(o);
    }
    return more;
}

int show_pages(const struct config *config, const char *path, bool as_json,
               void (*print)(const json_t *o), size_t *n)
{
    long long next = 0;
    *n = 0;
    for (bool more = true; more;) {
        auto_free char *page = xprintf("%s&after=%lld", path, next);
        auto_free char *body = cmd_answer(config, "GET", page);
        if (!body)
            return CMD_FAILED;
        more = print_page(body, as_json, print, &next, n);
    }
    return CMD_OK;
}
