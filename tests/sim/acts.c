/*
 * What was done to the entries: each person's history, and whom it is told. Every change of an
 * entry passes here, and is checked here.
 */
#include "hooks.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"none",     "dropped", "started", "stopped",
                                    "replaced", "expired", "paused",  "resumed",
                                    "created",  "updated", "deleted", "breaks_removed"};

const char *sim_effect_name(enum sim_effect effect)
{
    return NAMES[effect];
}

static void remember(struct sim *sim, struct sim_user *user, const struct sim_act *act)
{
    if (user->act_count == user->act_room && user->act_room < sim->entries_max) {
        size_t room = user->act_room > 0 ? user->act_room * 2 : 16;
        user->act_room = room < sim->entries_max ? room : sim->entries_max;
        user->acts = sim_grow(user->acts, user->act_room, sizeof *user->acts);
    }
    user->acts[user->act_count++ % user->act_room] = *act;
}

struct sim_change sim_change_begin(const struct sim *sim, const struct sim_entry *entry)
{
    return (struct sim_change){sim_hooks_any(sim->hooks) ? sim_entry_json(entry) : NULL};
}

/* A deleted entry is told of while it is still there. */
void sim_change_end(struct sim *sim, struct sim_change *change, struct sim_entry *entry,
                    enum sim_effect effect, const char *by)
{
    struct sim_act act = {
        .n = sim->call != NULL ? sim->call->n : 0, .at = entry->updated, .effect = effect};
    memcpy(act.by, by, SIM_GUID_SIZE);
    memcpy(act.entry, entry->id, SIM_GUID_SIZE);
    remember(sim, entry->user, &act);
    sim_check_entry(sim, entry);
    sim_check_user(sim, entry->user);
    sim_hooks_tell(sim, effect, entry, change->before, by);
    json_decref(change->before);
    change->before = NULL;
}

/* The oldest first. */
json_t *sim_history_json(const struct sim_user *user)
{
    json_t *list = sim_must(json_array());
    size_t kept = user->act_count < user->act_room ? (size_t)user->act_count : user->act_room;
    for (uint64_t i = user->act_count - kept; i < user->act_count; i++) {
        const struct sim_act *act = &user->acts[i % user->act_room];
        json_array_append_new(
            list, sim_must(json_pack("{s:I, s:I, s:s, s:s, s:s}", "n", (json_int_t)act->n, "at_ms",
                                     (json_int_t)(act->at / SIM_TICKS_PER_MS), "effect",
                                     NAMES[act->effect], "entry", act->entry, "by", act->by)));
    }
    return list;
}
