/* The simulator's own routes: what is behind them. A change returns NULL, or what is wrong. */
#ifndef AWORK_SIM_CONTROL_H
#define AWORK_SIM_CONTROL_H

#include "sim.h"

const char *sim_change_faults(struct sim *sim, json_t *wanted);
const char *sim_clear_faults(struct sim *sim, json_t *unused);
const char *sim_change_dice(struct sim *sim, json_t *wanted);
const char *sim_change_clock(struct sim *sim, json_t *wanted);
const char *sim_change_settings(struct sim *sim, json_t *wanted);
const char *sim_change_rate(struct sim *sim, json_t *wanted);
const char *sim_sabotage(struct sim *sim, json_t *wanted);
const char *sim_reset(struct sim *sim, json_t *unused);

json_t *sim_show_faults(struct sim *sim);
json_t *sim_show_clock(struct sim *sim);
json_t *sim_show_settings(struct sim *sim);
json_t *sim_show_rate(struct sim *sim);
json_t *sim_show_tokens(struct sim *sim);
json_t *sim_show_check(struct sim *sim);
json_t *sim_show_reset(struct sim *sim);

#endif
