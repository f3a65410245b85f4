/*
 * Faults that a test orders through /_sim/faults. The first one in the order of arrival that
 * matches a request strikes, and only that one; a used-up one is kept in the list with left 0.
 */
#include "sim.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX   ((size_t)1000)
#define DELAY_MAX_MS 600000
#define COUNT_MAX    1000000000

static const char *const NAMES[] = {"none",        "status",     "delay",    "delay_before",
                                    "drop_before", "drop_after", "truncate", "garbage"};

const char *sim_fault_name(enum sim_fault_kind kind)
{
    return NAMES[kind];
}

static bool matches(const struct sim_fault *fault, const char *text)
{
    if (strpbrk(fault->match, "*?[") != NULL)
        return fnmatch(fault->match, text, FNM_CASEFOLD) == 0;
    return strcasestr(text, fault->match) != NULL;
}

struct sim_fault *sim_fault_take(struct sim *sim, const char *method, const char *target)
{
    char text[4096];
    snprintf(text, sizeof text, "%s %s", method, target);
    for (size_t i = 0; i < sim->fault_count; i++) {
        struct sim_fault *fault = &sim->faults[i];
        if ((!fault->forever && fault->left == 0) || !matches(fault, text))
            continue;
        fault->hits++;
        if (!fault->forever)
            fault->left--;
        return fault;
    }
    return NULL;
}

static bool is_status(json_int_t status)
{
    static const int known[] = {400, 401, 403, 404, 409, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (status == known[i])
            return true;
    return false;
}

/* `fault: status` has its code in arg, `fault: 429` and `fault: "429"` are the code. */
static const char *read_status(struct sim_fault *fault, json_int_t code, json_int_t arg)
{
    if (!is_status(code))
        return "a status is 400, 401, 403, 404, 409, 429, 500, 502, 503 or 504";
    if (arg < 0 || arg > 86400)
        return "arg of a status fault is 0 to 86400 seconds";
    fault->kind = SIM_FAULT_STATUS;
    fault->status = (int)code;
    fault->arg = arg > 0 ? (unsigned)arg : 1;
    return NULL;
}

static const char *read_kind(struct sim_fault *fault, const json_t *kind, json_int_t arg)
{
    const char *name = json_string_value(kind);
    if (json_is_integer(kind))
        return read_status(fault, json_integer_value(kind), arg);
    if (name == NULL)
        return "fault is a name or a status";
    if (strcmp(name, "status") == 0)
        return read_status(fault, arg, 0);
    if (strlen(name) == 3 && strspn(name, "0123456789") == 3)
        return read_status(fault, (int)strtol(name, NULL, 10), arg);
    for (int i = SIM_FAULT_DELAY; i <= SIM_FAULT_GARBAGE; i++)
        if (strcmp(name, NAMES[i]) == 0)
            fault->kind = (enum sim_fault_kind)i;
    if (fault->kind == SIM_FAULT_NONE)
        return "fault is status, a status code, delay, delay_before, drop_before, drop_after, "
               "truncate or garbage";
    if (arg < 0 || arg > DELAY_MAX_MS)
        return "arg of a delay is 0 to 600000 milliseconds";
    fault->arg = (unsigned)arg;
    return NULL;
}

static const char *read_fault(const json_t *wanted, struct sim_fault *fault)
{
    const char *match = "";
    json_t *kind = NULL;
    json_int_t count = 0;
    json_int_t arg = 0;
    *fault = (struct sim_fault){0};
    if (json_unpack((json_t *)wanted, "{s?s, s:o, s?I, s?I !}", "match", &match, "fault", &kind,
                    "count", &count, "arg", &arg) != 0)
        return "a fault is {match, fault, count, arg}: text, name or status, number, number";
    if (count < 0 || count > COUNT_MAX)
        return "count is 0 (for ever) or the number of requests";
    const char *why = read_kind(fault, kind, arg);
    if (why != NULL)
        return why;
    fault->forever = count == 0;
    fault->left = (unsigned)count;
    fault->match = sim_dup(match, strlen(match));
    return NULL;
}

/* Takes all or nothing. Returns: NULL, or what is wrong. */
const char *sim_faults_add(struct sim *sim, const json_t *wanted)
{
    size_t adding = json_is_array(wanted) ? json_array_size(wanted) : 1;
    const char *why = NULL;
    if (adding > FAULTS_MAX - sim->fault_count)
        return "no more than 1000 faults";
    sim->faults = sim_grow(sim->faults, sim->fault_count + adding + 1, sizeof *sim->faults);
    size_t read = 0;
    for (; read < adding && why == NULL; read++) {
        const json_t *one = json_is_array(wanted) ? json_array_get(wanted, read) : wanted;
        why = read_fault(one, &sim->faults[sim->fault_count + read]);
    }
    if (why == NULL) {
        sim->fault_count += adding;
        return NULL;
    }
    for (size_t i = 0; i < read; i++)
        free(sim->faults[sim->fault_count + i].match);
    return why;
}

json_t *sim_faults_json(const struct sim *sim)
{
    json_t *list = sim_must(json_array());
    for (size_t i = 0; i < sim->fault_count; i++) {
        const struct sim_fault *fault = &sim->faults[i];
        json_t *left = fault->forever ? json_null() : json_integer(fault->left);
        json_t *json = sim_must(json_pack("{s:s, s:s, s:i, s:o, s:I}", "match", fault->match,
                                          "fault", NAMES[fault->kind], "arg", (int)fault->arg,
                                          "left", left, "hits", (json_int_t)fault->hits));
        if (fault->kind == SIM_FAULT_STATUS)
            json_object_set_new(json, "status", json_integer(fault->status));
        json_array_append_new(list, json);
    }
    return list;
}

void sim_faults_clear(struct sim *sim)
{
    for (size_t i = 0; i < sim->fault_count; i++)
        free(sim->faults[i].match);
    free(sim->faults);
    sim->faults = NULL;
    sim->fault_count = 0;
}
