#include "show.h"

#include <stdio.h>
#include <string.h>

json_t *show_next(const char **text)
{
    while (**text) {
        size_t len = strcspn(*text, "\n");
        json_t *line = json_loadb(*text, len, 0, NULL);
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
