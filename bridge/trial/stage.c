#include "trial/stage.h"

#include "clock.h"
#include "engine/engine.h"
#include "tell.h"
#include "trial/awork.h"
#include "trial/others.h"
#include "why/why.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUE = 64,
    REPLIES = 64,
    REPLY_MS = 2500,
    DELIVERY_BYTES = 64 << 20,
    LOOK_BYTES = 16 << 20,
    MANY_TURNS = 1000000
};

struct stage {
    const struct config *config;
    const struct suite_test *test;
    bool *matched;
    struct people people;
    struct person *persons;
    struct outside_value *outside;
    struct store *store;
    struct awork *awork;
    struct others *others;
    struct replies *replies;
    struct dispatcher *dispatcher;
    struct engine *engine;
    struct cw_matcher *matcher;
    int64_t now_ms;
    const struct suite_step *last_event;
    int64_t n_events; /* that steps let come */
    int64_t last_run; /* that was looked at */
    struct effect *effects;
    size_t n, size;
};

/* ---- The world ---- */

static void on_wake(void *ctx)
{
    (void)ctx; /* the stage turns until nothing is left to do */
}

static void on_ended(void *ctx, const struct dispatcher_end *end)
{
    struct stage *s = ctx;
    if (s->n == s->size) {
        s->size = s->size ? 2 * s->size : 16;
        s->effects = xrealloc(s->effects, s->size * sizeof *s->effects);
    }
    s->effects[s->n++] = (struct effect){
        xstrdup(end->person), xstrdup(end->rule), xstrdup(end->action), xstrdup(end->args),
        xstrdup(end->reason), s->now_ms,          end->acted,           end->state};
}

/* Who has a token of their own is what the file says, and whose chat is known; what secrets are
 * does not matter here. */
static void copy_people(struct stage *s)
{
    const struct people *from = &s->config->people;
    s->persons = xcalloc(from->n + 1, sizeof *s->persons);
    for (size_t i = 0; i < from->n; i++) {
        const struct cw_person *p = cw_ruleset_person(s->config->rules, i);
        s->persons[i] = from->items[i];
        s->persons[i].token = p->token ? AWORK_OWN : NULL;
        s->persons[i].oauth = false; /* whoever logs in has done so */
        s->persons[i].chat = p->chat ? "https://chat.test/" : NULL;
        if (p->type_of_work)
            awork_kind(s->awork, p->type_of_work);
        if (!s->test->user || strcmp(s->test->user, p->name) == 0)
            if (s->test->timer != CW_TIMER_STOPPED)
                awork_by_hand(s->awork, p->awork, s->test->timer, false, NULL);
    }
    s->people = *from;
    s->people.items = s->persons;
    s->outside = xcalloc(from->n_outside + 1, sizeof *s->outside);
    for (size_t i = 0; i < from->n_outside; i++)
        s->outside[i] = (struct outside_value){from->outside[i].name, "known"};
    s->people.outside = s->outside;
    s->people.target.token = "workspace";
    s->people.target.windows[0] = (struct rate_window){1000000, 1000};
    s->people.target.n_windows = 1;
}

static enum cw_status begin(struct stage *s, struct cw_error *err)
{
    s->replies = replies_create(REPLIES);
    struct dispatcher_deps lanes = {.store = s->store,
                                    .transport = awork_transport(s->awork),
                                    .outside = others_transport(s->others),
                                    .people = &s->people,
                                    .seed = 1,
                                    .replies = s->replies,
                                    .wake = on_wake,
                                    .ctx = s};
    s->dispatcher = dispatcher_create(&lanes);
    dispatcher_watch(s->dispatcher, on_ended, s);
    struct engine_deps core = {
        .store = s->store, .dispatcher = s->dispatcher, .replies = s->replies, .queue = QUEUE};
    s->engine = engine_create(&core, s->config->rules);
    return dispatcher_load(s->dispatcher, s->now_ms, err);
}

static void end(struct stage *s)
{
    engine_destroy(s->engine);
    replies_close(s->replies);
    dispatcher_destroy(s->dispatcher);
    replies_destroy(s->replies);
    s->engine = NULL;
    s->dispatcher = NULL;
}

struct stage *stage_create(const struct config *config, const struct suite_test *test,
                           bool *matched)
{
    struct stage *s = xcalloc(1, sizeof *s);
    struct store_opts opts = {0};
    struct cw_error err;
    s->config = config;
    s->test = test;
    s->matched = matched;
    s->now_ms = test->begin_ms - 1; /* what is due with the first step is still to come */
    s->awork = awork_create(&s->now_ms);
    s->others = others_create();
    s->matcher = cw_matcher_create();
    copy_people(s);
    if (!s->matcher || store_open("memory:", &opts, &s->store, &err) || begin(s, &err))
        abort(); /* only memory can be short */
    return s;
}

void stage_destroy(struct stage *s)
{
    if (!s)
        return;
    end(s);
    store_close(s->store);
    awork_destroy(s->awork);
    others_destroy(s->others);
    cw_matcher_destroy(s->matcher);
    for (size_t i = 0; i < s->n; i++) {
        free(s->effects[i].person);
        free(s->effects[i].rule);
        free(s->effects[i].action);
        free(s->effects[i].args);
        free(s->effects[i].reason);
    }
    free(s->effects);
    free(s->persons);
    free(s->outside);
    free(s);
}

const struct effect *stage_effects(const struct stage *s, size_t *n)
{
    *n = s->n;
    return s->effects;
}

/* ---- Time ---- */

/* Any type of work exists that somebody asks for. */
static void learn_kinds(struct stage *s)
{
    struct cw_arena *arena = xarena(LOOK_BYTES);
    struct cw_text *lanes = NULL;
    struct store_call call;
    struct cw_error err;
    size_t n = 0;
    if (store_lanes(s->store, arena, &lanes, &n, &err))
        n = 0;
    for (size_t i = 0; i < n; i++) {
        if (store_lane_head(s->store, lanes[i], arena, &call, &err))
            continue;
        json_t *args = tell_read(call.args, 0);
        const char *kind = json_string_value(json_object_get(args, "type_of_work"));
        if (kind && *kind)
            awork_kind(s->awork, kind);
        json_decref(args);
    }
    cw_arena_destroy(arena);
}

/* Turns until nothing is left to do at this moment. */
static enum cw_status settle(struct stage *s, struct cw_error *err)
{
    for (int i = 0; i < MANY_TURNS; i++) {
        enum cw_status st = engine_turn(s->engine, s->now_ms, err);
        if (st)
            return st;
        if (dispatcher_in_flight(s->dispatcher)) {
            if (awork_is_asked_for_kinds(s->awork))
                learn_kinds(s);
            awork_answer(s->awork);
            others_answer(s->others);
        } else if (engine_next_ms(s->engine) > s->now_ms) {
            return CW_OK;
        }
    }
    return cw_fail(err, CW_EIO, "there is no end of things to do at this moment");
}

static enum cw_status advance(struct stage *s, int64_t to_ms, struct cw_error *err)
{
    for (;;) {
        replies_expire(s->replies, s->now_ms);
        enum cw_status st = settle(s, err);
        int64_t next_ms = engine_next_ms(s->engine);
        if (st || next_ms > to_ms)
            return st;
        s->now_ms = next_ms;
    }
}

/* A rule that has matched has a run, whatever began it and whatever came of it. */
static void mark_matched(struct stage *s)
{
    struct cw_arena *arena = xarena(LOOK_BYTES);
    struct store_run run;
    struct cw_error err;
    while (store_run_get(s->store, s->last_run + 1, arena, &run, &err) == CW_OK) {
        s->last_run++;
        for (size_t i = 0; i < cw_ruleset_rules(s->config->rules); i++)
            if (cw_text_is(run.rule, cw_ruleset_rule(s->config->rules, i, NULL)))
                s->matched[i] = true;
        cw_arena_reset(arena);
    }
    cw_arena_destroy(arena);
}

/* ---- Events ---- */

static void on_heard(void *ctx, struct cw_text text)
{
    (void)ctx; /* what was said is the effect of a `reply` */
    (void)text;
}

static void on_done(struct accepted *a)
{
    const struct stage *s = a->ctx;
    if (a->waiter)
        replies_hear(s->replies, a->waiter, s->now_ms + REPLY_MS, on_heard, NULL);
    cw_ruleset_unref(a->rules);
    cw_arena_destroy(a->arena);
}

/* What `with` says of the event's own attributes; an event without `user` is about the test's. */
static void fill(struct stage *s, const struct suite_step *step, struct cw_arena *arena,
                 const struct cw_json *json, struct cw_event *out)
{
    static const char *const names[] = {"user", "id", "provider_type"};
    struct cw_value body = cw_json_root(json), got[3];
    for (size_t i = 0; i < 3; i++) {
        struct cw_step name = {CW_STEP_NAME, 0, cw_text_of(names[i])};
        if (cw_value_get(&body, (struct cw_path){&name, 1}, arena, &got[i]))
            abort();
    }
    auto_free char *id = xprintf("test-%lld", (long long)s->n_events + 1);
    *out = (struct cw_event){.id = {cw_arena_copy(arena, cw_text_of(id)), strlen(id)},
                             .source = cw_text_of(step->source),
                             .family = cw_text_of(step->family),
                             .type = cw_text_of(step->type),
                             .provider_type = got[2].text,
                             .received_ms = s->now_ms,
                             .body = body,
                             .user = got[0]};
    if (got[0].kind == CW_MISSING && s->test->user)
        out->user = cw_value_string(cw_text_of(s->test->user));
    if (got[1].kind == CW_STRING)
        out->id = got[1].text;
}

static enum cw_status read_event(struct stage *s, const struct suite_step *step,
                                 struct cw_json *json, struct cw_arena *arena,
                                 struct accepted_event *out)
{
    struct cw_event event;
    if (cw_json_read(json, step->fields, NULL))
        abort(); /* we wrote it */
    fill(s, step, arena, json, &event);
    out->row = (struct store_event){.received_ms = s->now_ms,
                                    .source = event.source,
                                    .type = event.type,
                                    .id = event.id,
                                    .payload = step->fields};
    enum cw_status st =
        cw_match(s->matcher, s->config->rules, &event, s->now_ms, NULL, arena, &out->matches);
    out->row.used = st ? (struct cw_text){NULL, 0} : out->matches.used;
    return st;
}

static void see(struct stage *s, const struct cw_person *person, struct cw_arena *arena,
                struct accepted_event *ev)
{
    struct sight *sight = xtake(arena, sizeof *sight);
    awork_see(s->awork, person->awork, arena, sight);
    sight->is_told = true;
    sight->asked_ms = sight->seen_ms = s->now_ms;
    ev->sight = sight;
    ev->whose = cw_text_of(person->name);
    ev->by_hand = true;
}

/* timer.stopped and its like: somebody did it in awork, and awork tells us. */
static void by_hand(struct stage *s, const struct suite_step *step, struct cw_arena *arena,
                    struct accepted_event *ev)
{
    static const struct {
        const char *type;
        enum cw_timer timer;
    } rows[] = {{"started", CW_TIMER_RUNNING},
                {"resumed", CW_TIMER_RUNNING},
                {"paused", CW_TIMER_PAUSED},
                {"stopped", CW_TIMER_STOPPED}};
    if (!step->family || strcmp(step->family, "timer") != 0)
        return;
    json_t *fields = tell_read(step->fields, 0);
    const char *user = json_string_value(json_object_get(fields, "user"));
    const struct cw_person *person =
        cw_ruleset_find(s->config->rules, cw_text_of(user ? user : s->test->user));
    for (size_t i = 0; person && i < 4; i++)
        if (strcmp(step->type, rows[i].type) == 0) {
            awork_by_hand(s->awork, person->awork, rows[i].timer, i == 0, fields);
            see(s, person, arena, ev);
        }
    json_decref(fields);
}

static enum cw_status submit(struct stage *s, const struct suite_step *step, struct cw_error *err)
{
    struct cw_arena *arena = xarena(DELIVERY_BYTES);
    struct cw_json *json = cw_json_create();
    struct accepted *a = xtake(arena, sizeof *a);
    struct accepted_event *ev = xtake(arena, sizeof *ev);
    if (!json)
        abort();
    enum cw_status st = read_event(s, step, json, arena, ev);
    cw_json_destroy(json);
    by_hand(s, step, arena, ev);
    *a = (struct accepted){.arena = arena,
                           .rules = cw_ruleset_ref(s->config->rules),
                           .events = ev,
                           .n_events = 1,
                           .done = on_done,
                           .ctx = s};
    st = st ? cw_fail(err, st, "matching takes too much memory") : engine_submit(s->engine, a, err);
    if (st)
        on_done(a);
    s->n_events++;
    s->last_event = step;
    return st;
}

enum cw_status stage_step(struct stage *s, const struct suite_step *step, struct cw_error *err)
{
    /* What is due at the very moment shares its turn with the event, as in the daemon. */
    enum cw_status st = step->type && step->at_ms > s->now_ms ? advance(s, step->at_ms - 1, err)
                                                              : advance(s, step->at_ms, err);
    s->now_ms = step->at_ms;
    if (!st && step->restart) {
        end(s);
        st = begin(s, err);
    }
    if (!st && step->type)
        st = submit(s, step, err);
    st = st ? st : advance(s, step->at_ms, err);
    mark_matched(s);
    return st;
}

char *stage_why(struct stage *s, const char *rule, const char *person)
{
    return why_last(s->store, s->config, rule, person, s->now_ms);
}
