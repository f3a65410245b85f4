/* The request log: a ring of the last requests in the order of their arrival. */
#ifndef AWORK_SIM_LOG_H
#define AWORK_SIM_LOG_H

#include "faults.h"

struct sim_log_line {
    int64_t at_ms;
    const struct sim_user *who;
    char *text; /* "METHOD target" */
    char *body;
    size_t body_bytes;
    size_t body_kept_bytes;
    int status; /* 0: no answer was sent (yet) */
    enum sim_effect effect;
    enum sim_fault_kind fault;
    char target[SIM_GUID_SIZE];
    char entry[SIM_GUID_SIZE];
    char ended[SIM_GUID_SIZE];
};

uint64_t sim_log_open(struct sim_log *log, int64_t at_ms, const char *method, const char *target);
void sim_log_body(struct sim_log_line *line, struct sim_log *log, const char *body, size_t bytes);
struct sim_log_line *sim_log_line(struct sim_log *log, uint64_t n, uint64_t generation);
void sim_log_write(const struct sim_log *log, uint64_t after, uint64_t limit, struct evbuffer *to);
void sim_log_forget(struct sim_log *log, const struct sim_user *user);
void sim_log_clear(struct sim_log *log);

#endif
