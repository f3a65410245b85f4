/* A backlog: when the oldest call of a lane has waited too long, the timer calls that another one
 * makes needless (action/net.h) are not made.
 *
 * They are dropped when that other call has had its effect, and not before: it may yet expire, be
 * cancelled or die, and then they are as wanted as ever. So it leads: it is made while older calls
 * of its lane are still open. Which one leads is on disk (a mark) with its first request, and that
 * it has ended in the transaction of its end; what is older is then dropped, one at each beginning
 * of the lane. What the rest of the lane comes to is kept in memory and found again after a
 * restart. */
#include "dispatcher/priv.h"

#include "action/late.h"
#include "action/net.h"
#include "tell.h"
#include "xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 128,        /* that are read at one beginning of a lane */
    MOST_ROWS = 10000, /* of one backlog; what is behind them waits for the next one */
    MOST_SKIPS = 64    /* calls that have gone meanwhile, at one beginning */
};

struct backlog {
    struct net *net;
    int64_t upto;  /* the last call that was read */
    int64_t run;   /* its run */
    bool gates;    /* a step of that run may end it */
    bool is_whole; /* nothing is left to be read */
    bool is_stale; /* calls were added or cancelled since */
    int64_t ended; /* up to this one, all calls that are to be made have ended */
};

void backlog_forget(struct lane *lane)
{
    if (lane->backlog)
        net_destroy(lane->backlog->net);
    free(lane->backlog);
    lane->backlog = NULL;
}

void backlog_changed(struct lane *lane)
{
    if (lane->backlog && lane->backlog->is_whole) /* else they are still to be read */
        lane->backlog->is_stale = true;
}

void backlog_distrust(struct lane *lane)
{
    backlog_forget(lane);
    lane->lead.is_known = false;
}

/* ---- Who leads, on disk ---- */

static struct store_mark mark_of(const struct lane *lane)
{
    return (struct store_mark){.kind = CW_TEXT("lead"),
                               .rule = CW_TEXT(""),
                               .person = cw_text_of(lane->person),
                               .key = CW_TEXT(""),
                               .until_ms = INT64_MAX};
}

static enum cw_status read_lead(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct store_mark which = mark_of(lane), mark;
    struct cw_error none;
    if (lane->lead.is_known)
        return CW_OK;
    enum cw_status st = store_mark_get(d->deps.store, &which, d->arena, &mark, &none);
    if (st && st != CW_ENOENT)
        return cw_fail(err, st, "%s", none.text);
    lane->lead = (struct lead){.is_known = true};
    json_t *json = st ? NULL : tell_read(mark.value, 0);
    lane->lead.call = json_integer_value(json_object_get(json, "call"));
    lane->lead.event = json_integer_value(json_object_get(json, "event"));
    lane->lead.decides = json_is_true(json_object_get(json, "decides"));
    lane->lead.is_over = json_is_true(json_object_get(json, "over"));
    json_decref(json);
    return CW_OK;
}

static enum cw_status put_lead(struct dispatcher *d, struct lane *lane, const struct lead *lead,
                               struct cw_error *err)
{
    struct store_mark mark = mark_of(lane);
    json_t *json =
        json_pack("{s:I, s:I, s:b, s:b}", "call", (json_int_t)lead->call, "event",
                  (json_int_t)lead->event, "decides", lead->decides, "over", lead->is_over);
    auto_free char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!text)
        abort();
    mark.value = cw_text_of(text);
    lane->lead = *lead;
    return store_mark_put(d->deps.store, &mark, err);
}

static enum cw_status drop_lead(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct store_mark which = mark_of(lane);
    bool is_there = lane->lead.call != 0;
    lane->lead = (struct lead){.is_known = true};
    return is_there ? store_mark_drop(d->deps.store, &which, err) : CW_OK;
}

/* The call `id` if it is open, else the next one. */
static enum cw_status find_open(struct dispatcher *d, const struct lane *lane, int64_t id,
                                struct cw_arena *arena, struct store_call *out,
                                struct cw_error *err)
{
    struct store_call *list = NULL;
    size_t n = 0;
    enum cw_status st =
        store_lane_calls(d->deps.store, cw_text_of(lane->person), id - 1, 1, arena, &list, &n, err);
    if (st)
        return st;
    if (!n)
        return cw_fail(err, CW_ENOENT, "no call is open");
    *out = list[0];
    return CW_OK;
}

enum cw_status backlog_head(struct dispatcher *d, struct lane *lane, struct cw_arena *arena,
                            struct store_call *out, struct cw_error *err)
{
    struct cw_error none;
    enum cw_status st = read_lead(d, lane, err);
    if (st)
        return st;
    if (lane->lead.call && !lane->lead.is_over) {
        st = find_open(d, lane, lane->lead.call, arena, out, &none);
        if (st == CW_OK && out->id == lane->lead.call)
            return CW_OK;
        if (st && st != CW_ENOENT)
            return cw_fail(err, st, "%s", none.text);
        st = drop_lead(d, lane, err);
        if (st)
            return st;
    }
    st = store_lane_head(d->deps.store, cw_text_of(lane->person), arena, out, &none);
    if (st && st != CW_ENOENT)
        return cw_fail(err, st, "%s", none.text);
    if (lane->lead.call &&
        (st || out->id > lane->lead.call)) { /* all that it made needless is gone */
        enum cw_status dropped = drop_lead(d, lane, err);
        if (dropped)
            return dropped;
    }
    return st ? cw_fail(err, st, "%s", none.text) : CW_OK;
}

enum cw_status backlog_attempt(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    const struct head *h = lane->head;
    const struct backlog *b = lane->backlog;
    if (!h->leads || lane->lead.call == h->id)
        return CW_OK;
    const struct lead lead = {.is_known = true,
                              .call = h->id,
                              .event = h->event,
                              .decides = b && net_decides(b->net, h->id)};
    return put_lead(d, lane, &lead, err);
}

/* ---- What a call is in the algebra ---- */

/* Equal texts are the same work; what is written otherwise counts as other work. */
static char *target_of(const json_t *args)
{
    static const char *const names[] = {"task", "project", "type_of_work"};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *value = json_object_get(args, names[i]);
        json_array_append(list, value ? value : json_null());
    }
    char *text = json_dumps(list, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(list);
    if (!text)
        abort();
    for (char *at = text; *at; at++)
        *at = (char)toupper((unsigned char)*at); /* of keys, ids and names alike */
    return text;
}

static enum net_kind kind_of(const struct store_call *call)
{
    static const struct {
        const char *action;
        enum net_kind kind;
    } kinds[] = {
        {"start", NET_START}, {"stop", NET_STOP}, {"pause", NET_PAUSE}, {"resume", NET_RESUME}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (cw_text_is(call->action, kinds[i].action))
            return kinds[i].kind;
    return NET_OTHER;
}

/* Whether the later steps of its run are done whatever becomes of it. */
static bool goes_on(const struct store_call *call)
{
    static const char *const those[] = {"stop", "log", "notify", "reply"};
    for (size_t i = 0; i < sizeof those / sizeof *those && !call->condition.len; i++)
        if (cw_text_is(call->action, those[i]))
            return true;
    return false;
}

static bool may_pause(const struct dispatcher *d, const struct lane *lane)
{
    const struct person *person = people_find(d->deps.people, lane->person);
    return d->deps.people->target.without_user_token == WITHOUT_TOKEN_EMULATE ||
           (person && person->token && *person->token);
}

static bool is_late(const struct dispatcher *d, const struct store_call *call)
{
    return call->expires_ms && d->now_ms > call->expires_ms;
}

/* What it asks of awork for more than its own effect. */
static bool looks(struct dispatcher *d, const struct store_call *call, enum net_kind kind,
                  const json_t *args, bool is_last)
{
    struct action_turn t = {.args = (json_t *)args, .arena = d->arena};
    auto_free char *action = xtext(call->action);
    if (kind != NET_OTHER)
        return (call->condition.len && !is_last) || late_waits(&t);
    return call->condition.len || strcmp(action, "hold") == 0 || strcmp(action, "release") == 0 ||
           action_asks_awork(action, args, call->condition, NULL, d->arena);
}

/* `is_last`: of the open ones of its run. */
static void add_call(struct dispatcher *d, const struct lane *lane, const struct store_call *call,
                     bool is_last)
{
    struct backlog *b = lane->backlog;
    json_t *args = tell_read(call->args, JSON_DECODE_INT_AS_REAL);
    auto_free char *target = NULL;
    struct net_call n = {.id = call->id, .event = call->event, .kind = kind_of(call)};
    b->gates = b->gates && b->run == call->run;
    b->run = call->run;
    n.is_unsure = b->gates || call->condition.len || (n.kind == NET_PAUSE && !may_pause(d, lane));
    n.looks = looks(d, call, n.kind, args, is_last);
    n.is_dated = json_object_get(args, "as_of") != NULL;
    if (n.kind == NET_START) {
        const char *if_running = json_string_value(json_object_get(args, "if_running"));
        n.keeps = if_running && strcmp(if_running, "keep") == 0;
        target = target_of(args);
        n.target = target;
    }
    if (is_late(d, call)) { /* it comes to nothing by itself */
        n.kind = NET_OTHER;
        n.looks = false;
    }
    net_add(b->net, &n);
    b->gates |= !goes_on(call);
    b->upto = call->id;
    json_decref(args);
}

static enum cw_status read_more(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct backlog *b = lane->backlog;
    struct store_call *list = NULL;
    size_t n = 0;
    cw_arena_reset(d->arena);
    enum cw_status st = store_lane_calls(d->deps.store, cw_text_of(lane->person), b->upto, ROWS + 1,
                                         d->arena, &list, &n, err);
    for (size_t i = 0; !st && i < n && i < ROWS; i++) /* the one behind tells of the last one */
        add_call(d, lane, &list[i], i + 1 == n || list[i + 1].run != list[i].run);
    b->is_whole = n <= ROWS || net_count(b->net) >= MOST_ROWS;
    return st;
}

/* ---- The next call ---- */

static enum cw_status collapse(struct dispatcher *d, struct lane *lane, int64_t into, int64_t event,
                               struct cw_error *err)
{
    auto_free char *reason =
        xprintf("collapsed into call %lld of event %lld", (long long)into, (long long)event);
    struct action_verdict v = {.what = ACTION_SKIPPED, .reason = reason, .is_collapsed = true};
    note_end(d, LOG_INFO, "this call is needless by now", lane, reason);
    return turn_end(d, lane, &v, err);
}

static void lead_with(struct lane *lane, const struct store_call *call)
{
    lane_forget_head(lane);
    lane->head = head_of(call);
    lane->head->leads = true;
}

/* The next one that is to be made, in place of an older one. */
static enum cw_status choose(struct dispatcher *d, struct lane *lane, bool *found,
                             struct cw_error *err)
{
    struct backlog *b = lane->backlog;
    struct store_call call;
    struct cw_error none;
    *found = false;
    for (int i = 0; i < MOST_SKIPS && !*found && lane->backlog; i++) {
        int64_t next = net_next(b->net, b->ended);
        cw_arena_reset(d->arena);
        enum cw_status st = next ? find_open(d, lane, next, d->arena, &call, &none) : CW_ENOENT;
        if (st && st != CW_ENOENT)
            return cw_fail(err, st, "%s", none.text);
        *found = !st && call.id == next;
        if (*found)
            lead_with(lane, &call);
        else if (!next || net_decides(b->net, next))
            backlog_forget(lane); /* what it would have made needless is wanted again */
        else
            b->ended = next; /* it has gone meanwhile */
    }
    return *found ? late_inherit(d, lane->head, err) : CW_OK;
}

static void set_anew(struct head *h, bool anew)
{
    if (!anew)
        json_object_del(h->progress, "anew");
    else if (json_object_set_new(h->progress, "anew", json_true()) != 0)
        abort();
}

/* *goes: the head may begin; else the lane has its next turn, or its head has ended. */
static enum cw_status go_by_net(struct dispatcher *d, struct lane *lane, bool *goes,
                                struct cw_error *err)
{
    const struct backlog *b = lane->backlog;
    int64_t into = net_into(b->net, lane->head->id);
    bool found = true;
    *goes = false;
    if (into && into <= b->ended)
        return collapse(d, lane, into, net_event(b->net, into), err);
    enum cw_status st = into ? choose(d, lane, &found, err) : CW_OK;
    *goes = !st && found;
    if (*goes)
        set_anew(lane->head, net_is_anew(lane->backlog->net, lane->head->id));
    return st;
}

static bool is_wanted(const struct dispatcher *d, const struct lane *lane)
{
    int64_t old_ms = d->deps.people->target.collapse_ms;
    const struct head *h = lane->head;
    if (!old_ms || !head_is_settled(h))
        return false;
    return lane->backlog || d->now_ms - h->created_ms > old_ms;
}

static enum cw_status plan(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    if (!lane->backlog) {
        lane->backlog = xcalloc(1, sizeof *lane->backlog);
        lane->backlog->net = net_create();
    }
    return lane->backlog->is_whole ? CW_OK : read_more(d, lane, err);
}

enum cw_status backlog_begin(struct dispatcher *d, struct lane *lane, bool *goes,
                             struct cw_error *err)
{
    const struct head *h = lane->head;
    const struct lead *lead = &lane->lead;
    *goes = false;
    if (lead->is_over && h->id < lead->call && head_is_settled(h) &&
        action_is_of_timer(cw_text_of(h->action)))
        return collapse(d, lane, lead->call, lead->event, err);
    if (lane->backlog && lane->backlog->is_whole &&
        (lane->backlog->is_stale || h->id > lane->backlog->upto))
        backlog_forget(lane);
    *goes = !is_wanted(d, lane);
    if (*goes)
        return CW_OK;
    enum cw_status st = plan(d, lane, err);
    if (!st && lane->backlog->is_whole)
        st = go_by_net(d, lane, goes, err);
    return st;
}

/* ---- The end of a call ---- */

enum cw_status backlog_end(struct dispatcher *d, struct lane *lane, const struct action_verdict *v,
                           struct cw_error *err)
{
    const struct head *h = lane->head;
    struct backlog *b = lane->backlog;
    bool led = lane->lead.call == h->id && !lane->lead.is_over;
    bool decides = led ? lane->lead.decides : b && net_decides(b->net, h->id);
    bool had_effect = v->what == ACTION_DONE ||
                      (v->what == ACTION_SKIPPED && !v->ends_run && !v->is_muted && !late_is(d, h));
    if (v->is_collapsed)
        return CW_OK;
    if (b && decides && !had_effect)
        backlog_forget(lane);
    else if (b &&
             net_next(b->net, b->ended) == h->id) /* one may have passed a hold before its time */
        b->ended = h->id;
    if (!led)
        return CW_OK;
    struct lead over = lane->lead;
    over.is_over = true;
    return decides && had_effect ? put_lead(d, lane, &over, err) : drop_lead(d, lane, err);
}
