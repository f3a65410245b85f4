#include "check.h"
#include "store/store.h"

#include <string.h>

/* From each state: a letter where it may go, in the order of the enum. */
static const char *const run_table[STORE_RUN_STATES] = {
    [STORE_RUN_WAITING] = ".AD.CRFL",   [STORE_RUN_ACTING] = "..DFC.RL",
    [STORE_RUN_DONE] = "........",      [STORE_RUN_FAILED] = ".A......",
    [STORE_RUN_CANCELLED] = "........", [STORE_RUN_REPLACED] = "........",
    [STORE_RUN_REFUSED] = "........",   [STORE_RUN_LOST] = "........",
};

static const char *const call_table[STORE_CALL_STATES] = {
    [STORE_CALL_READY] = "rsdkxc..",   [STORE_CALL_SENT] = "rsdkxc..",
    [STORE_CALL_DONE] = "........",    [STORE_CALL_SKIPPED] = "......R.",
    [STORE_CALL_DEAD] = "......RD",    [STORE_CALL_CANCELLED] = "........",
    [STORE_CALL_RETRIED] = "........", [STORE_CALL_DROPPED] = "........",
};

TEST(runs_move_as_the_table_says)
{
    for (int from = 0; from < STORE_RUN_STATES; from++)
        for (int to = 0; to < STORE_RUN_STATES; to++)
            CHECK_INT(store_run_may((enum store_run_state)from, (enum store_run_state)to),
                      run_table[from][to] != '.');
}

TEST(calls_move_as_the_table_says)
{
    for (int from = 0; from < STORE_CALL_STATES; from++)
        for (int to = 0; to < STORE_CALL_STATES; to++)
            CHECK_INT(store_call_may((enum store_call_state)from, (enum store_call_state)to),
                      call_table[from][to] != '.');
}

TEST(every_state_has_a_word_of_its_own)
{
    for (int i = 0; i < STORE_RUN_STATES; i++)
        for (int j = 0; j < i; j++)
            CHECK(strcmp(store_run_word((enum store_run_state)i),
                         store_run_word((enum store_run_state)j)) != 0);
    for (int i = 0; i < STORE_CALL_STATES; i++)
        for (int j = 0; j < i; j++)
            CHECK(strcmp(store_call_word((enum store_call_state)i),
                         store_call_word((enum store_call_state)j)) != 0);
    CHECK_STR(store_run_word(STORE_RUN_LOST), "lost");
    CHECK_STR(store_call_word(STORE_CALL_READY), "ready");
}

CHECK_MAIN
