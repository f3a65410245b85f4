/* schedule: times as people write them.
 *
 * "10 minutes": digits, one blank, a unit in the singular or plural; nothing else, at most ten
 * years of 365 days. */
#include <clockwire/doc.h>
#include <string.h>

static const int64_t most_ms = INT64_C(3650) * 24 * 60 * 60 * 1000;

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"millisecond", 1}, {"second", 1000}, {"minute", 60000}, {"hour", 3600000}, {"day", 86400000},
};

static int64_t unit_ms(struct cw_text text)
{
    struct cw_text singular = text;
    if (text.len && text.at[text.len - 1] == 's')
        singular.len--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (cw_text_is(singular, units[i].name))
            return units[i].ms;
    return 0;
}

static enum cw_status refuse(struct cw_text text, struct cw_error *err)
{
    return cw_fail(err, CW_ESYNTAX,
                   "`%.*s` is no duration: write a number and a unit, such as `10 minutes`",
                   (int)(text.len < 40 ? text.len : 40), text.len ? text.at : "");
}

enum cw_status cw_duration_parse(struct cw_text text, int64_t *out_ms, struct cw_error *err)
{
    int64_t n = 0;
    size_t i = 0;
    for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        n = n > most_ms ? n : n * 10 + (text.at[i] - '0');
    if (i == 0 || i == text.len || text.at[i] != ' ')
        return refuse(text, err);
    int64_t ms = unit_ms((struct cw_text){text.at + i + 1, text.len - i - 1});
    if (!ms)
        return refuse(text, err);
    if (n > most_ms / ms)
        return cw_fail(err, CW_ELIMIT, "a duration is at most 3650 days");
    *out_ms = n * ms;
    return CW_OK;
}
