#include "check.h"
#include "people.h"

TEST(people_are_found_by_their_exact_name)
{
    const struct person items[] = {{.name = "anna"}, {.name = "ann"}};
    struct people people = {items, 2, {0}};
    CHECK(people_find(&people, "ann") == &items[1]);
    CHECK(people_find(&people, "Anna") == NULL);
    CHECK(people_find(&people, "") == NULL);
    CHECK(people_find(&(struct people){0}, "anna") == NULL);
    CHECK(people_find(NULL, "anna") == NULL);
}

CHECK_MAIN
