/* sight: what was seen of a person's timer, by a look or told by awork's webhook, and what it is
 * judged to be beside what is known. Pure; the table is in ARCHITECTURE.md. */
#ifndef ACTION_SIGHT_H
#define ACTION_SIGHT_H

#include "action/entry.h"
#include "store/store.h"

enum { WORK_SIZE = UUID_SIZE };

struct sight {
    enum entry_state state; /* ENTRY_NONE: there is no entry */
    char entry[UUID_SIZE], start[START_SIZE], work[WORK_SIZE];
    bool is_told;      /* by a webhook: it may be of any entry, and late */
    bool is_gone;      /* the entry was deleted */
    bool is_typed;     /* written down when it was over: there was no timer */
    bool was_broken;   /* it has breaks */
    bool ended_itself; /* awork ends what runs for a day */
    int64_t since_ms;  /* when it came into that state; 0: not known */
    int64_t version;
    int64_t changed_ms;        /* when awork last changed it; 0: not known */
    int64_t asked_ms, seen_ms; /* of a look: when it was sent; when it was seen */
};

/* Reads an entity of awork's webhooks. Returns: false when it is no time entry. */
bool sight_read(const json_t *json, struct cw_arena *arena, struct sight *out);
void sight_of(const struct entry *entry, struct cw_arena *arena, struct sight *out);
/* To be kept until it can be judged. Owns: a new object. */
json_t *sight_pack(const struct sight *sight);
bool sight_unpack(const json_t *json, struct sight *out);

enum judgement {
    SIGHT_FIRST, /* nothing was known: where we begin */
    SIGHT_KNOWN, /* just what is known */
    SIGHT_SAME,  /* changed in nothing that a timer is */
    SIGHT_LATE,  /* older than what is known */
    SIGHT_ASIDE, /* of an entry that is not the last one, or not yet of anything that is known */
    SIGHT_AWORK, /* awork itself ended it */
    SIGHT_HAND   /* somebody changed the timer */
};

struct judged {
    enum judgement what;
    bool is_new;              /* `timer` is to be written */
    struct store_timer timer; /* its texts lie in what was known, and in the sight */
    int64_t at_ms;            /* HAND: when it was changed */
};

/* `known`: NULL when nothing is. */
void sight_judge(const struct store_timer *known, const struct sight *seen, struct judged *out);
/* Of the effect of our own request: whether somebody had changed the timer under it. `before` is
 * the entry that it was about. */
bool sight_is_crossed(const char *op, const char *before, const struct sight *left);
/* "an older state than is known", for people. */
const char *sight_word(enum judgement what);
/* What the events of our own changes are noted as, with the call behind it; and those that cannot
 * be judged yet. */
#define SIGHT_OURS  "our own change: call "
#define SIGHT_WAITS "it is judged with the answer of a call"
/* Whether an event with this note is one that rules do not hear of. */
bool sight_is_mute(struct cw_text note);

enum store_timer_state sight_state(enum entry_state state);
/* As rules see it: what was stopped as an emulated pause is paused. */
enum store_timer_state sight_shown(const struct store_timer *timer);

#endif
