/*
 * The time entries of every user. Keeps the promises: at most one active entry per user, an active
 * entry ends 24 hours after its start (found out when somebody looks), resourceVersion only grows.
 * A user keeps the last 200,000 entries.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define DAY_TICKS         (24 * 3600 * SIM_TICKS_PER_SECOND)
#define ENTRIES_MAX       ((size_t)200000)
#define UNIX_EPOCH_DOTNET INT64_C(621355968000000000)

static void touch(struct sim *sim, struct sim_entry *entry, int64_t at, const char *by)
{
    int64_t version = at + UNIX_EPOCH_DOTNET;
    if (version <= sim->last_version)
        version = sim->last_version + 1;
    sim->last_version = version;
    entry->version = version;
    entry->updated = at;
    memcpy(entry->updated_by, by, SIM_GUID_SIZE);
}

bool sim_is_paused(const struct sim_entry *entry)
{
    return entry->end == 0 && entry->break_count > 0 &&
           entry->breaks[entry->break_count - 1].end_s == 0;
}

static void close_break(struct sim_entry *entry, int64_t at)
{
    struct sim_break *open = &entry->breaks[entry->break_count - 1];
    int64_t at_s = at / SIM_TICKS_PER_SECOND;
    open->end_s = at_s > open->start_s ? at_s : open->start_s;
}

static int64_t breaks_s(const struct sim_entry *entry)
{
    int64_t sum = 0;
    for (size_t i = 0; i < entry->break_count; i++)
        if (entry->breaks[i].end_s != 0)
            sum += entry->breaks[i].end_s - entry->breaks[i].start_s;
    return sum;
}

void sim_end(struct sim *sim, struct sim_user *user, int64_t end, const char *by, const char *why)
{
    struct sim_entry *entry = user->active;
    if (end < entry->start)
        end = entry->start; /* the clock was set back */
    if (sim_is_paused(entry))
        close_break(entry, end);
    entry->end = end;
    entry->end_offset_s = sim_zone_offset_s(entry->timezone, end);
    int64_t worked = end - entry->start - breaks_s(entry) * SIM_TICKS_PER_SECOND;
    if (worked > 0)
        entry->duration_s = (worked + SIM_TICKS_PER_SECOND / 2) / SIM_TICKS_PER_SECOND;
    entry->stop_reason = why;
    touch(sim, entry, end, by);
    user->active = NULL;
}

void sim_expire(struct sim *sim, struct sim_user *user, int64_t now)
{
    if (user->active != NULL && now - user->active->start >= DAY_TICKS)
        sim_end(sim, user, user->active->start + DAY_TICKS, user->id, "limit");
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

static void forget_older_half(struct sim_user *user)
{
    size_t half = user->entry_count / 2;
    for (size_t i = 0; i < half; i++)
        sim_entry_free(user->entries[i]);
    user->entry_count -= half;
    memmove(user->entries, user->entries + half, user->entry_count * sizeof *user->entries);
}

static void insert(struct sim_user *user, struct sim_entry *entry)
{
    if (user->entry_count == ENTRIES_MAX)
        forget_older_half(user);
    if (user->entry_count == user->entry_room) {
        user->entry_room = user->entry_room > 0 ? user->entry_room * 2 : 8;
        user->entries = sim_grow(user->entries, user->entry_room, sizeof(struct sim_entry *));
    }
    size_t at = user->entry_count++;
    for (; at > 0 && user->entries[at - 1]->start > entry->start; at--)
        user->entries[at] = user->entries[at - 1];
    user->entries[at] = entry;
}

/* The caller has ended what was active. Takes the entry, whose start is set. */
void sim_begin(struct sim *sim, struct sim_user *user, struct sim_entry *entry)
{
    sim_new_guid(entry->id);
    entry->start_offset_s = sim_zone_offset_s(entry->timezone, entry->start);
    entry->created = entry->start;
    touch(sim, entry, entry->start, entry->created_by);
    insert(user, entry);
    user->active = entry;
}

/* False: the entry has more breaks than anybody takes. */
bool sim_pause(struct sim *sim, struct sim_user *user, int64_t now, const char *by)
{
    struct sim_entry *entry = user->active;
    if (entry->break_count == 10000)
        return false;
    entry->breaks = sim_grow(entry->breaks, entry->break_count + 1, sizeof *entry->breaks);
    entry->breaks[entry->break_count++] = (struct sim_break){.start_s = now / SIM_TICKS_PER_SECOND};
    touch(sim, entry, now, by);
    return true;
}

void sim_resume(struct sim *sim, struct sim_user *user, int64_t now, const char *by)
{
    close_break(user->active, now);
    touch(sim, user->active, now, by);
}

const struct sim_entry *sim_last(const struct sim_user *user, int64_t now)
{
    for (size_t i = user->entry_count; i > 0; i--)
        if (user->entries[i - 1]->start <= now)
            return user->entries[i - 1];
    return NULL;
}

void sim_state_clear(struct sim *sim)
{
    for (size_t i = 0; i < sim->world.user_count; i++) {
        struct sim_user *user = &sim->world.users[i];
        for (size_t j = 0; j < user->entry_count; j++)
            sim_entry_free(user->entries[j]);
        free(user->entries);
        user->entries = NULL;
        user->active = NULL;
        user->entry_count = user->entry_room = 0;
    }
}
