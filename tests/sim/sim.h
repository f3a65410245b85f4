/*
 * awork-sim: a local awork for tests and for people without an account. One thread, one loop.
 * Every instant inside is an int64 in ticks: 100 ns since 1970-01-01 UTC, on the simulated clock.
 * Shares no code with clockwire's own libraries, so that it can judge them.
 */
#ifndef AWORK_SIM_H
#define AWORK_SIM_H

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

struct evbuffer;
struct event_base;
struct evkeyvalq;

struct sim_break {
    int64_t start_s;
    int64_t end_s; /* 0 while open */
};

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
    json_t *members; /* object, its keys are user ids */
    json_t *in_entry;
    json_t *in_task;
};

struct sim_task {
    char id[SIM_GUID_SIZE];
    struct sim_project *project; /* NULL: a private task */
    json_t *model;
    json_t *in_entry;
};

struct sim_entry {
    char id[SIM_GUID_SIZE];
    char created_by[SIM_GUID_SIZE];
    char updated_by[SIM_GUID_SIZE];
    const struct sim_type *type;
    const struct sim_project *project;
    const struct sim_task *task;
    char *timezone;
    char *note;
    const char *stop_reason; /* NULL while active */
    bool billable;
    bool billed;
    int64_t start;
    int64_t end; /* 0 while active */
    int64_t start_offset_s;
    int64_t end_offset_s;
    int64_t created;
    int64_t updated;
    int64_t version;
    int64_t duration_s;
    struct sim_break *breaks;
    size_t break_count;
};

struct sim_user {
    char id[SIM_GUID_SIZE];
    bool admin;
    bool api_user;
    bool deactivated;
    bool archived;
    json_t *model;
    json_t *nested;
    struct sim_entry *active;
    struct sim_entry **entries; /* by start, the latest last */
    size_t entry_count;
    size_t entry_room;
};

struct sim_token {
    const struct sim_user *user;
    bool api_key;
    int64_t expires; /* 0: never */
};

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

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_STATUS,
    SIM_FAULT_DELAY,
    SIM_FAULT_DELAY_BEFORE,
    SIM_FAULT_DROP_BEFORE,
    SIM_FAULT_DROP_AFTER,
    SIM_FAULT_TRUNCATE,
    SIM_FAULT_GARBAGE
};

struct sim_fault {
    char *match;
    enum sim_fault_kind kind;
    int status;    /* SIM_FAULT_STATUS */
    unsigned arg;  /* ms of a delay, seconds of a 429 */
    unsigned left; /* 0 with forever */
    bool forever;
    uint64_t hits;
};

struct sim_log_line {
    int64_t at_ms;
    const struct sim_user *who;
    char *text; /* "METHOD target" */
    char *body;
    size_t body_bytes;
    size_t body_kept_bytes;
    int status; /* 0: no answer was sent (yet) */
    const char *effect;
    enum sim_fault_kind fault;
    char target[SIM_GUID_SIZE];
    char entry[SIM_GUID_SIZE];
    char ended[SIM_GUID_SIZE];
};

struct sim_log {
    struct sim_log_line *lines;
    size_t room;
    size_t first; /* index of the oldest line */
    size_t count;
    size_t bytes;
    uint64_t next_n;
    uint64_t generation;
};

struct sim_world {
    json_t *workspace;
    struct sim_user *users;
    size_t user_count;
    struct sim_type *types;
    size_t type_count;
    struct sim_project *projects;
    size_t project_count;
    struct sim_task *tasks;
    size_t task_count;
    struct sim_token *tokens;
    size_t token_count;
    json_t *index; /* "user:ID", "type:ID", "project:ID", "task:ID", "key:KEY", "token:T" -> n */
    bool prevent_on_done_projects;
};

struct sim {
    struct sim_world world;
    struct sim_clock clock;
    struct sim_rate rate;
    struct sim_log log;
    struct sim_fault *faults;
    size_t fault_count;
    int64_t last_version;
    bool strict;
    bool ignore_me_user_id;
    bool retry_after;
    struct event_base *base;
    struct sim_exchange *pending;
};

/* One API request on its way through the rules, and its answer. */
struct sim_call {
    struct sim *sim;
    int64_t now;
    const char *method;
    const char *path; /* decoded, after /api/v1 */
    const char *authorization;
    struct evkeyvalq *query;
    const char *body;
    size_t body_bytes;
    char trace[33];
    char id[SIM_GUID_SIZE]; /* {guid} of the path, lower case */
    char key[64];           /* {key} of the path */
    struct sim_user *caller;

    int status;
    json_t *answer;    /* owned; NULL: no body */
    const char *allow; /* of a 405 */
    bool untraced;
    bool paged;
    size_t page, page_size, items, total;
    const char *effect;
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

/* time.c */
int64_t sim_now(const struct sim_clock *clock);
void sim_clock_set(struct sim_clock *clock, int64_t now);
void sim_clock_freeze(struct sim_clock *clock, bool frozen);
bool sim_read_rfc3339(const char *text, int64_t *ticks);
void sim_write_instant(int64_t ticks, int fraction_digits, char out[SIM_TIME_SIZE]);
void sim_write_date(int64_t ticks, const char *suffix, char out[SIM_TIME_SIZE]);
void sim_write_clock_time(int64_t ticks, char out[SIM_TIME_SIZE]);
bool sim_zone_known(const char *name);
int64_t sim_zone_offset_s(const char *name, int64_t ticks);

/* seed.c, seed_work.c: the world of the seed file */
bool sim_seed_load(const char *file, struct sim *sim);
void sim_seed_free(struct sim_world *world);
size_t sim_find(const struct sim_world *world, const char *kind, const char *key, size_t none);
bool sim_index(struct sim_world *world, const char *kind, const char *key, size_t n);
bool sim_seed_fail(const char *where, size_t n, const char *why);
bool sim_seed_types(const json_t *list, struct sim_world *world);
bool sim_seed_projects(const json_t *list, struct sim_world *world);
bool sim_seed_tasks(const json_t *list, struct sim_world *world);
void sim_seed_made(json_t *model);

/* state.c, entry_json.c: the entries of the users */
void sim_expire(struct sim *sim, struct sim_user *user, int64_t now);
void sim_begin(struct sim *sim, struct sim_user *user, struct sim_entry *entry);
void sim_end(struct sim *sim, struct sim_user *user, int64_t end, const char *by, const char *why);
bool sim_pause(struct sim *sim, struct sim_user *user, int64_t now, const char *by);
void sim_resume(struct sim *sim, struct sim_user *user, int64_t now, const char *by);
bool sim_is_paused(const struct sim_entry *entry);
const struct sim_entry *sim_last(const struct sim_user *user, int64_t now);
void sim_entry_free(struct sim_entry *entry);
void sim_state_clear(struct sim *sim);
json_t *sim_entry_json(const struct sim_user *user, const struct sim_entry *entry);
json_t *sim_state_json(struct sim *sim);

/* rate.c */
struct sim_quota sim_rate_count(struct sim_rate *rate, int64_t now);

/* faults.c */
const char *sim_fault_name(enum sim_fault_kind kind);
struct sim_fault *sim_fault_take(struct sim *sim, const char *method, const char *target);
const char *sim_faults_add(struct sim *sim, const json_t *wanted);
json_t *sim_faults_json(const struct sim *sim);
void sim_faults_clear(struct sim *sim);

/* log.c */
uint64_t sim_log_open(struct sim_log *log, int64_t at_ms, const char *method, const char *target,
                      const char *body, size_t body_bytes);
struct sim_log_line *sim_log_line(struct sim_log *log, uint64_t n, uint64_t generation);
void sim_log_write(const struct sim_log *log, uint64_t after, uint64_t limit, struct evbuffer *to);
void sim_log_clear(struct sim_log *log);

/* answers.c: what a handler can say */
void sim_say(struct sim_call *call, int status, json_t *body);
void sim_say_error(struct sim_call *call, int status, const char *code, const char *description);
void sim_say_not_found(struct sim_call *call, const char *what);
void sim_say_denied(struct sim_call *call, const char *what);
void sim_say_bad_token(struct sim_call *call);
void sim_say_invalid(struct sim_call *call, json_t *validation_errors);
void sim_say_fault(struct sim_call *call, int status);
void sim_complain(json_t *errors, const char *property, const char *message);
const char *sim_query(const struct sim_call *call, const char *name);

/* routes.c, people.c, work.c, timers.c, form.c */
struct sim_user *sim_caller(const struct sim_call *call);
void sim_route(struct sim_call *call);
bool sim_page(struct sim_call *call, size_t *first, size_t *end, size_t total);
void sim_get_me(struct sim_call *call);
void sim_get_users(struct sim_call *call);
void sim_get_user(struct sim_call *call);
void sim_get_types(struct sim_call *call);
void sim_get_type(struct sim_call *call);
void sim_get_task(struct sim_call *call);
void sim_get_task_by_key(struct sim_call *call);
void sim_get_last(struct sim_call *call);
void sim_post_start(struct sim_call *call);
void sim_post_stop(struct sim_call *call);
void sim_post_pause(struct sim_call *call);
void sim_post_resume(struct sim_call *call);
struct sim_entry *sim_read_start_form(struct sim_call *call);
bool sim_project_open_to(const struct sim_project *project, const struct sim_user *user);

/* http.c, control.c */
struct evhttp_request;
void sim_on_request(struct evhttp_request *req, void *sim);
void sim_http_end(struct sim *sim);
void sim_control(struct sim *sim, struct evhttp_request *req, const char *path);

#endif
