/*
 * awork-sim: a local awork for tests and for people without an account. One thread, one loop.
 * Every instant inside is an int64 in ticks: 100 ns since 1970-01-01 UTC, on the simulated clock.
 * Shares no code with clockwire's own libraries, so that it can judge them.
 */
#ifndef AWORK_SIM_H
#define AWORK_SIM_H

#include "map.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_TICKS_PER_SECOND INT64_C(10000000)
#define SIM_TICKS_PER_MS     INT64_C(10000)
#define SIM_GUID_SIZE        37
#define SIM_TIME_SIZE        40
#define SIM_BODY_LIMIT_BYTES ((size_t)1024 * 1024)
#define SIM_LINK             "https://developers.awork.com/#response-types"
#define SIM_INVARIANT_BROKEN 70 /* the exit status */

struct evbuffer;
struct event_base;
struct evkeyvalq;
struct sim_call;

/* ---- What the seed tells ---- */

struct sim_type {
    char id[SIM_GUID_SIZE];
    bool archived;
    json_t *model;
    json_t *nested;
};

struct sim_project {
    char id[SIM_GUID_SIZE];
    bool archived;
    bool is_private;
    bool done;
    bool billable;
    char *key;
    json_t *members; /* object, its keys are user ids */
    json_t *model;
    json_t *in_entry;
    json_t *in_task;
};

struct sim_task {
    char id[SIM_GUID_SIZE];
    struct sim_project *project; /* NULL: a private task */
    bool done;
    char *key;
    json_t *model;
    json_t *in_entry;
};

struct sim_settings {
    json_t *shown; /* as /timetracking/settings says it */
    bool off;
    bool prevent_done;
    bool prevent_private;
    int past_days;   /* -1: as long ago as you like */
    int64_t daily_s; /* 0: no daily maximum */
};

/* ---- Time entries and whose they are ---- */

struct sim_break {
    int64_t start_s;
    int64_t end_s; /* 0 while open */
};

struct sim_entry {
    char id[SIM_GUID_SIZE];
    char created_by[SIM_GUID_SIZE];
    char updated_by[SIM_GUID_SIZE];
    struct sim_user *user;
    const struct sim_type *type;
    const struct sim_project *project;
    const struct sim_task *task;
    char *timezone;
    char *note;
    const char *stop_reason; /* NULL: was not stopped */
    bool billable;
    bool billed;
    bool date_only; /* made by hand: a day and a duration */
    int64_t start;
    int64_t end; /* 0: active, or date_only */
    int64_t start_offset_s;
    int64_t end_offset_s;
    int64_t created;
    int64_t updated;
    int64_t version;
    int64_t duration_s;
    struct sim_break *breaks;
    size_t break_count;
    struct sim_entry *open_next; /* of those without an end */
    struct sim_entry **open_link;
};

enum sim_effect {
    SIM_NONE,
    SIM_DROPPED,
    SIM_STARTED,
    SIM_STOPPED,
    SIM_REPLACED, /* by the next start */
    SIM_EXPIRED,  /* after 24 hours, or at the daily maximum */
    SIM_PAUSED,
    SIM_RESUMED,
    SIM_CREATED,
    SIM_UPDATED,
    SIM_DELETED,
    SIM_BREAKS_REMOVED
};

/* One line of a person's history. */
struct sim_act {
    uint64_t n; /* of the request; 0: nobody's, an auto-stop */
    int64_t at;
    enum sim_effect effect;
    char by[SIM_GUID_SIZE];
    char entry[SIM_GUID_SIZE];
};

struct sim_user {
    char id[SIM_GUID_SIZE];
    bool admin;
    bool api_user;
    bool deactivated;
    bool archived;
    bool sees_nobody; /* may not read the master data of others */
    bool seeded;
    int64_t daily_s; /* 0: as the workspace says */
    json_t *model;
    json_t *nested;
    struct sim_entry *active;
    struct sim_entry **entries; /* by start, the latest last */
    size_t entry_count;
    size_t entry_room;
    struct sim_act *acts; /* a ring */
    size_t act_room;
    uint64_t act_count; /* of all time */
};

/* ---- The rest of the world ---- */

struct sim_clock {
    int64_t offset;
    int64_t frozen_at;
    bool frozen;
};

struct sim_window {
    int64_t start_s;
    unsigned used;
};

struct sim_rate {
    unsigned per_second;
    unsigned per_minute;
    unsigned first_per_second; /* before a test changed them */
    unsigned first_per_minute;
    struct sim_window second;
    struct sim_window minute;
};

/* What the seven headers say, taken when the request was counted. */
struct sim_quota {
    bool refused;
    unsigned limit, remaining, reset_s;
    unsigned second_limit, second_remaining;
    unsigned minute_limit, minute_remaining;
};

struct sim_log {
    struct sim_log_line *lines;
    size_t lines_max;
    size_t room;
    size_t first; /* index of the oldest line */
    size_t count;
    size_t bytes;
    uint64_t next_n;
    uint64_t generation;
};

struct sim_world {
    json_t *workspace;
    struct sim_user **users;
    size_t user_count;
    size_t user_room;
    struct sim_type *types;
    size_t type_count;
    struct sim_project *projects;
    size_t project_count;
    struct sim_task *tasks;
    size_t task_count;
    struct sim_map user_ids, type_ids, project_ids, project_keys, task_ids, task_keys;
    struct sim_settings settings;
    struct sim_settings seed_settings;
    struct sim_map entry_ids;
    size_t entry_count;
    uint64_t looked_at;     /* by lists: no more than their filters make necessary */
    struct sim_entry *open; /* the entries without an end */
};

struct sim {
    struct sim_world world;
    struct sim_clock clock;
    struct sim_rate rate;
    struct sim_log log;
    struct sim_faults *faults;
    struct sim_tokens *tokens;
    struct sim_connections *connections;
    struct sim_hooks *hooks;
    struct sim_call *call; /* the one that acts now */
    int64_t last_version;
    size_t entries_max; /* of one user */
    bool strict;
    bool ignore_me_user_id;
    bool retry_after;
    bool short_pages;
    struct event_base *base;
    struct sim_exchange *pending;
};

/* One API request on its way through the rules, and its answer. */
struct sim_call {
    struct sim *sim;
    uint64_t n; /* of its line in the log */
    int64_t now;
    const char *method;
    const char *path; /* decoded, after /api/v1 */
    const char *authorization;
    const char *host;
    const char *content_type;
    struct evkeyvalq *query;
    const char *body;
    size_t body_bytes;
    char trace[33];
    char id[SIM_GUID_SIZE]; /* {guid} of the path, lower case */
    char key[64];           /* {key} of the path */
    struct sim_user *caller;

    int status;
    json_t *answer; /* owned; NULL: no body */
    char allow[64]; /* of a 405 */
    char *location; /* owned; of a 302 */
    bool untraced;
    bool confidential; /* no cache may keep it */
    bool paged;
    size_t page, page_size, items, total;
    enum sim_effect effect;
    char target[SIM_GUID_SIZE];
    char entry[SIM_GUID_SIZE];
    char ended[SIM_GUID_SIZE];
};

/* util.c: allocation or the end; ids; text */
void *sim_alloc(size_t count, size_t size);
void *sim_grow(void *old, size_t count, size_t size);
char *sim_dup(const char *text, size_t bytes);
json_t *sim_must(json_t *value);
void sim_hex(char *out, size_t digits);
void sim_new_guid(char out[SIM_GUID_SIZE]);
bool sim_read_guid(const char *text, size_t bytes, char out[SIM_GUID_SIZE]);
bool sim_is_true(const char *text);

/* time.c, zone.c */
int64_t sim_now(const struct sim_clock *clock);
void sim_clock_set(struct sim_clock *clock, int64_t now);
void sim_clock_freeze(struct sim_clock *clock, bool frozen);
bool sim_read_rfc3339(const char *text, int64_t *ticks);
bool sim_read_moment(const char *text, int64_t *ticks);
bool sim_read_clock_time(const char *text, int64_t *ticks);
void sim_write_instant(int64_t ticks, int fraction_digits, char out[SIM_TIME_SIZE]);
void sim_write_date(int64_t ticks, const char *suffix, char out[SIM_TIME_SIZE]);
void sim_write_clock_time(int64_t ticks, char out[SIM_TIME_SIZE]);
bool sim_zone_known(const char *name);
int64_t sim_zone_offset_s(const char *name, int64_t ticks);
int64_t sim_zone_utc(const char *name, int64_t local);

/* seed.c, seed_people.c, seed_work.c: the world of the seed file */
bool sim_seed_load(const char *file, struct sim *sim);
void sim_seed_free(struct sim *sim);
bool sim_seed_fail(const char *where, size_t n, const char *why);
bool sim_seed_users(const json_t *list, struct sim *sim);
bool sim_seed_tokens(const json_t *list, struct sim *sim);
bool sim_seed_types(const json_t *list, struct sim_world *world);
bool sim_seed_projects(const json_t *list, struct sim_world *world);
bool sim_seed_tasks(const json_t *list, struct sim_world *world);
void sim_seed_made(json_t *model);
const char *sim_settings_read(struct sim_settings *settings, const json_t *list, size_t *bad);
struct sim_settings sim_settings_copy(const struct sim_settings *settings);
struct sim_user *sim_user_add(struct sim_world *world);
struct sim_user *sim_api_user_add(struct sim_world *world, const char *name);
void sim_user_free(struct sim_user *user);

/* state.c, acts.c, entry_json.c, check.c: the entries of the users */
void sim_expire(struct sim *sim, struct sim_user *user, int64_t now);
void sim_expire_all(struct sim *sim, int64_t now);
void sim_entry_add(struct sim *sim, struct sim_user *user, struct sim_entry *entry);
void sim_entry_remove(struct sim *sim, struct sim_entry *entry);
void sim_entry_move(struct sim *sim, struct sim_entry *entry, int64_t start);
void sim_begin(struct sim *sim, struct sim_user *user, struct sim_entry *entry);
void sim_end(struct sim *sim, struct sim_user *user, int64_t end, const char *by,
             enum sim_effect effect);
bool sim_pause(struct sim *sim, struct sim_user *user, int64_t now, const char *by);
void sim_resume(struct sim *sim, struct sim_user *user, int64_t now, const char *by);
void sim_remove_breaks(struct sim *sim, struct sim_entry *entry, int64_t now, const char *by);
void sim_touch(struct sim *sim, struct sim_entry *entry, int64_t at, const char *by);
bool sim_is_paused(const struct sim_entry *entry);
bool sim_is_active(const struct sim_entry *entry);
int64_t sim_breaks_s(const struct sim_entry *entry);
int64_t sim_duration_s(const struct sim_entry *entry, int64_t end);
int64_t sim_daily_left_s(const struct sim *sim, const struct sim_user *user, int64_t day,
                         const struct sim_entry *but);
int64_t sim_local_day(int64_t ticks, int64_t offset_s);
const struct sim_entry *sim_last(const struct sim_user *user, int64_t now);
void sim_entry_free(struct sim_entry *entry);
void sim_state_clear(struct sim *sim);
json_t *sim_entry_json(const struct sim_entry *entry);
json_t *sim_state_json(struct sim *sim, struct sim_user *one);
const char *sim_effect_name(enum sim_effect effect);
json_t *sim_history_json(const struct sim_user *user);
void sim_check_entry(const struct sim *sim, const struct sim_entry *entry);
void sim_check_user(const struct sim *sim, const struct sim_user *user);
void sim_check_all(const struct sim *sim);

/* A change of an entry: begin before it, end after it (history, checks, webhooks). */
struct sim_change {
    json_t *before;
};
struct sim_change sim_change_begin(const struct sim *sim, const struct sim_entry *entry);
void sim_change_end(struct sim *sim, struct sim_change *change, struct sim_entry *entry,
                    enum sim_effect effect, const char *by);

/* rate.c */
struct sim_quota sim_rate_count(struct sim_rate *rate, int64_t now);

/* answers.c: what a handler can say */
void sim_say(struct sim_call *call, int status, json_t *body);
void sim_say_error(struct sim_call *call, int status, const char *code, const char *description);
void sim_say_not_found(struct sim_call *call, const char *what);
void sim_say_denied(struct sim_call *call, const char *what);
void sim_say_bad_token(struct sim_call *call);
void sim_say_invalid(struct sim_call *call, json_t *validation_errors);
void sim_say_wrong(struct sim_call *call, const char *property, const char *message);
void sim_say_fault(struct sim_call *call, int status);
void sim_complain(json_t *errors, const char *property, const char *message);
const char *sim_query(const struct sim_call *call, const char *name);

/* routes.c, and the handlers: people.c, work.c, timers.c, entries.c */
void sim_route(struct sim_call *call);
bool sim_body_is_secret(const struct sim_call *call);
void sim_get_me(struct sim_call *call);
void sim_get_users(struct sim_call *call);
void sim_get_user(struct sim_call *call);
void sim_get_contact_infos(struct sim_call *call);
void sim_get_types(struct sim_call *call);
void sim_get_type(struct sim_call *call);
void sim_get_task(struct sim_call *call);
void sim_get_task_by_key(struct sim_call *call);
void sim_get_my_tasks(struct sim_call *call);
void sim_get_projects(struct sim_call *call);
void sim_get_project(struct sim_call *call);
void sim_get_project_by_key(struct sim_call *call);
void sim_get_project_tasks(struct sim_call *call);
void sim_get_settings(struct sim_call *call);
void sim_get_last(struct sim_call *call);
void sim_get_entries(struct sim_call *call);
void sim_get_project_entries(struct sim_call *call);
void sim_get_task_entries(struct sim_call *call);
void sim_get_entry(struct sim_call *call);
void sim_post_entry(struct sim_call *call);
void sim_put_entry(struct sim_call *call);
void sim_delete_entry(struct sim_call *call);
void sim_post_remove_breaks(struct sim_call *call);
void sim_post_start(struct sim_call *call);
void sim_post_stop(struct sim_call *call);
void sim_post_pause(struct sim_call *call);
void sim_post_resume(struct sim_call *call);
void sim_say_entry(struct sim_call *call, const struct sim_entry *entry, enum sim_effect effect);
bool sim_project_open_to(const struct sim_project *project, const struct sim_user *user);

/* http.c, control.c */
struct evhttp_request;
void sim_on_request(struct evhttp_request *req, void *sim);
void sim_http_end(struct sim *sim);
void sim_control(struct sim *sim, struct evhttp_request *req, const char *path);

#endif
