/*
 * What a test may change of the world by hand: faults, clock, windows, settings, tokens, all of it.
 */
#include "control.h"
#include "faults.h"
#include "hooks.h"
#include "log.h"
#include "tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Faults ---- */

const char *sim_change_faults(struct sim *sim, json_t *wanted)
{
    return wanted == NULL ? "the body is one fault or a list, in JSON"
                          : sim_faults_add(sim->faults, wanted);
}

const char *sim_clear_faults(struct sim *sim, json_t *unused)
{
    (void)unused;
    sim_faults_clear(sim->faults);
    return NULL;
}

const char *sim_change_dice(struct sim *sim, json_t *wanted)
{
    json_int_t seed = 0;
    if (json_unpack(wanted, "{s:I !}", "seed", &seed) != 0)
        return "the body is {seed: number}";
    sim_faults_seed(sim->faults, (uint64_t)seed);
    return NULL;
}

json_t *sim_show_faults(struct sim *sim)
{
    return sim_faults_json(sim->faults);
}

/* ---- Clock and windows ---- */

json_t *sim_show_clock(struct sim *sim)
{
    char text[SIM_TIME_SIZE];
    int64_t now = sim_now(&sim->clock);
    sim_write_instant(now, 7, text);
    return json_pack("{s:s, s:I, s:b}", "now", text, "now_ms", (json_int_t)(now / SIM_TICKS_PER_MS),
                     "frozen", sim->clock.frozen);
}

/* All or nothing. Whatever ends by the new time has ended when the answer comes. */
const char *sim_change_clock(struct sim *sim, json_t *wanted)
{
    struct sim_clock *clock = &sim->clock;
    const char *set = NULL;
    double advance = 0;
    int freeze = clock->frozen;
    int64_t now = sim_now(clock);
    if (json_unpack(wanted, "{s?s, s?F, s?b !}", "set", &set, "advance", &advance, "freeze",
                    &freeze) != 0)
        return "the clock takes {set: RFC 3339 time}, {advance: seconds} or {freeze: true|false}";
    if (set != NULL && !sim_read_rfc3339(set, &now))
        return "set is an RFC 3339 time such as 2026-03-02T08:00:00Z";
    if (!isfinite(advance) || fabs(advance) > 4e9)
        return "advance is a number of seconds";
    now += (int64_t)llround(advance * (double)SIM_TICKS_PER_SECOND);
    if (now <= 0 || now > INT64_C(2500000000000000000))
        return "the clock stays between the years 1970 and 9000";
    if ((freeze != 0) != clock->frozen)
        sim_clock_freeze(clock, freeze != 0);
    if (set != NULL || fpclassify(advance) != FP_ZERO)
        sim_clock_set(clock, now);
    sim_expire_all(sim, sim_now(clock));
    return NULL;
}

json_t *sim_show_rate(struct sim *sim)
{
    return json_pack("{s:i, s:i}", "perSecond", (int)sim->rate.per_second, "perMinute",
                     (int)sim->rate.per_minute);
}

const char *sim_change_rate(struct sim *sim, json_t *wanted)
{
    int second = (int)sim->rate.per_second;
    int minute = (int)sim->rate.per_minute;
    if (json_unpack(wanted, "{s?i, s?i !}", "perSecond", &second, "perMinute", &minute) != 0 ||
        second < 0 || minute < 0)
        return "the body is {perSecond, perMinute}, numbers";
    sim->rate.per_second = (unsigned)second;
    sim->rate.per_minute = (unsigned)minute;
    return NULL;
}

/* ---- Settings, tokens ---- */

json_t *sim_show_settings(struct sim *sim)
{
    return json_incref(sim->world.settings.shown);
}

const char *sim_change_settings(struct sim *sim, json_t *wanted)
{
    size_t bad = 0;
    if (!json_is_array(wanted))
        return "the body is a list, in JSON";
    return sim_settings_read(&sim->world.settings, wanted, &bad);
}

json_t *sim_show_tokens(struct sim *sim)
{
    return sim_tokens_json(sim->tokens);
}

/* ---- The whole ---- */

json_t *sim_show_check(struct sim *sim)
{
    sim_check_all(sim);
    return json_pack("{s:b, s:I, s:I}", "good", 1, "entries", (json_int_t)sim->world.entry_count,
                     "lookedAt", (json_int_t)sim->world.looked_at);
}

static void forget_new_users(struct sim *sim)
{
    struct sim_world *world = &sim->world;
    size_t kept = 0;
    for (size_t i = 0; i < world->user_count; i++) {
        struct sim_user *user = world->users[i];
        if (user->seeded) {
            world->users[kept++] = user;
            continue;
        }
        sim_map_drop(&world->user_ids, user->id);
        sim_user_free(user);
    }
    world->user_count = kept;
}

const char *sim_reset(struct sim *sim, json_t *unused)
{
    (void)unused;
    sim_hooks_reset(sim);
    sim_state_clear(sim);
    sim_log_clear(&sim->log);
    sim_faults_clear(sim->faults);
    sim_tokens_reset(sim->tokens);
    forget_new_users(sim);
    json_decref(sim->world.settings.shown);
    sim->world.settings = sim_settings_copy(&sim->world.seed_settings);
    sim->clock = (struct sim_clock){0};
    sim->rate.second = sim->rate.minute = (struct sim_window){0};
    sim->rate.per_second = sim->rate.first_per_second;
    sim->rate.per_minute = sim->rate.first_per_minute;
    return NULL;
}

json_t *sim_show_reset(struct sim *sim)
{
    (void)sim;
    return json_pack("{s:b}", "reset", 1);
}

/* ---- Sabotage: the checks must notice each of these ---- */

static struct sim_entry *any_entry(const struct sim *sim, bool active)
{
    for (size_t i = 0; i < sim->world.user_count; i++) {
        const struct sim_user *user = sim->world.users[i];
        for (size_t j = 0; j < user->entry_count; j++)
            if ((user->active == user->entries[j]) == active)
                return user->entries[j];
    }
    return NULL;
}

static void break_promise(struct sim *sim, const char *what, struct sim_entry *stopped,
                          struct sim_entry *active)
{
    if (strcmp(what, "two_active") == 0)
        stopped->end = 0;
    else if (strcmp(what, "ends_early") == 0)
        stopped->end = stopped->start - 1;
    else if (strcmp(what, "duration") == 0)
        stopped->duration_s += 7;
    else if (strcmp(what, "version") == 0)
        stopped->version = sim->last_version + 1;
    else if (strcmp(what, "order") == 0)
        stopped->start = stopped->end = active->start + 1;
    else if (strcmp(what, "lost_id") == 0)
        sim_map_drop(&sim->world.entry_ids, stopped->id);
    else if (strcmp(what, "lost_open") == 0)
        sim->world.open = active->open_next;
    else if (strcmp(what, "nobody_runs") == 0)
        active->user->active = NULL;
    else
        sim->world.entry_count++;
}

/* Needs one entry that has ended and one that runs. */
const char *sim_sabotage(struct sim *sim, json_t *wanted)
{
    static const char *const known[] = {"two_active", "ends_early",  "duration",
                                        "version",    "order",       "lost_id",
                                        "lost_open",  "nobody_runs", "count"};
    struct sim_entry *stopped = any_entry(sim, false);
    struct sim_entry *active = any_entry(sim, true);
    const char *what = "";
    if (json_unpack(wanted, "{s:s !}", "what", &what) != 0)
        return "the body is {what: name}";
    if (stopped == NULL || active == NULL)
        return "there must be an entry that has ended, and one that runs";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(what, known[i]) != 0)
            continue;
        break_promise(sim, what, stopped, active);
        return NULL;
    }
    return "two_active, ends_early, duration, version, order, lost_id, lost_open, nobody_runs or "
           "count";
}
