/* ics/rule: the text of an RRULE. What is about times of the day has no meaning for whole days. */
#include "ics/parts.h"

#include <stdint.h>
#include <string.h>

static enum cw_status bad(struct cw_error *err, struct cw_text part)
{
    return cw_fail(err, CW_ESYNTAX, "RRULE: `%.*s` is no part of a rule",
                   (int)(part.len > 60 ? 60 : part.len), part.at);
}

static bool weekday_take(struct cw_text *text, int *out)
{
    static const char names[7][3] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (int i = 0; i < 7 && text->len >= 2; i++) {
        if (!ics_is((struct cw_text){text->at, 2}, names[i]))
            continue;
        *out = i;
        *text = (struct cw_text){text->at + 2, text->len - 2};
        return true;
    }
    return false;
}

/* One value of a list: from 1 to `most` or, where `below` says so, from the end. */
static bool value_read(struct cw_text text, int64_t most, bool below, struct ics_list *out)
{
    int64_t n;
    if (!ics_number_take(&text, &n) || text.len || !n || n > most || (below ? -n : 0) > most ||
        (!below && n < 0) || out->n == ICS_LIST)
        return false;
    out->at[out->n++] = (short)n;
    return true;
}

static bool list_read(struct cw_text text, int64_t most, struct ics_list *out)
{
    while (text.len)
        if (!value_read(ics_part_take(&text, ','), most, true, out))
            return false;
    return out->n > 0;
}

static bool months_read(struct cw_text text, unsigned *out)
{
    while (text.len) {
        struct ics_list one = {.n = 0};
        if (!value_read(ics_part_take(&text, ','), 12, false, &one))
            return false;
        *out |= 1u << one.at[0];
    }
    return *out != 0;
}

static bool weekdays_read(struct cw_text text, struct ics_list *out)
{
    while (text.len) {
        struct cw_text one = ics_part_take(&text, ',');
        int64_t nth = 0;
        int weekday = 0;
        bool numbered = one.len > 2;
        if ((numbered && (!ics_number_take(&one, &nth) || !nth || nth > 53 || nth < -53)) ||
            !weekday_take(&one, &weekday) || one.len || out->n == ICS_LIST)
            return false;
        out->at[out->n++] = (short)(nth * 8 + weekday);
    }
    return out->n > 0;
}

static bool freq_read(struct cw_text text, enum ics_freq *out)
{
    static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (int i = 0; i < 4; i++) {
        if (!ics_is(text, names[i]))
            continue;
        *out = (enum ics_freq)i;
        return true;
    }
    return false;
}

static bool positive_read(struct cw_text text, int64_t *out)
{
    return ics_number_take(&text, out) && !text.len && *out > 0;
}

static bool until_read(struct cw_text text, int64_t *out)
{
    struct ics_time time;
    bool good = ics_time_read(text, &time);
    *out = time.day;
    return good;
}

static bool part_read(struct cw_text name, struct cw_text value, struct ics_rule *rule)
{
    if (ics_is(name, "FREQ"))
        return freq_read(value, &rule->freq);
    if (ics_is(name, "INTERVAL"))
        return positive_read(value, &rule->interval);
    if (ics_is(name, "COUNT"))
        return positive_read(value, &rule->count);
    if (ics_is(name, "UNTIL"))
        return until_read(value, &rule->until);
    if (ics_is(name, "WKST"))
        return weekday_take(&value, &rule->week_start) && !value.len;
    if (ics_is(name, "BYMONTH"))
        return months_read(value, &rule->months);
    if (ics_is(name, "BYMONTHDAY"))
        return list_read(value, 31, &rule->month_days);
    if (ics_is(name, "BYYEARDAY"))
        return list_read(value, 366, &rule->year_days);
    if (ics_is(name, "BYDAY"))
        return weekdays_read(value, &rule->weekdays);
    return ics_is(name, "BYSETPOS") && list_read(value, 366, &rule->positions);
}

static bool is_of_later(struct cw_text name, struct cw_text value)
{
    static const char *const names[] = {"BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO",
                                        "RSCALE", "SKIP",     NULL};
    static const char *const freqs[] = {"HOURLY", "MINUTELY", "SECONDLY", NULL};
    const char *const *words = ics_is(name, "FREQ") ? freqs : names;
    for (; *words; words++)
        if (ics_is(ics_is(name, "FREQ") ? value : name, *words))
            return true;
    return false;
}

static enum cw_status check(const struct ics_rule *rule, bool has_freq, struct cw_error *err)
{
    if (!has_freq)
        return cw_fail(err, CW_ESYNTAX, "RRULE: it has no FREQ");
    for (size_t i = 0; i < rule->weekdays.n; i++)
        if (rule->freq < ICS_MONTHLY && (rule->weekdays.at[i] < 0 || rule->weekdays.at[i] > 7))
            return cw_fail(err, CW_ESYNTAX,
                           "RRULE: a numbered weekday belongs to MONTHLY or YEARLY");
    return CW_OK;
}

enum cw_status ics_rule_read(struct cw_text text, struct ics_rule *out, struct cw_error *err)
{
    struct ics_rule rule = {.interval = 1, .until = INT64_MAX};
    bool has_freq = false;
    while (text.len) {
        struct cw_text value = ics_part_take(&text, ';'), part = value;
        struct cw_text name = ics_part_take(&value, '=');
        if (!part.len)
            continue;
        if (is_of_later(name, value))
            return cw_fail(err, CW_EINVAL, "RRULE: `%.*s` is not read; write the days out",
                           (int)(part.len > 60 ? 60 : part.len), part.at);
        if (!part_read(name, value, &rule))
            return bad(err, part);
        has_freq |= ics_is(name, "FREQ");
    }
    enum cw_status status = check(&rule, has_freq, err);
    if (!status)
        *out = rule;
    return status;
}
