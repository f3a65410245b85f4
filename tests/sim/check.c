/*
 * What must hold at any time. A broken promise ends the process with a status of its own: what a
 * test saw of it afterwards would be worth nothing.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void require(bool holds, const char *what, const char *whose)
{
    if (holds)
        return;
    fprintf(stderr, "awork-sim: broken: %s (%s)\n", what, whose);
    fflush(stderr);
    _exit(SIM_INVARIANT_BROKEN);
}

static void check_breaks(const struct sim_entry *entry)
{
    int64_t last_s = 0;
    for (size_t i = 0; i < entry->break_count; i++) {
        const struct sim_break *one = &entry->breaks[i];
        bool open = one->end_s == 0;
        require(one->start_s >= last_s, "breaks follow one another", entry->id);
        require(open || one->end_s >= one->start_s, "a break ends after its start", entry->id);
        require(!open || i + 1 == entry->break_count, "only the last break is open", entry->id);
        require(!open || sim_is_active(entry), "only an active entry has an open break", entry->id);
        last_s = one->end_s;
    }
}

/* Cheap but for the breaks of this one entry: asked after each change. */
void sim_check_entry(const struct sim *sim, const struct sim_entry *entry)
{
    const char *id = entry->id;
    require(sim_map_get(&sim->world.entry_ids, id) == entry, "an entry is found by its id", id);
    require(entry->version > 0 && entry->version <= sim->last_version, "versions only grow", id);
    require((entry->open_link != NULL) == (entry->end == 0), "the open entries are a list", id);
    if (sim_is_active(entry)) {
        require(entry->user->active == entry, "one active entry per person", id);
        require(entry->duration_s == 0, "an active entry has no duration", id);
    } else if (!entry->date_only) {
        int64_t duration_s = sim_duration_s(entry, entry->end);
        require(entry->end >= entry->start, "an entry ends after its start", id);
        require(entry->duration_s == (duration_s > 0 ? duration_s : 0),
                "duration is end minus start minus breaks", id);
    }
    check_breaks(entry);
}

void sim_check_user(const struct sim *sim, const struct sim_user *user)
{
    const struct sim_entry *active = user->active;
    if (active == NULL)
        return;
    require(sim_map_get(&sim->world.entry_ids, active->id) == active, "what runs exists", user->id);
    require(sim_is_active(active) && active->user == user, "what runs has no end", user->id);
}

void sim_check_all(const struct sim *sim)
{
    size_t entries = 0;
    size_t open = 0;
    size_t listed = 0;
    for (size_t i = 0; i < sim->world.user_count; i++) {
        const struct sim_user *user = sim->world.users[i];
        sim_check_user(sim, user);
        entries += user->entry_count;
        for (size_t j = 0; j < user->entry_count; j++) {
            const struct sim_entry *entry = user->entries[j];
            require(entry->user == user, "an entry stands with its person", entry->id);
            require(j == 0 || user->entries[j - 1]->start <= entry->start,
                    "entries stand in the order of their starts", entry->id);
            sim_check_entry(sim, entry);
            open += entry->end == 0;
        }
    }
    for (const struct sim_entry *entry = sim->world.open; entry != NULL; entry = entry->open_next)
        listed++;
    require(open == listed, "every open entry is listed once", "all");
    require(entries == sim->world.entry_count && entries == sim->world.entry_ids.count,
            "entries are counted", "all");
}
