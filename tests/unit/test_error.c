#include <clockwire/error.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "text.h"

TEST(fail_says_what)
{
    struct cw_error err = {0};
    CHECK_INT(cw_fail(&err, CW_EIO, "open %s: %s", "x", "no"), CW_EIO);
    CHECK_INT(err.status, CW_EIO);
    CHECK_INT(err.at, -1);
    CHECK_STR(err.text, "open x: no");
    CHECK_INT(cw_fail(NULL, CW_NOMEM, "nobody listens"), CW_NOMEM);
    CHECK_INT(cw_fail_at(&err, CW_ESYNTAX, 7, "here"), CW_ESYNTAX);
    CHECK_INT(err.at, 7);
    CHECK_INT(cw_fail_at(NULL, CW_ESYNTAX, 7, "here"), CW_ESYNTAX);
}

TEST(wrap_puts_context_before)
{
    struct cw_error err = {0};
    CHECK_INT(cw_fail_at(&err, CW_ELIMIT, 3, "too long"), CW_ELIMIT);
    CHECK_INT(cw_wrap(&err, "file %d", 1), CW_ELIMIT);
    CHECK_STR(err.text, "file 1: too long");
    CHECK_INT(err.at, 3);
}

TEST(text_is_one_safe_line)
{
    struct cw_error err = {0};
    CHECK_INT(cw_fail(&err, CW_EIO, "%s", "a\nb\x1b[2J\xE2\x80\xAE\xFF\xC2\x85"), CW_EIO);
    CHECK_STR(err.text, "a\\nb\\x1b[2J\\u202e\\xff\\u0085");
    char longer[1000];
    memset(longer, 'x', sizeof longer);
    memcpy(longer + 397, "\xE2\x82\xAC", 3);
    longer[999] = '\0';
    CHECK_INT(cw_fail(&err, CW_EIO, "%s", longer), CW_EIO);
    CHECK_INT(strlen(err.text), 397);
    CHECK_INT(cw_wrap(&err, "%s", longer), CW_EIO);
    CHECK(strlen(err.text) < sizeof err.text);
}

TEST(names_of_statuses)
{
    CHECK_STR(cw_status_name(CW_ENOENT), "not found");
    CHECK_STR(cw_status_name(CW_EBUSY), "busy");
    CHECK_STR(cw_status_name((enum cw_status)99), "unknown status");
}

TEST(texts)
{
    CHECK_INT(cw_text_of(NULL).len, 0);
    CHECK(cw_text_is(cw_text_of("ab"), "ab"));
    CHECK(!cw_text_is(cw_text_of("ab"), "abc"));
    CHECK(!cw_text_is(cw_text_of("ab"), "a"));
    CHECK(cw_text_is((struct cw_text){NULL, 0}, ""));
}

static unsigned get(const char *text, size_t len)
{
    /* An exact heap block, so that a read beyond the end is seen. */
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    unsigned n = cwr_utf8_get(copy, copy + len, NULL);
    free(copy);
    return n;
}

TEST(utf8_by_the_book)
{
    char out[4];
    uint32_t back = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 37) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        unsigned n = cwr_utf8_put(c, out);
        if (cwr_utf8_get(out, out + n, &back) != n || back != c)
            CHECK_INT(back, c);
        if (n > 1 && get(out, n - 1) != 0)
            CHECK_INT(get(out, n - 1), 0);
    }
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF8\x88\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xC3(",
                                      "\xE2\x82(",
                                      "\xF0\x9F\x92("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(get(bad[i], strlen(bad[i])), 0);
    CHECK_INT(get("", 0), 0);
    CHECK_INT(cwr_utf8_put(0xD800, out), 3);
    CHECK(memcmp(out, "\xEF\xBF\xBD", 3) == 0);
}

TEST(escape_cuts_between_characters)
{
    char out[6];
    CHECK_INT(cwr_escape(CW_TEXT("abcd\n"), out, sizeof out), 4);
    CHECK_STR(out, "abcd");
    CHECK_INT(cwr_escape(CW_TEXT("abc\n"), out, sizeof out), 5);
    CHECK_STR(out, "abc\\n");
    CHECK_INT(cwr_escape(CW_TEXT("abc\xE2\x82\xAC"), out, sizeof out), 3);
}

CHECK_MAIN
