/* Who waits for which text, and what each hears. */
#include "check.h"
#include "replies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char heard[200000];

static void on_heard(void *ctx, struct cw_text text)
{
    size_t at = strlen(heard);
    snprintf(heard + at, sizeof heard - at, "%s[%.*s]", (const char *)ctx, (int)text.len, text.at);
}

static struct replies *begin(size_t most)
{
    heard[0] = '\0';
    return replies_create(most);
}

TEST(texts_come_in_any_order_and_are_heard_in_theirs)
{
    struct replies *r = begin(2);
    struct waiter *a = NULL;
    CHECK(replies_expect(r, &a, 5, 1));
    CHECK(replies_expect(r, &a, 5, 3));
    CHECK(replies_expect(r, &a, 7, 0));
    replies_hear(r, a, 100, on_heard, "a");
    CHECK_INT(replies_next_ms(r), 100);
    CHECK(replies_awaits(r, 5, 1) && replies_awaits(r, 7, 0));
    CHECK(!replies_awaits(r, 5, 2) && !replies_awaits(r, 6, 0) && !replies_awaits(r, 8, 0));
    replies_tell(r, 7, 0, false, false, "third");
    replies_tell(r, 5, 3, false, false, "second");
    replies_tell(r, 5, 3, false, false, "again");
    CHECK(!replies_awaits(r, 5, 3));
    CHECK_STR(heard, "");
    replies_tell(r, 5, 1, false, false, "first");
    CHECK_STR(heard, "a[first\nsecond\nthird]");
    CHECK_INT(replies_waiting(r), 0);
    CHECK_INT(replies_next_ms(r), INT64_MAX);
    replies_tell(r, 5, 1, false, false, "nobody");
    replies_destroy(r);
}

/* A step that ends its run speaks for all that would have followed. */
TEST(one_text_for_all_later_steps)
{
    struct replies *r = begin(2);
    struct waiter *a = NULL;
    CHECK(replies_expect(r, &a, 5, 0) && replies_expect(r, &a, 5, 2) &&
          replies_expect(r, &a, 5, 4));
    replies_hear(r, a, 100, on_heard, "");
    CHECK(replies_awaits_behind(r, 5, 1) && replies_awaits_behind(r, 5, 3));
    CHECK(!replies_awaits_behind(r, 5, 4) && !replies_awaits_behind(r, 6, 0));
    replies_tell(r, 5, 0, false, false, "begun");
    replies_tell(r, 5, 1, true, false, "not stopped");
    CHECK_STR(heard, "[begun\nnot stopped]");
    replies_destroy(r);
}

TEST(time_and_the_end)
{
    struct replies *r = begin(4);
    struct waiter *a = NULL, *b = NULL, *c = NULL;
    CHECK(replies_expect(r, &a, 1, 0) && replies_expect(r, &a, 1, 1));
    CHECK(replies_expect(r, &b, 2, 0) && replies_expect(r, &c, 3, 0));
    replies_hear(r, a, 100, on_heard, "a");
    replies_hear(r, b, 200, on_heard, "b");
    replies_tell(r, 1, 0, false, false, "half");
    replies_expire(r, 99);
    CHECK_STR(heard, "");
    replies_expire(r, 100);
    CHECK_STR(heard, "a[half\nNoted. It takes a moment longer.]");
    CHECK_INT(replies_next_ms(r), 200);
    replies_close(r); /* c is not on disk yet */
    CHECK_STR(heard + 40, "b[Noted. It takes a moment longer.]");
    replies_hear(r, c, 300, on_heard, "c");
    CHECK_STR(heard + 75, "c[Noted. It takes a moment longer.]");
    c = NULL;
    CHECK(!replies_expect(r, &c, 4, 0) && c == NULL);
    replies_destroy(r);
}

TEST(what_was_not_written_is_dropped)
{
    struct replies *r = begin(1);
    struct waiter *a = NULL, *b = NULL;
    CHECK(replies_expect(r, &a, 1, 0));
    CHECK(!replies_expect(r, &b, 2, 0)); /* too many */
    replies_drop(r, a);
    replies_drop(r, NULL);
    CHECK(!replies_awaits(r, 1, 0));
    CHECK(replies_expect(r, &b, 2, 0));
    replies_tell(r, 2, 0, false, false, "early");
    CHECK_STR(heard, "");
    replies_hear(r, b, 100, on_heard, "b");
    CHECK_STR(heard, "b[early]");
    CHECK(!replies_awaits(NULL, 1, 0));
    replies_destroy(r);
}

/* Why a rule has nothing to say is said when none has. */
TEST(weak_texts)
{
    struct replies *r = begin(4);
    struct waiter *a = NULL, *b = NULL, *c = NULL, *d = NULL;
    CHECK(replies_add(r, &a, "nobody") && replies_expect(r, &a, 1, 0) &&
          replies_expect(r, &a, 2, 0));
    replies_hear(r, a, 100, on_heard, "a");
    replies_tell(r, 1, 0, false, true, "not so");
    replies_tell(r, 2, 0, false, false, "done");
    CHECK_STR(heard, "a[done]");
    CHECK(replies_add(r, &b, "nobody") && replies_expect(r, &b, 3, 0));
    replies_hear(r, b, 100, on_heard, "b");
    CHECK(!replies_awaits(r, 0, 0));
    replies_tell(r, 3, 0, false, true, "not so");
    CHECK_STR(heard + 7, "b[nobody\nnot so]");
    CHECK(replies_add(r, &c, "nobody"));
    replies_hear(r, c, 100, on_heard, "c"); /* nothing to wait for */
    CHECK_STR(heard + 23, "c[nobody]");
    CHECK(replies_add(r, &d, "nobody") && replies_expect(r, &d, 4, 0));
    replies_hear(r, d, 100, on_heard, "d");
    replies_expire(r, 100);
    CHECK_STR(heard + 32, "d[Noted. It takes a moment longer.]");
    replies_destroy(r);
}

/* 256 texts and 64 KiB for one sender. */
TEST(ceilings)
{
    static char longest[70000];
    struct replies *r = begin(1);
    struct waiter *a = NULL;
    int n = 0;
    while (n < 1000 && replies_expect(r, &a, n, 0))
        n++;
    CHECK_INT(n, 256);
    CHECK(a != NULL);
    memset(longest, 'x', sizeof longest - 1);
    memcpy(longest + 65533, "\xc3\xa4", 2); /* half of it would fit */
    for (int i = 0; i < n; i++)
        replies_tell(r, i, 0, false, false, i ? longest : "a");
    replies_hear(r, a, 0, on_heard, "");
    CHECK_INT(strlen(heard), 65535 + 2);
    CHECK(strncmp(heard, "[a\nxxx", 6) == 0);
    replies_destroy(r);
}

CHECK_MAIN
