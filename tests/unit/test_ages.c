/* Since when rules read as they do. */
#include "ages.h"
#include "check.h"
#include "lab.h"

#define HEAD "version: 1\nusers: { ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 } }\nrules:\n"
#define A    "  - { id: a, when: custom.a, user: ada, then: stop }\n"
#define B    "  - { id: b, when: custom.b, user: ada, then: stop }\n"

static void keep(struct store *store, const char *rules, int64_t now_ms)
{
    struct cw_ruleset *set = lab_compile(rules, NULL);
    struct cw_error err;
    CHECK_INT(ages_keep(store, set, now_ms, &err), CW_OK);
    cw_ruleset_unref(set);
}

static int64_t since(struct store *store, const char *rule)
{
    struct ages *ages = ages_read(store);
    int64_t ms = ages_since(ages, rule);
    ages_destroy(ages);
    return ms;
}

TEST(what_is_written_anew_is_young)
{
    struct store_opts opts = {0};
    struct store *store = NULL;
    struct cw_error err;
    CHECK_INT(store_open("memory:", &opts, &store, &err), CW_OK);
    CHECK(since(store, "a") == INT64_MIN);
    keep(store, HEAD A B, 100);
    CHECK_INT(since(store, "a"), 100);
    CHECK_INT(since(store, NULL), 100);
    keep(store, HEAD B A, 200); /* another order says nothing new */
    CHECK_INT(since(store, "a"), 100);
    keep(store, HEAD A "  - { id: b, when: custom.b, user: ada, then: pause }\n", 300);
    CHECK_INT(since(store, "a"), 100);
    CHECK_INT(since(store, "b"), 300);
    CHECK_INT(since(store, NULL), 100);
    keep(store, HEAD A, 400);
    CHECK(since(store, "b") == INT64_MIN);
    keep(store,
         "version: 1\nhours: { work: mon 09:00-10:00 }\n"
         "users: { ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 } }\nrules:\n" A B,
         500);
    CHECK_INT(since(store, "a"), 100);
    CHECK_INT(since(store, "b"), 500); /* it was away */
    CHECK_INT(since(store, NULL), 500);
    store_close(store);
}

CHECK_MAIN
