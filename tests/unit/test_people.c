#include "check.h"
#include "people.h"

TEST(people_are_found_by_their_exact_name)
{
    const struct person items[] = {{.name = "anna"}, {.name = "ann"}};
    struct people people = {.items = items, .n = 2};
    CHECK(people_find(&people, "ann") == &items[1]);
    CHECK(people_find(&people, "Anna") == NULL);
    CHECK(people_find(&people, "") == NULL);
    CHECK(people_find(&(struct people){0}, "anna") == NULL);
    CHECK(people_find(NULL, "anna") == NULL);
}

TEST(what_calls_read_is_found_by_its_whole_name)
{
    const struct outside_value values[] = {{"secret.a", "1"}, {"env.A", NULL}};
    struct people people = {.outside = values, .n_outside = 2};
    CHECK_STR(people_outside(&people, CW_TEXT("secret.a")), "1");
    CHECK(people_outside(&people, CW_TEXT("env.A")) == NULL);
    CHECK(people_outside(&people, CW_TEXT("secret.")) == NULL);
    CHECK(people_outside(NULL, CW_TEXT("secret.a")) == NULL);
}

CHECK_MAIN
