/*
 * Faults that a test orders. The first one in the order of arrival that fits a request strikes, and
 * only that one; a used-up one is kept in the list with left 0.
 */
#ifndef AWORK_SIM_FAULTS_H
#define AWORK_SIM_FAULTS_H

#include "sim.h"

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_STATUS,
    SIM_FAULT_DELAY,
    SIM_FAULT_DELAY_BEFORE,
    SIM_FAULT_DROP_BEFORE,
    SIM_FAULT_DROP_AFTER,
    SIM_FAULT_RESET_BEFORE,
    SIM_FAULT_RESET_AFTER,
    SIM_FAULT_TRUNCATE,
    SIM_FAULT_GARBAGE,
    SIM_FAULT_CUT,
    SIM_FAULT_DRIP,
    SIM_FAULT_KINDS
};

struct sim_fault {
    char *match;
    char user[SIM_GUID_SIZE]; /* empty: everybody */
    bool reused;              /* not the first request of a connection */
    enum sim_fault_kind kind;
    int status;    /* SIM_FAULT_STATUS */
    unsigned arg;  /* ms of a delay or drip, seconds of a 429 */
    bool vary;     /* from 0 to arg, by chance */
    double chance; /* 0: it is certain */
    unsigned skip; /* so many pass first */
    unsigned left; /* 0 with forever */
    bool forever;
    uint64_t hits;
    char *body;      /* instead of the usual one of a status */
    json_t *headers; /* instead of, or beside the usual ones of a status */
};

/* What a fault may ask about a request. */
struct sim_victim {
    const char *method;
    const char *target;
    const struct sim_user *caller;
    bool reused;
};

struct sim_faults *sim_faults_create(void);
void sim_faults_destroy(struct sim_faults *faults);
const char *sim_fault_name(enum sim_fault_kind kind);
/* *out is good until the list changes. */
bool sim_fault_take(struct sim_faults *faults, const struct sim_victim *victim,
                    struct sim_fault *out);
const char *sim_faults_add(struct sim_faults *faults, const json_t *wanted);
json_t *sim_faults_json(const struct sim_faults *faults);
void sim_faults_clear(struct sim_faults *faults);
void sim_faults_seed(struct sim_faults *faults, uint64_t seed);
double sim_faults_dice(struct sim_faults *faults); /* 0 to 1, without 1 */

#endif
