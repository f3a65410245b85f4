/* entry: a time entry of awork as the lanes see it, and the few checks of what goes into a path. */
#ifndef ACTION_ENTRY_H
#define ACTION_ENTRY_H

#include <clockwire/rules.h>
#include <jansson.h>
#include <stdbool.h>

enum { UUID_SIZE = 37, KEY_SIZE = 33, START_SIZE = 40 };

/* Whether `text` is a uuid; `out`, if given, gets it in lower case. */
bool uuid_copy(const char *text, char out[UUID_SIZE]);
/* Whether `text` is a key such as KEY-123; `out` gets it in upper case. */
bool key_copy(const char *text, char out[KEY_SIZE]);

enum entry_state { ENTRY_NONE, ENTRY_STOPPED, ENTRY_PAUSED, ENTRY_RUNNING };

struct entry {
    enum entry_state state;
    char id[UUID_SIZE];
    char start[START_SIZE]; /* sorts by time */
    const json_t *json;     /* borrowed */
};

/* Reads an answer of a timer route. Returns: false when it is no time entry. */
bool entry_read(const json_t *json, struct entry *out);
/* What rules read of it. Lives: as long as the entry's JSON; `arena` is for passing use. */
void entry_work(const struct entry *entry, struct cw_arena *arena, struct cw_work *out);
/* A point in time of awork's; 0 when there is none. */
int64_t entry_moment(const char *text, struct cw_arena *arena);
/* When it began, and since when it is in its state; 0: not known. */
int64_t entry_begun(const struct entry *entry, struct cw_arena *arena);
int64_t entry_since(const struct entry *entry, struct cw_arena *arena);
struct entry_times {
    int64_t start_ms, end_ms; /* 0: it has none */
    int64_t least_ms; /* its end cannot lie before: its start, or the end of its last break */
};
struct entry_times entry_times(const struct entry *entry, struct cw_arena *arena);
bool entry_is_active(const struct entry *entry); /* running or paused */
/* Whether it is about the same task, project and type of work as the body of a start. */
bool entry_matches(const struct entry *entry, const json_t *body);
/* The body of a start that would go on with this work. */
json_t *entry_memo(const struct entry *entry);

#endif
