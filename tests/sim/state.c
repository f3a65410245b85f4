/*
 * The time entries of every user. Keeps the promises: at most one active entry per user, an active
 * entry ends 24 hours after its start or at the daily maximum (found out when somebody looks),
 * resourceVersion only grows. A user keeps his last entries, as many as --keep-entries says.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S             ((int64_t)24 * 3600)
#define DAY_TICKS         (DAY_S * SIM_TICKS_PER_SECOND)
#define BREAKS_MAX        10000
#define UNIX_EPOCH_DOTNET INT64_C(621355968000000000)

void sim_touch(struct sim *sim, struct sim_entry *entry, int64_t at, const char *by)
{
    int64_t version = at + UNIX_EPOCH_DOTNET;
    if (version <= sim->last_version)
        version = sim->last_version + 1;
    sim->last_version = version;
    entry->version = version;
    entry->updated = at;
    memcpy(entry->updated_by, by, SIM_GUID_SIZE);
}

/* ---- Questions ---- */

bool sim_is_active(const struct sim_entry *entry)
{
    return entry->end == 0 && !entry->date_only;
}

bool sim_is_paused(const struct sim_entry *entry)
{
    return entry->end == 0 && entry->break_count > 0 &&
           entry->breaks[entry->break_count - 1].end_s == 0;
}

int64_t sim_breaks_s(const struct sim_entry *entry)
{
    int64_t sum = 0;
    for (size_t i = 0; i < entry->break_count; i++)
        if (entry->breaks[i].end_s != 0)
            sum += entry->breaks[i].end_s - entry->breaks[i].start_s;
    return sum;
}

/* Rounded, and negative when the breaks are longer than the time. */
int64_t sim_duration_s(const struct sim_entry *entry, int64_t end)
{
    int64_t worked = end - entry->start - sim_breaks_s(entry) * SIM_TICKS_PER_SECOND;
    int64_t half = worked < 0 ? -SIM_TICKS_PER_SECOND / 2 : SIM_TICKS_PER_SECOND / 2;
    return (worked + half) / SIM_TICKS_PER_SECOND;
}

/* No change of an entry lies before what happened to it already: the clock may be set back. */
static int64_t not_before(const struct sim_entry *entry, int64_t at)
{
    if (at < entry->start)
        at = entry->start;
    if (entry->break_count == 0)
        return at;
    const struct sim_break *last = &entry->breaks[entry->break_count - 1];
    int64_t then = (last->end_s != 0 ? last->end_s : last->start_s) * SIM_TICKS_PER_SECOND;
    return at < then ? then : at;
}

/* How much was worked until then, in ticks; `at` is moved to where the last work was. */
static int64_t worked(const struct sim_entry *entry, int64_t *at)
{
    *at = not_before(entry, *at);
    if (sim_is_paused(entry))
        *at = entry->breaks[entry->break_count - 1].start_s * SIM_TICKS_PER_SECOND;
    return *at - entry->start - sim_breaks_s(entry) * SIM_TICKS_PER_SECOND;
}

int64_t sim_local_day(int64_t ticks, int64_t offset_s)
{
    return (ticks / SIM_TICKS_PER_SECOND + offset_s) / DAY_S;
}

static int64_t day_of(const struct sim_entry *entry)
{
    return sim_local_day(entry->start, entry->start_offset_s);
}

/* How many of the entries begin at `until` or before. */
static size_t begun(const struct sim_user *user, int64_t until)
{
    size_t low = 0;
    size_t high = user->entry_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (user->entries[mid]->start <= until)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Seconds that the daily maximum leaves on a local day, the entry `but` not counted; -1: there is
 * none. An entry belongs to the day on which it began. */
int64_t sim_daily_left_s(const struct sim *sim, const struct sim_user *user, int64_t day,
                         const struct sim_entry *but)
{
    int64_t left = user->daily_s > 0 ? user->daily_s : sim->world.settings.daily_s;
    if (left == 0 || user->admin)
        return -1;
    size_t i = begun(user, (day + 2) * DAY_TICKS);
    for (; i > 0 && day_of(user->entries[i - 1]) >= day - 2; i--)
        if (user->entries[i - 1] != but && day_of(user->entries[i - 1]) == day)
            left -= user->entries[i - 1]->duration_s;
    return left > 0 ? left : 0;
}

const struct sim_entry *sim_last(const struct sim_user *user, int64_t now)
{
    size_t count = begun(user, now);
    return count > 0 ? user->entries[count - 1] : NULL;
}

/* ---- The set of entries ---- */

static void put_among(struct sim_user *user, struct sim_entry *entry)
{
    size_t at = user->entry_count++;
    for (; at > 0 && user->entries[at - 1]->start > entry->start; at--)
        user->entries[at] = user->entries[at - 1];
    user->entries[at] = entry;
}

static void take_out(struct sim_user *user, const struct sim_entry *entry)
{
    size_t at = begun(user, entry->start);
    while (user->entries[at - 1] != entry)
        at--;
    memmove(&user->entries[at - 1], &user->entries[at],
            (user->entry_count - at) * sizeof *user->entries);
    user->entry_count--;
}

static void set_open(struct sim_world *world, struct sim_entry *entry, bool open)
{
    if (open && entry->open_link == NULL) {
        entry->open_link = &world->open;
        entry->open_next = world->open;
        if (entry->open_next != NULL)
            entry->open_next->open_link = &entry->open_next;
        world->open = entry;
    } else if (!open && entry->open_link != NULL) {
        *entry->open_link = entry->open_next;
        if (entry->open_next != NULL)
            entry->open_next->open_link = entry->open_link;
        entry->open_link = NULL;
        entry->open_next = NULL;
    }
}

static void forget(struct sim_world *world, struct sim_entry *entry)
{
    set_open(world, entry, false);
    sim_map_drop(&world->entry_ids, entry->id);
    world->entry_count--;
    sim_entry_free(entry);
}

/* But never the one that runs. */
static void forget_older_half(struct sim_world *world, struct sim_user *user)
{
    size_t half = user->entry_count / 2;
    size_t kept = 0;
    for (size_t i = 0; i < half; i++) {
        if (user->entries[i] == user->active)
            user->entries[kept++] = user->active;
        else
            forget(world, user->entries[i]);
    }
    memmove(&user->entries[kept], &user->entries[half],
            (user->entry_count - half) * sizeof *user->entries);
    user->entry_count -= half - kept;
}

/* Takes the entry, whose start, end and zone are set, and gives it its id. */
void sim_entry_add(struct sim *sim, struct sim_user *user, struct sim_entry *entry)
{
    if (user->entry_count >= sim->entries_max)
        forget_older_half(&sim->world, user);
    if (user->entry_count == user->entry_room) {
        user->entry_room = user->entry_room > 0 ? user->entry_room * 2 : 8;
        user->entries = sim_grow(user->entries, user->entry_room, sizeof(struct sim_entry *));
    }
    sim_new_guid(entry->id);
    entry->user = user;
    sim_map_put(&sim->world.entry_ids, entry->id, entry);
    sim->world.entry_count++;
    set_open(&sim->world, entry, entry->end == 0);
    put_among(user, entry);
}

void sim_entry_remove(struct sim *sim, struct sim_entry *entry)
{
    struct sim_user *user = entry->user;
    take_out(user, entry);
    if (user->active == entry)
        user->active = NULL;
    forget(&sim->world, entry);
}

/* After a correction: to the place of its new start. */
void sim_entry_move(struct sim *sim, struct sim_entry *entry, int64_t start)
{
    struct sim_user *user = entry->user;
    take_out(user, entry);
    entry->start = start;
    put_among(user, entry);
    set_open(&sim->world, entry, entry->end == 0);
}

void sim_entry_free(struct sim_entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->timezone);
    free(entry->note);
    free(entry->breaks);
    free(entry);
}

/* ---- What happens to them ---- */

static void close_break(struct sim_entry *entry, int64_t at)
{
    struct sim_break *open = &entry->breaks[entry->break_count - 1];
    int64_t at_s = at / SIM_TICKS_PER_SECOND;
    open->end_s = at_s > open->start_s ? at_s : open->start_s;
}

void sim_end(struct sim *sim, struct sim_user *user, int64_t end, const char *by,
             enum sim_effect effect)
{
    struct sim_entry *entry = user->active;
    struct sim_change change = sim_change_begin(sim, entry);
    end = not_before(entry, end);
    if (sim_is_paused(entry))
        close_break(entry, end);
    entry->end = end;
    entry->end_offset_s = sim_zone_offset_s(entry->timezone, end);
    int64_t duration_s = sim_duration_s(entry, end);
    entry->duration_s = duration_s > 0 ? duration_s : 0;
    entry->stop_reason = effect == SIM_EXPIRED    ? "limit"
                         : effect == SIM_REPLACED ? "new-start"
                                                  : "external-api";
    sim_touch(sim, entry, end, by);
    set_open(&sim->world, entry, false);
    user->active = NULL;
    sim_change_end(sim, &change, entry, effect, by);
}

/* When the daily maximum is reached; INT64_MAX: not yet. */
static int64_t daily_end(const struct sim *sim, const struct sim_user *user, int64_t now)
{
    int64_t left_s = sim_daily_left_s(sim, user, day_of(user->active), user->active);
    if (left_s < 0)
        return INT64_MAX;
    int64_t over = worked(user->active, &now) - left_s * SIM_TICKS_PER_SECOND;
    return over >= 0 ? now - over : INT64_MAX;
}

void sim_expire(struct sim *sim, struct sim_user *user, int64_t now)
{
    if (user->active == NULL)
        return;
    int64_t end = user->active->start + DAY_TICKS;
    int64_t daily = daily_end(sim, user, now);
    if (daily < end)
        end = daily;
    if (now >= end)
        sim_end(sim, user, end, user->id, SIM_EXPIRED);
}

void sim_expire_all(struct sim *sim, int64_t now)
{
    struct sim_entry *entry = sim->world.open;
    while (entry != NULL) {
        struct sim_user *user = entry->user;
        entry = entry->open_next; /* the expiry takes it out of this list */
        sim_expire(sim, user, now);
    }
}

/* The caller has ended what was active. Takes the entry, whose start is set. */
void sim_begin(struct sim *sim, struct sim_user *user, struct sim_entry *entry)
{
    struct sim_change change = {0};
    entry->start_offset_s = sim_zone_offset_s(entry->timezone, entry->start);
    entry->created = entry->start;
    sim_touch(sim, entry, entry->start, entry->created_by);
    sim_entry_add(sim, user, entry);
    user->active = entry;
    sim_change_end(sim, &change, entry, SIM_STARTED, entry->created_by);
}

/* False: the entry has more breaks than anybody takes. */
bool sim_pause(struct sim *sim, struct sim_user *user, int64_t now, const char *by)
{
    struct sim_entry *entry = user->active;
    if (entry->break_count == BREAKS_MAX)
        return false;
    struct sim_change change = sim_change_begin(sim, entry);
    int64_t at = not_before(entry, now);
    entry->breaks = sim_grow(entry->breaks, entry->break_count + 1, sizeof *entry->breaks);
    entry->breaks[entry->break_count++] = (struct sim_break){.start_s = at / SIM_TICKS_PER_SECOND};
    sim_touch(sim, entry, now, by);
    sim_change_end(sim, &change, entry, SIM_PAUSED, by);
    return true;
}

void sim_resume(struct sim *sim, struct sim_user *user, int64_t now, const char *by)
{
    struct sim_change change = sim_change_begin(sim, user->active);
    close_break(user->active, now);
    sim_touch(sim, user->active, now, by);
    sim_change_end(sim, &change, user->active, SIM_RESUMED, by);
}

/* A paused one runs again; of a stopped one the end stays. */
void sim_remove_breaks(struct sim *sim, struct sim_entry *entry, int64_t now, const char *by)
{
    struct sim_change change = sim_change_begin(sim, entry);
    entry->break_count = 0;
    if (entry->end != 0)
        entry->duration_s = sim_duration_s(entry, entry->end);
    sim_touch(sim, entry, now, by);
    sim_change_end(sim, &change, entry, SIM_BREAKS_REMOVED, by);
}

void sim_state_clear(struct sim *sim)
{
    for (size_t i = 0; i < sim->world.user_count; i++) {
        struct sim_user *user = sim->world.users[i];
        for (size_t j = 0; j < user->entry_count; j++)
            forget(&sim->world, user->entries[j]);
        free(user->entries);
        free(user->acts);
        user->entries = NULL;
        user->acts = NULL;
        user->active = NULL;
        user->entry_count = user->entry_room = user->act_room = 0;
        user->act_count = 0;
    }
    sim_map_fini(&sim->world.entry_ids);
}
