#include "tell.h"

#include "xalloc.h"

#include <stdlib.h>

enum { SHORT = 300 };

json_t *tell_read(struct cw_text text, size_t flags)
{
    return json_loadb(text.at, text.len, JSON_ALLOW_NUL | flags, NULL);
}

size_t tell_fits(struct cw_text text, size_t most)
{
    if (text.len <= most)
        return text.len;
    while (most && ((unsigned char)text.at[most] & 0xc0) == 0x80)
        most--;
    return most;
}

json_t *tell_text(struct cw_text text)
{
    json_t *value = json_stringn(text.at ? text.at : "", text.len);
    return value ? value : json_string("");
}

json_t *tell_short(struct cw_text text)
{
    if (text.len <= SHORT)
        return tell_text(text);
    auto_free char *cut = xprintf("%.*s\xe2\x80\xa6", (int)tell_fits(text, SHORT), text.at);
    return tell_text(cw_text_of(cut));
}

void tell_moment(json_t *to, const char *name, int64_t ms, const struct cw_person *person)
{
    char at[CW_CLOCK_TEXT];
    json_object_set_new(to, name, json_string(cw_clock(person ? person->zone : NULL, ms, at)));
    json_object_set_new(to, "zone", json_string(person ? person->timezone : "UTC"));
}

void tell_line(FILE *f, json_t *line)
{
    json_dumpf(line, f, JSON_COMPACT);
    fputc('\n', f);
    json_decref(line);
}

FILE *tell_open(char **out, size_t *len)
{
    *out = NULL;
    FILE *f = open_memstream(out, len);
    if (!f)
        abort();
    return f;
}

void tell_close(FILE *f)
{
    if (fclose(f) != 0)
        abort();
}
