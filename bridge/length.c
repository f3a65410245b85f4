#include "length.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const int64_t most_ms = INT64_C(3650) * 24 * 60 * 60 * 1000;

static const struct {
    const char *words[6]; /* the last one is NULL */
    int64_t ms;
} units[] = {
    {{"ms", "millisecond", "milliseconds"}, 1},
    {{"s", "sec", "secs", "second", "seconds"}, 1000},
    {{"m", "min", "mins", "minute", "minutes"}, 60000},
    {{"h", "hr", "hrs", "hour", "hours"}, 3600000},
    {{"d", "day", "days"}, 86400000},
};

static int64_t unit_ms(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (size_t k = 0; units[i].words[k]; k++)
            if (strlen(units[i].words[k]) == len && strncasecmp(word, units[i].words[k], len) == 0)
                return units[i].ms;
    return 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t skip_blanks(struct cw_text text, size_t i)
{
    while (i < text.len && (text.at[i] == ' ' || text.at[i] == '\t'))
        i++;
    return i;
}

/* A number and its unit, from *i on, at most a little more than allowed. */
static bool take_part(struct cw_text text, size_t *i, int64_t *out_ms)
{
    int64_t n = 0;
    size_t digits = *i, at = *i;
    for (; at < text.len && text.at[at] >= '0' && text.at[at] <= '9'; at++)
        n = n > most_ms ? n : n * 10 + (text.at[at] - '0');
    if (at == digits)
        return false;
    size_t word = skip_blanks(text, at), end = word;
    while (end < text.len && is_letter(text.at[end]))
        end++;
    int64_t ms = unit_ms(text.at + word, end - word);
    *i = skip_blanks(text, end);
    if (!ms)
        return false;
    *out_ms = n > most_ms / ms ? most_ms + 1 : n * ms;
    return true;
}

enum cw_status length_parse(struct cw_text text, int64_t *out_ms, struct cw_error *err)
{
    int64_t all_ms = 0;
    size_t i = text.len ? skip_blanks(text, 0) : 0;
    bool good = i < text.len;
    while (good && i < text.len && all_ms <= most_ms) {
        int64_t ms = 0;
        good = take_part(text, &i, &ms);
        all_ms += ms;
    }
    if (!good)
        return cw_fail(err, CW_EINVAL, "\"%.*s\" is no duration; say \"2 hours\" or \"90m\"",
                       (int)(text.len < 40 ? text.len : 40), text.len ? text.at : "");
    if (all_ms > most_ms)
        return cw_fail(err, CW_EINVAL, "a duration is at most 3650 days");
    *out_ms = all_ms;
    return CW_OK;
}
