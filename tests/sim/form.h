/* The bodies of start and of time entries: read, validated, their references looked up. */
#ifndef AWORK_SIM_FORM_H
#define AWORK_SIM_FORM_H

#include "sim.h"

struct sim_form {
    const json_t *timezone, *type, *project, *task, *note, *billable, *billed;
    /* of a time entry only */
    const json_t *user, *duration;
    const json_t *start_date_utc, *start_time_utc, *end_date_utc, *end_time_utc;
    const json_t *start_date_local, *start_time_local, *end_date_local, *end_time_local;
};

/* Each: false or NULL, the request was refused and the answer is given. */
struct sim_entry *sim_read_start_form(struct sim_call *call, const struct sim_user *user);
json_t *sim_form_body(struct sim_call *call, bool is_start, struct sim_form *form);
bool sim_form_refer(struct sim_call *call, const struct sim_form *form, const struct sim_user *user,
                    struct sim_entry *entry);
void sim_form_fill(struct sim_entry *entry, const struct sim_form *form);
/* Start, end or duration into the entry, whose zone and breaks are set. */
bool sim_form_times(struct sim_call *call, const struct sim_form *form, struct sim_entry *entry);

#endif
