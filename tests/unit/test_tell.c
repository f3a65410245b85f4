/* Texts and JSON of the world, as the daemon takes and tells them. */
#include "tell.h"

#include "check.h"

#include <string.h>

TEST(a_text_is_never_cut_in_a_character)
{
    static const struct {
        const char *text;
        size_t most, fits;
    } rows[] = {{"", 0, 0},          {"abc", 3, 3},           {"abc", 2, 2},
                {"a\xc3\xa4", 3, 3}, {"a\xc3\xa4", 2, 1},     {"\xc3\xa4", 1, 0},
                {"abc", 0, 0},       {"\xe2\x80\xa6z", 3, 3}, {"\xe2\x80\xa6z", 2, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(tell_fits(cw_text_of(rows[i].text), rows[i].most), rows[i].fits);
}

TEST(a_byte_0_in_a_text_is_no_fault)
{
    json_t *json = tell_read(CW_TEXT("{\"a\":\"x\\u0000y\"}"), 0);
    CHECK_INT(json_string_length(json_object_get(json, "a")), 3);
    json_decref(json);
    CHECK(tell_read(CW_TEXT("{\"a\":"), 0) == NULL);
    CHECK(tell_read(CW_TEXT("7"), 0) == NULL);
    json = tell_read(CW_TEXT("7"), JSON_DECODE_ANY);
    CHECK_INT(json_integer_value(json), 7);
    json_decref(json);
}

CHECK_MAIN
