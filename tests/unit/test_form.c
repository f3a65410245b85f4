/* Forms and queries: decoded once, strictly, within a ceiling. */
#include "check.h"
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cw_arena *arena;

static struct form read_ok(const char *text)
{
    struct form form = {0};
    struct cw_error err = {0};
    if (!CHECK_INT(form_read(cw_text_of(text), arena, &form, &err), CW_OK))
        fprintf(stderr, "  %s: %s\n", text, err.text);
    return form;
}

static void refused(const char *text, long at)
{
    struct form form = {(void *)(uintptr_t)1, 77};
    struct cw_error err = {0};
    if (!CHECK_INT(form_read(cw_text_of(text), arena, &form, &err), CW_ESYNTAX))
        fprintf(stderr, "  %s\n", text);
    CHECK_INT(form.n, 77);
    CHECK_INT(err.at, at);
}

static void is(const struct form *form, size_t i, const char *name, const char *value)
{
    if (!CHECK(i < form->n))
        return;
    CHECK_MEM(form->fields[i].name.at, form->fields[i].name.len, name);
    CHECK_MEM(form->fields[i].value.at, form->fields[i].value.len, value);
}

TEST(plain_fields)
{
    arena = cw_arena_create(1 << 20);
    struct form form = read_ok("event=screen_locked&user=mira&host=mira-pc&at=1780000000");
    CHECK_INT(form.n, 4);
    is(&form, 0, "event", "screen_locked");
    is(&form, 3, "at", "1780000000");
    form = read_ok("");
    CHECK_INT(form.n, 0);
    form = read_ok("a&b=&=c&&d=x=y");
    CHECK_INT(form.n, 4);
    is(&form, 0, "a", "");
    is(&form, 1, "b", "");
    is(&form, 2, "", "c");
    is(&form, 3, "d", "x=y");
    cw_arena_destroy(arena);
}

TEST(decoded_once)
{
    arena = cw_arena_create(1 << 20);
    struct form form = read_ok("payload=%7B%22a%22%3A%22%C3%A4+b%22%7D&x%3d=%2526&y=%e2%82%AC");
    is(&form, 0, "payload", "{\"a\":\"\xC3\xA4 b\"}");
    is(&form, 1, "x=", "%26");
    is(&form, 2, "y", "\xE2\x82\xAC");
    form = read_ok("token=\xC3\xA4"); /* raw UTF-8 does no harm */
    is(&form, 0, "token", "\xC3\xA4");
    cw_arena_destroy(arena);
}

TEST(found_by_name)
{
    arena = cw_arena_create(1 << 20);
    struct form form = read_ok("a=1&b=2&a=3");
    const struct form_field *field = form_find(&form, CW_TEXT("a"), 0);
    CHECK(field && cw_text_is(field->value, "1"));
    field = form_find(&form, CW_TEXT("a"), 1);
    CHECK(field && cw_text_is(field->value, "3"));
    CHECK(!form_find(&form, CW_TEXT("c"), 0));
    CHECK(!form_find(&form, CW_TEXT("A"), 0));
    cw_arena_destroy(arena);
}

TEST(malformed)
{
    arena = cw_arena_create(1 << 20);
    refused("a=%", 2);
    refused("a=%4", 2);
    refused("a=%4g", 2);
    refused("a=%%41", 2);
    refused("New booking: 30min by Jon", 3);
    refused("a=1\n", 3);
    refused("a=\x7F", 2);
    refused("a=%00", -1);
    refused("a=%C3", -1);       /* cut off */
    refused("a=%C0%AF", -1);    /* overlong */
    refused("a=%ED%A0%80", -1); /* a surrogate */
    refused("a=%F4%90%80%80", -1);
    refused("a=%FF", -1);
    refused("a=\xE0\x80\x80", -1);
    cw_arena_destroy(arena);
}

TEST(ceilings)
{
    arena = cw_arena_create(1 << 20);
    char *text = calloc(1, 5000);
    for (int i = 0; i < 999; i++)
        memcpy(text + 2 * i, "a&", 2);
    text[1998] = 'a';
    struct form form = read_ok(text);
    CHECK_INT(form.n, 1000);
    memcpy(text + 1999, "&a", 2);
    CHECK_INT(form_read(cw_text_of(text), arena, &form, NULL), CW_ELIMIT);
    cw_arena_destroy(arena);
    arena = cw_arena_create(64);
    CHECK_INT(form_read(cw_text_of(text + 2), arena, &form, NULL), CW_NOMEM);
    free(text);
    cw_arena_destroy(arena);
}

TEST(a_pair_reads_back)
{
    const char *value = "no such&x=%+ \xc3\xa9-_9";
    struct form form;
    arena = cw_arena_create(1 << 20);
    char *text = form_pair("user", value);
    CHECK_STR(text, "user=no%20such%26x%3D%25%2B%20%C3%A9-_9");
    form = read_ok(text);
    CHECK_STR(form_find(&form, CW_TEXT("user"), 0)->value.at, value);
    free(text);
    text = form_pair("user", NULL);
    CHECK_STR(text, "");
    free(text);
    cw_arena_destroy(arena);
}

CHECK_MAIN
