/* Two nodes over one journal: each lane has one owner, and a node that comes back after it was
 * given up writes nothing more about the lanes that it had. Only the leases are shared so far: a
 * node hears of calls when it reads the lanes. */
#include "course.h"

enum { LEASE_MS = 120 * SECOND }; /* three attempts of 30 s and 10 s to spare */

/* A wire that can freeze: what left goes its way, and the node hears nothing until the thaw. */
struct item {
    struct item *next;
    struct wire *wire;
    transport_done_fn done; /* NULL: nobody waits any more */
    void *ctx;
    bool has_answer;
    struct transport_answer answer;
};

struct wire {
    struct transport base;
    struct item *items;
    bool is_frozen;
};

static struct node {
    struct wire wire;
    struct dispatcher *dispatcher;
    int refused; /* turns that the store refused */
} a, b;

static void hand_over(struct item *it)
{
    transport_done_fn done = it->done;
    it->done = NULL;
    if (done)
        done(it->ctx, &it->answer);
}

static void on_answer(void *ctx, const struct transport_answer *answer)
{
    struct item *it = ctx;
    it->answer = *answer;
    it->answer.body = (struct cw_text){xtext(answer->body), answer->body.len};
    it->has_answer = true;
    if (!it->wire->is_frozen)
        hand_over(it);
}

static void wire_send(struct transport *t, const struct transport_request *request,
                      transport_done_fn done, void *ctx)
{
    struct wire *wire = (struct wire *)t;
    struct item *it = xcalloc(1, sizeof *it);
    *it = (struct item){.next = wire->items, .wire = wire, .done = done, .ctx = ctx};
    wire->items = it;
    fake_transport(w.fake)->ops->send(fake_transport(w.fake), request, on_answer, it);
}

static void wire_abandon(struct transport *t)
{
    for (struct item *it = ((struct wire *)t)->items; it; it = it->next)
        it->done = NULL;
}

static void wire_destroy(struct transport *t)
{
    (void)t;
}

static void thaw(struct node *n)
{
    n->wire.is_frozen = false;
    for (struct item *it = n->wire.items; it; it = it->next)
        if (it->has_answer)
            hand_over(it);
}

static void node_start(struct node *n, const char *owner)
{
    static const struct transport_ops ops = {wire_send, wire_abandon, wire_destroy};
    struct cw_error err;
    *n = (struct node){.wire = {.base = {&ops}}};
    struct dispatcher_deps deps = {.store = w.store,
                                   .transport = &n->wire.base,
                                   .people = &w.people,
                                   .seed = 3,
                                   .owner = owner,
                                   .is_shared = true};
    n->dispatcher = dispatcher_create(&deps);
    must(dispatcher_load(n->dispatcher, w.now_ms, &err), &err);
}

static void node_end(struct node *n)
{
    dispatcher_destroy(n->dispatcher);
    for (struct item *it = n->wire.items, *next; it; it = next) {
        next = it->next;
        free((char *)(uintptr_t)it->answer.body.at);
        free(it);
    }
}

static bool node_turn(struct node *n)
{
    struct cw_error err;
    if (!dispatcher_ready(n->dispatcher, w.now_ms))
        return false;
    must(store_begin(w.store, &err), &err);
    if (dispatcher_turn(n->dispatcher, w.now_ms, &err)) {
        n->refused++;
        store_rollback(w.store);
        must(dispatcher_load(n->dispatcher, w.now_ms, &err), &err);
        return true;
    }
    must(store_commit(w.store, &err), &err);
    dispatcher_committed(n->dispatcher, w.now_ms);
    return true;
}

/* Everything that is due now, and its answers. */
static void settle(struct node *n)
{
    for (int i = 0; i < 100; i++)
        if (!node_turn(n) && !fake_deliver(w.fake))
            return;
    CHECK_STR("it is busy", "it settles");
}

/* Both, until `until_ms`. */
static void sail(int64_t until_ms)
{
    for (;;) {
        settle(&a);
        settle(&b);
        int64_t x = dispatcher_next_ms(a.dispatcher), y = dispatcher_next_ms(b.dispatcher);
        int64_t next_ms = x < y ? x : y;
        if (next_ms > until_ms)
            break;
        w.now_ms = next_ms > w.now_ms ? next_ms : w.now_ms;
    }
    w.now_ms = until_ms;
}

/* The engine takes an event in; the nodes make its calls. */
static void take_in(const char *user)
{
    struct cw_error err;
    char body[100];
    snprintf(body, sizeof body, "{\"user\":\"%s\"}", user);
    dispatcher_stop(w.dispatcher);
    submit("x", body);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
}

static struct store_lease lease_of(const char *person, const char *owner)
{
    struct store_lease lease;
    struct cw_error err;
    struct cw_arena *arena = cw_arena_create(1 << 16);
    must(store_lease_get(w.store, cw_text_of(person), arena, &lease, &err), &err);
    CHECK_STR(lease.owner.at, owner);
    cw_arena_destroy(arena);
    return lease; /* its texts are gone */
}

static int64_t epoch_of(const char *person, const char *owner)
{
    return lease_of(person, owner).epoch;
}

static void begin_two(bool file)
{
    begin(file, HEAD "  - { id: s, when: calendar.x, user: \"${event.user}\", expires: 1 day, "
                     "then: { start: { task: " TASK("1") " } } }\n");
}

/* A node that stands still with a request out: awork may have done it, or not. */
static void a_frozen_node(bool file, enum fake_fault fault)
{
    begin_two(file);
    take_in("ada");
    node_start(&a, "a");
    CHECK(node_turn(&a)); /* the look */
    fake_deliver(w.fake);
    if (fault == FAKE_LOST_BEFORE)
        fake_suffer(w.fake, "POST", fault, 0, "", 1);
    a.wire.is_frozen = true;
    CHECK(node_turn(&a)); /* the start leaves, and a stands still */
    fake_deliver(w.fake);
    CHECK_INT(epoch_of("ada", "a"), 1);
    int64_t from_ms = w.now_ms;
    node_start(&b, "b");
    settle(&b);
    w.now_ms += SECOND; /* what was sent before it began is in doubt so long */
    settle(&b);
    CHECK_INT(fake_requests(w.fake, ""), 2);
    CHECK_INT(dispatcher_next_ms(b.dispatcher), from_ms + LEASE_MS); /* while a may be well */
    CHECK(!b.refused);
    w.now_ms = from_ms + LEASE_MS;
    settle(&b);
    CHECK_INT(epoch_of("ada", "b"), 2);
    CHECK_INT(fake_requests(w.fake, ""), 2);
    CHECK_INT(dispatcher_next_ms(b.dispatcher), w.now_ms + SECOND); /* in doubt: it may land yet */
    w.now_ms += SECOND;
    settle(&b);
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(calls(1), "start done");
    thaw(&a);
    settle(&a);
    CHECK_INT(a.refused, 1);
    CHECK_STR(calls(1), "start done");
    CHECK_STR(story(), "1:start(1) ");
    CHECK_INT(fake_requests(w.fake, "POST"), fault == FAKE_LOST_BEFORE ? 2 : 1);
    CHECK(dispatcher_next_ms(a.dispatcher) == INT64_MAX);
    node_end(&a);
    node_end(&b);
}

BOTH(a_node_that_comes_back_writes_nothing_about_what_it_lost)
{
    a_frozen_node(file, FAKE_LOST_AFTER);
}

BOTH(what_a_frozen_node_never_did_is_done_once)
{
    a_frozen_node(file, FAKE_LOST_BEFORE);
}

/* Both see all lanes, and each call is made by one of them. */
BOTH(two_nodes_make_each_call_once)
{
    begin_two(file);
    for (int i = 0; i < 6; i++)
        take_in(i % 2 ? "ada" : "grace");
    fake_suffer(w.fake, "GET", FAKE_STATUS, 503, "", 3);
    node_start(&a, "a");
    node_start(&b, "b");
    sail(nine + 10 * MINUTE);
    for (int i = 1; i <= 6; i++)
        CHECK(strncmp(calls(i), "start done", 10) == 0);
    CHECK_INT(fake_requests(w.fake, "POST"), 2); /* then it runs already */
    CHECK_INT(fake_doubles(w.fake) + fake_overlaps(w.fake), 0);
    CHECK_INT(a.refused + b.refused, 0);
    node_end(&a);
    node_end(&b);
}

/* An attempt that would not end within the lease renews it: nobody takes the lane meanwhile. */
BOTH(a_slow_call_keeps_its_lane)
{
    begin_two(file);
    take_in("ada");
    node_start(&a, "a");
    a.wire.is_frozen = true;
    CHECK(node_turn(&a)); /* the look */
    fake_deliver(w.fake);
    CHECK_INT(lease_of("ada", "a").until_ms, nine + LEASE_MS);
    w.now_ms += 85 * SECOND;
    thaw(&a);
    a.wire.is_frozen = true;
    CHECK(node_turn(&a)); /* the start, in time */
    fake_deliver(w.fake);
    CHECK_INT(lease_of("ada", "a").until_ms, w.now_ms + LEASE_MS);
    CHECK_INT(epoch_of("ada", "a"), 1);
    w.now_ms = nine + LEASE_MS + SECOND;
    node_start(&b, "b");
    settle(&b);
    w.now_ms += SECOND;
    settle(&b);
    CHECK_INT(epoch_of("ada", "a"), 1);
    thaw(&a);
    settle(&a);
    CHECK_STR(calls(1), "start done");
    CHECK_INT(a.refused + b.refused, 0);
    node_end(&a);
    node_end(&b);
}

/* A call that waits longer than its lease takes the lane again. */
BOTH(a_lease_that_is_over_is_taken_again)
{
    begin_two(file);
    fake_suffer(w.fake, "POST", FAKE_STATUS, 500, "", 9);
    submit("x", "{\"user\":\"ada\"}");
    go(nine + HOUR);
    CHECK_STR(calls(1), "start done");
    CHECK(epoch_of("ada", "") >= 2 && epoch_of("ada", "") <= 4);
}

/* Who has the journal alone waits for no lease of an earlier life. */
BOTH(a_restart_takes_the_lanes_over_at_once)
{
    begin_two(file);
    submit("x", "{\"user\":\"ada\"}");
    struct cw_error err;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    fake_deliver(w.fake);
    must(engine_turn(w.engine, w.now_ms, &err), &err); /* the start is out */
    CHECK_INT(fake_requests(w.fake, "POST"), 1);
    CHECK_INT(epoch_of("ada", ""), 1);
    fake_fate(w.fake, FAKE_LANDED);
    restart();
    go(nine + 2 * SECOND);
    CHECK_INT(epoch_of("ada", ""), 2);
    CHECK_STR(calls(1), "start done");
    CHECK_STR(story(), "1:start(1) ");
}

CHECK_MAIN
