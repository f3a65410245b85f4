/*
 * The list of faults: how one is read, whom it strikes. Chance comes from a seeded generator, so
 * that a long test can be repeated.
 */
#include "faults.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX   ((size_t)1000)
#define DELAY_MAX_MS 600000
#define COUNT_MAX    1000000000
#define BODY_MAX     ((size_t)1024 * 1024)

static const char *const NAMES[] = {"none",        "status",     "delay",        "delay_before",
                                    "drop_before", "drop_after", "reset_before", "reset_after",
                                    "truncate",    "garbage",    "cut",          "drip"};

struct sim_faults {
    struct sim_fault *list;
    size_t count;
    uint64_t dice;
};

struct sim_faults *sim_faults_create(void)
{
    struct sim_faults *faults = sim_alloc(1, sizeof *faults);
    faults->dice = 1;
    return faults;
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
    return NAMES[kind];
}

void sim_faults_seed(struct sim_faults *faults, uint64_t seed)
{
    faults->dice = seed;
}

/* SplitMix64 */
double sim_faults_dice(struct sim_faults *faults)
{
    faults->dice += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = faults->dice;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return (double)(x >> 11) / 9007199254740992.0;
}

/* ---- Whom it strikes ---- */

static bool fits_text(const struct sim_fault *fault, const char *text)
{
    if (strpbrk(fault->match, "*?[") != NULL)
        return fnmatch(fault->match, text, FNM_CASEFOLD) == 0;
    return strcasestr(text, fault->match) != NULL;
}

/* A person's fault strikes what he asks, and what others ask about him. */
static bool fits_user(const struct sim_fault *fault, const struct sim_victim *victim)
{
    return fault->user[0] == '\0' || strcasestr(victim->target, fault->user) != NULL ||
           (victim->caller != NULL && strcmp(victim->caller->id, fault->user) == 0);
}

static bool strikes(struct sim_faults *faults, struct sim_fault *fault,
                    const struct sim_victim *victim, const char *text)
{
    if ((!fault->forever && fault->left == 0) || (fault->reused && !victim->reused) ||
        !fits_user(fault, victim) || !fits_text(fault, text))
        return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    return fault->chance <= 0 || sim_faults_dice(faults) < fault->chance;
}

bool sim_fault_take(struct sim_faults *faults, const struct sim_victim *victim,
                    struct sim_fault *out)
{
    char text[4096];
    if (faults->count == 0)
        return false;
    snprintf(text, sizeof text, "%s %s", victim->method, victim->target);
    for (size_t i = 0; i < faults->count; i++) {
        struct sim_fault *fault = &faults->list[i];
        if (!strikes(faults, fault, victim, text))
            continue;
        fault->hits++;
        if (!fault->forever)
            fault->left--;
        *out = *fault;
        if (fault->vary)
            out->arg = (unsigned)(sim_faults_dice(faults) * (fault->arg + 1));
        return true;
    }
    return false;
}

/* ---- How it is read ---- */

static bool is_status(json_int_t status)
{
    static const int known[] = {400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (status == known[i])
            return true;
    return false;
}

/* `fault: status` has its code in arg, `fault: 429` and `fault: "429"` are the code. */
static const char *read_status(struct sim_fault *fault, json_int_t code, json_int_t arg)
{
    if (!is_status(code))
        return "a status is 400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503 or 504";
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
    for (int i = SIM_FAULT_DELAY; i < SIM_FAULT_KINDS; i++)
        if (strcmp(name, NAMES[i]) == 0)
            fault->kind = (enum sim_fault_kind)i;
    if (fault->kind == SIM_FAULT_NONE)
        return "fault is status, a status code, delay, delay_before, drop_before, drop_after, "
               "reset_before, reset_after, truncate, garbage, cut or drip";
    if (arg < 0 || arg > DELAY_MAX_MS)
        return "arg of a delay or drip is 0 to 600000 milliseconds";
    fault->arg = (unsigned)arg;
    return NULL;
}

static const char *read_answer(struct sim_fault *fault, const char *body, json_t *headers)
{
    const char *name;
    json_t *value;
    if ((body != NULL || headers != NULL) && fault->kind != SIM_FAULT_STATUS)
        return "only a status has a body and headers of its own";
    json_object_foreach(headers, name, value)
    {
        const char *text = json_string_value(value);
        if (name[0] == '\0' || text == NULL || strpbrk(text, "\r\n") != NULL)
            return "headers is an object of texts";
    }
    if (headers != NULL && !json_is_object(headers))
        return "headers is an object of texts";
    if (body != NULL && strlen(body) > BODY_MAX)
        return "a body has at most 1 MiB";
    fault->body = body != NULL ? sim_dup(body, strlen(body)) : NULL;
    fault->headers = json_incref(headers);
    return NULL;
}

static const char *read_fault(const json_t *wanted, struct sim_fault *fault)
{
    const char *match = "", *user = NULL, *body = NULL;
    json_t *kind = NULL, *headers = NULL;
    json_int_t count = 0, arg = 0, skip = 0;
    int reused = 0, vary = 0;
    *fault = (struct sim_fault){0};
    if (json_unpack((json_t *)wanted, "{s?s, s:o, s?I, s?I, s?s, s?b, s?I, s?F, s?b, s?s, s?o !}",
                    "match", &match, "fault", &kind, "count", &count, "arg", &arg, "user", &user,
                    "reused", &reused, "after", &skip, "chance", &fault->chance, "vary", &vary,
                    "body", &body, "headers", &headers) != 0)
        return "a fault is {match, fault, count, arg, user, reused, after, chance, vary, body, "
               "headers}";
    if (count < 0 || count > COUNT_MAX || skip < 0 || skip > COUNT_MAX)
        return "count is 0 (for ever) or the number of requests, after how many pass first";
    if (!(fault->chance >= 0 && fault->chance <= 1))
        return "chance is 0 to 1";
    if (user != NULL && !sim_read_guid(user, strlen(user), fault->user))
        return "user is a GUID";
    const char *why = read_kind(fault, kind, arg);
    if (why == NULL)
        why = read_answer(fault, body, headers);
    if (why != NULL)
        return why;
    fault->reused = reused != 0;
    fault->vary = vary != 0;
    fault->skip = (unsigned)skip;
    fault->forever = count == 0;
    fault->left = (unsigned)count;
    fault->match = sim_dup(match, strlen(match));
    return NULL;
}

static void free_fault(struct sim_fault *fault)
{
    free(fault->match);
    free(fault->body);
    json_decref(fault->headers);
}

/* Takes all or nothing. Returns: NULL, or what is wrong. */
const char *sim_faults_add(struct sim_faults *faults, const json_t *wanted)
{
    size_t adding = json_is_array(wanted) ? json_array_size(wanted) : 1;
    const char *why = NULL;
    if (adding > FAULTS_MAX - faults->count)
        return "no more than 1000 faults";
    faults->list = sim_grow(faults->list, faults->count + adding + 1, sizeof *faults->list);
    size_t read = 0;
    for (; read < adding && why == NULL; read++) {
        const json_t *one = json_is_array(wanted) ? json_array_get(wanted, read) : wanted;
        why = read_fault(one, &faults->list[faults->count + read]);
    }
    if (why == NULL) {
        faults->count += adding;
        return NULL;
    }
    for (size_t i = 0; i < read; i++)
        free_fault(&faults->list[faults->count + i]);
    return why;
}

static json_t *fault_json(const struct sim_fault *fault)
{
    json_t *left = fault->forever ? json_null() : json_integer(fault->left);
    json_t *json = sim_must(json_pack("{s:s, s:s, s:i, s:o, s:I}", "match", fault->match, "fault",
                                      NAMES[fault->kind], "arg", (int)fault->arg, "left", left,
                                      "hits", (json_int_t)fault->hits));
    if (fault->kind == SIM_FAULT_STATUS)
        json_object_set_new(json, "status", json_integer(fault->status));
    if (fault->user[0] != '\0')
        json_object_set_new(json, "user", json_string(fault->user));
    if (fault->reused)
        json_object_set_new(json, "reused", json_true());
    if (fault->chance > 0)
        json_object_set_new(json, "chance", json_real(fault->chance));
    if (fault->skip > 0)
        json_object_set_new(json, "after", json_integer(fault->skip));
    return json;
}

json_t *sim_faults_json(const struct sim_faults *faults)
{
    json_t *list = sim_must(json_array());
    for (size_t i = 0; i < faults->count; i++)
        json_array_append_new(list, fault_json(&faults->list[i]));
    return list;
}

void sim_faults_clear(struct sim_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        free_fault(&faults->list[i]);
    free(faults->list);
    faults->list = NULL;
    faults->count = 0;
}

void sim_faults_destroy(struct sim_faults *faults)
{
    if (faults == NULL)
        return;
    sim_faults_clear(faults);
    free(faults);
}
