/* What commands tell of marks. */
#include "check.h"
#include "lab.h"
#include "mark.h"

static const char text[] =
    "version: 1\nusers:\n  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
    "  bo: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [bob] }\n"
    "rules:\n  - { id: c, when: { count: 3, of: custom.a, within: 1 hour }, user: ada, then: stop "
    "}\n";

static struct store_mark mark_of(const char *kind, const char *rule, const char *person,
                                 const char *key, const char *value)
{
    return (struct store_mark){cw_text_of(kind), cw_text_of(rule),  cw_text_of(person),
                               cw_text_of(key),  cw_text_of(value), 10000};
}

TEST(a_key_has_two_parts)
{
    struct store_mark count = mark_of("count", "c", "ada", "3 of custom.a within 1 hour\nk\n1", "");
    struct store_mark throttle = mark_of("throttle", "c", "ada", "k\n1", "");
    CHECK_MEM(mark_trigger(&count).at, mark_trigger(&count).len, "3 of custom.a within 1 hour");
    CHECK_MEM(mark_key(&count).at, mark_key(&count).len, "k\n1");
    CHECK_INT(mark_trigger(&throttle).len, 0);
    CHECK_MEM(mark_key(&throttle).at, mark_key(&throttle).len, "k\n1");
}

TEST(who_may_see_it)
{
    struct store_mark fact = mark_of("state", "", "ada", "on_call", "true");
    struct store_mark token = mark_of("token", "", "ada", "", "sealed");
    CHECK(mark_is_shown(&fact));
    CHECK(!mark_is_shown(&token));
}

TEST(why_it_ends)
{
    struct cw_ruleset *rules = lab_compile(text, NULL);
    const struct {
        struct store_mark mark;
        const char *end;
    } rows[] = {
        {mark_of("throttle", "c", "ada", "ada", ""), NULL},
        {mark_of("count", "c", "ada", "3 of custom.a within 1 hour\nada", ""), NULL},
        {mark_of("count", "c", "ada", "4 of custom.a within 1 hour\nada", ""),
         "its rule has another trigger"},
        {mark_of("throttle", "gone", "ada", "ada", ""), "its rule is gone"},
        {mark_of("throttle", "c", "eve", "eve", ""), "its user is gone"},
        {mark_of("throttle", "c", "bob", "bob", ""), "its user is gone"}, /* an alias is no name */
        {mark_of("state", "", "ada", "lunch", "1"), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(mark_end(&rows[i].mark, rules), rows[i].end);
    cw_ruleset_unref(rules);
}

TEST(ids_tell_marks_apart)
{
    char a[MARK_ID], b[MARK_ID];
    struct store_mark one = mark_of("throttle", "r", "ada", "k", ""),
                      other = mark_of("throttle", "ra", "da", "k", "");
    CHECK_INT(strlen(mark_id(&one, a)), 13);
    CHECK_INT(a[0], 'm');
    CHECK(strcmp(a, mark_id(&other, b)) != 0);
    other = one;
    other.value = CW_TEXT("another value");
    CHECK_STR(mark_id(&other, b), a);
}

CHECK_MAIN
