/* moves: which states of a run and of a call may follow which, and their words. What is finished
 * stays finished, but for a dead letter that somebody retries: its run acts again. */
#include "store.h"

#include <assert.h>

#define TO(state) (1U << (state))

static const unsigned run_moves[STORE_RUN_STATES] = {
    [STORE_RUN_WAITING] = TO(STORE_RUN_ACTING) | TO(STORE_RUN_DONE) | TO(STORE_RUN_CANCELLED) |
                          TO(STORE_RUN_REPLACED) | TO(STORE_RUN_REFUSED) | TO(STORE_RUN_LOST),
    [STORE_RUN_ACTING] = TO(STORE_RUN_DONE) | TO(STORE_RUN_FAILED) | TO(STORE_RUN_CANCELLED) |
                         TO(STORE_RUN_REFUSED) | TO(STORE_RUN_LOST),
    [STORE_RUN_FAILED] = TO(STORE_RUN_ACTING),
};

static const char *const run_words[STORE_RUN_STATES] = {
    [STORE_RUN_WAITING] = "waiting",     [STORE_RUN_ACTING] = "acting",
    [STORE_RUN_DONE] = "done",           [STORE_RUN_FAILED] = "failed",
    [STORE_RUN_CANCELLED] = "cancelled", [STORE_RUN_REPLACED] = "replaced",
    [STORE_RUN_REFUSED] = "refused",     [STORE_RUN_LOST] = "lost",
};

/* An open call may stay as it is: another try, a new memory of its machine. */
static const unsigned call_moves[STORE_CALL_STATES] = {
    [STORE_CALL_READY] = TO(STORE_CALL_READY) | TO(STORE_CALL_SENT) | TO(STORE_CALL_DONE) |
                         TO(STORE_CALL_SKIPPED) | TO(STORE_CALL_DEAD) | TO(STORE_CALL_CANCELLED),
    [STORE_CALL_SENT] = TO(STORE_CALL_READY) | TO(STORE_CALL_SENT) | TO(STORE_CALL_DONE) |
                        TO(STORE_CALL_SKIPPED) | TO(STORE_CALL_DEAD) | TO(STORE_CALL_CANCELLED),
    [STORE_CALL_SKIPPED] = TO(STORE_CALL_RETRIED),
    [STORE_CALL_DEAD] = TO(STORE_CALL_RETRIED) | TO(STORE_CALL_DROPPED),
};

static const char *const call_words[STORE_CALL_STATES] = {
    [STORE_CALL_READY] = "ready",     [STORE_CALL_SENT] = "sent",
    [STORE_CALL_DONE] = "done",       [STORE_CALL_SKIPPED] = "skipped",
    [STORE_CALL_DEAD] = "dead",       [STORE_CALL_CANCELLED] = "cancelled",
    [STORE_CALL_RETRIED] = "retried", [STORE_CALL_DROPPED] = "dropped",
};

bool store_run_may(enum store_run_state from, enum store_run_state to)
{
    assert(from < STORE_RUN_STATES && to < STORE_RUN_STATES);
    return run_moves[from] & TO(to);
}

bool store_call_may(enum store_call_state from, enum store_call_state to)
{
    assert(from < STORE_CALL_STATES && to < STORE_CALL_STATES);
    return call_moves[from] & TO(to);
}

const char *store_run_word(enum store_run_state state)
{
    assert(state < STORE_RUN_STATES);
    return run_words[state];
}

const char *store_call_word(enum store_call_state state)
{
    assert(state < STORE_CALL_STATES);
    return call_words[state];
}
