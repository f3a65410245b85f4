/*
 * The settings of time tracking, from the seed or from a test. Admins are exempt from all of them
 * but time-tracking-disabled, and an API key is an admin.
 */
#include "sim.h"

#include <string.h>

struct wanted {
    const char *type;
    int enabled;
    int days;     /* -1: not given */
    double hours; /* of time-tracking-limit */
};

static const char *apply(struct sim_settings *settings, const struct wanted *wanted)
{
    bool on = wanted->enabled != 0;
    if (strcmp(wanted->type, "prevent-on-done-projects") == 0)
        settings->prevent_done = on;
    else if (strcmp(wanted->type, "prevent-private") == 0)
        settings->prevent_private = on;
    else if (strcmp(wanted->type, "time-tracking-disabled") == 0)
        settings->off = on;
    else if (strcmp(wanted->type, "allow-on-past-days") == 0)
        settings->past_days = on ? wanted->days : 0;
    else if (strcmp(wanted->type, "time-tracking-limit") == 0)
        settings->daily_s = on ? (int64_t)(wanted->hours * 3600) : 0;
    else
        return "type is prevent-on-done-projects, prevent-private, allow-on-past-days, "
               "time-tracking-limit or time-tracking-disabled";
    return NULL;
}

static void show(struct sim_settings *settings, const struct wanted *wanted)
{
    json_t *shown =
        sim_must(json_pack("{s:s, s:b}", "type", wanted->type, "enabled", wanted->enabled));
    if (wanted->days >= 0)
        json_object_set_new(shown, "dayCount", json_integer(wanted->days));
    for (size_t i = 0; i < json_array_size(settings->shown); i++) {
        const json_t *type = json_object_get(json_array_get(settings->shown, i), "type");
        if (strcmp(json_string_value(type), wanted->type) != 0)
            continue;
        json_array_set_new(settings->shown, i, shown);
        return;
    }
    json_array_append_new(settings->shown, shown);
}

static const char *read_one(struct sim_settings *settings, const json_t *item)
{
    struct wanted wanted = {.days = -1, .hours = 10};
    if (json_unpack((json_t *)item, "{s:s, s:b, s?i, s?F !}", "type", &wanted.type, "enabled",
                    &wanted.enabled, "dayCount", &wanted.days, "hours", &wanted.hours) != 0)
        return "a setting is {type*, enabled*, dayCount, hours}";
    if (wanted.days < -1 || wanted.days > 36500 || wanted.hours <= 0 || wanted.hours > 24)
        return "dayCount is 0 to 36500, hours is more than 0 and at most 24";
    const char *why = apply(settings, &wanted);
    if (why == NULL)
        show(settings, &wanted);
    return why;
}

/* Returns: NULL, or what is wrong with the item *bad; those before it are in force. */
const char *sim_settings_read(struct sim_settings *settings, const json_t *list, size_t *bad)
{
    if (settings->shown == NULL) {
        settings->shown = sim_must(json_array());
        settings->past_days = -1;
    }
    for (*bad = 0; *bad < json_array_size(list); (*bad)++) {
        const char *why = read_one(settings, json_array_get(list, *bad));
        if (why != NULL)
            return why;
    }
    return NULL;
}

struct sim_settings sim_settings_copy(const struct sim_settings *settings)
{
    struct sim_settings copy = *settings;
    copy.shown = sim_must(json_deep_copy(settings->shown));
    return copy;
}
