/* The grammar of requests: beside everything that is accepted stands what is not. */
#include "check.h"
#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct http_limits limits = {.head_bytes = 16384, .fields = 64};
static size_t spare;
static struct http_reader reader;
static size_t leftover; /* bytes after the request */

/* Feeds pieces of `step` bytes. Returns: 0 more, 1 done, else the status of the refusal. */
static int feed(const char *at, size_t len, size_t step, size_t body_limit)
{
    enum http_step s = HTTP_MORE;
    size_t i = 0;
    http_reader_reset(&reader);
    while (s == HTTP_MORE && i < len) {
        size_t used, n = len - i < step ? len - i : step;
        s = http_read(&reader, at + i, n, &used);
        i += used;
        if (s != HTTP_HEAD)
            continue;
        reader.body_limit = body_limit;
        s = http_read(&reader, "", 0, &used);
    }
    leftover = len - i;
    return s == HTTP_MORE ? 0 : s == HTTP_DONE ? 1 : reader.status;
}

/* In one piece and byte by byte must be the same. */
static int verdict(const char *text, size_t len)
{
    if (!reader.limits) {
        spare = 1 << 20;
        http_reader_init(&reader, &limits, &spare);
    }
    int bytes = feed(text, len, 1, 65536);
    int whole = feed(text, len, len, 65536);
    CHECK_INT(bytes, whole);
    return whole;
}

#define READ(text)     verdict(text, sizeof(text) - 1)
#define IS(text, want) CHECK_INT(READ(text), want)

static int line(const char *request_line)
{
    char text[16384];
    int len = snprintf(text, sizeof text, "%s\r\nHost: a\r\n\r\n", request_line);
    return verdict(text, (size_t)len);
}

/* A POST with these further lines, each ending with CRLF, and no body. */
static int fields(const char *lines)
{
    char text[32768];
    int len = snprintf(text, sizeof text, "POST /h HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
    return verdict(text, (size_t)len);
}

static int chunks(const char *body)
{
    char text[16384];
    int len = snprintf(text, sizeof text,
                       "POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s", body);
    return verdict(text, (size_t)len);
}

static struct cw_text value_of(const char *name)
{
    const struct http_header *h = http_find(&reader.request, name);
    return h ? h->value : (struct cw_text){"(none)", 6};
}

#define CHECK_TEXT(text, want) CHECK_MEM((text).at, (text).len, want)

TEST(a_whole_request)
{
    IS("POST /hook/a?x=1&y=%20 HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\n"
       "X-Blanks: \t a b \t\r\nContent-Length: 5\r\n\r\nhelloPOST",
       1);
    CHECK_TEXT(reader.request.method, "POST");
    CHECK_TEXT(reader.request.path, "/hook/a");
    CHECK_TEXT(reader.request.query, "x=1&y=%20");
    CHECK_TEXT(reader.request.body, "hello");
    CHECK_TEXT(value_of("x-blanks"), "a b");
    CHECK_TEXT(value_of("X-EMPTY"), "");
    CHECK(!http_find(&reader.request, "X-Blank"));
    CHECK_INT(reader.request.n_headers, 4);
    CHECK_INT(leftover, 4);
    CHECK(!reader.wants_close);
}

TEST(parts_of_a_request_are_no_request)
{
    const char text[] = "POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t len = 0; len < sizeof text - 1; len++)
        CHECK_INT(verdict(text, len), 0);
    CHECK_INT(verdict(text, sizeof text - 1), 1);
}

TEST(methods)
{
    static const char *const good[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s / HTTP/1.1", good[i]);
        CHECK_INT(line(text), 1);
        CHECK_TEXT(reader.request.method, good[i]);
    }
    CHECK_INT(line("TRACE / HTTP/1.1"), 501);
    CHECK_INT(line("CONNECT a:1 HTTP/1.1"), 501);
    CHECK_INT(line("FOO / HTTP/1.1"), 501);
    CHECK_INT(line("PROPFIND / HTTP/1.1"), 501);
    CHECK_INT(line("POSTS / HTTP/1.1"), 501);
    CHECK_INT(line("post / HTTP/1.1"), 400);
    CHECK_INT(line("P\x80ST / HTTP/1.1"), 400);
    CHECK_INT(line(" POST / HTTP/1.1"), 400);
    CHECK_INT(line("\tPOST / HTTP/1.1"), 400);
    CHECK_INT(line("PO-ST / HTTP/1.1"), 400);
    CHECK_INT(verdict("\x16\x03\x01", 3), 400); /* at once, without waiting for a line */
    CHECK_INT(verdict("AAAAAAAA", 8), 501);
    CHECK_INT(verdict("EHLO x\r\n", 8), 501);
}

TEST(versions)
{
    CHECK_INT(line("GET / HTTP/1.1"), 1);
    CHECK(!reader.wants_close);
    CHECK_INT(line("GET / HTTP/1.0"), 1);
    CHECK(reader.wants_close);
    CHECK_INT(line("GET / HTTP/1.2"), 505);
    CHECK_INT(line("GET / HTTP/2.0"), 505);
    CHECK_INT(line("GET / HTTP/0.9"), 505);
    CHECK_INT(line("GET / HTTP/1.10"), 400);
    CHECK_INT(line("GET / HTTP/01.1"), 400);
    CHECK_INT(line("GET / HTTP/1"), 400);
    CHECK_INT(line("GET / HTTP/+1.1"), 400);
    CHECK_INT(line("GET / http/1.1"), 400);
    CHECK_INT(line("GET / HTTPS/1.1"), 400);
    CHECK_INT(line("GET / HTTP/1,1"), 400);
    CHECK_INT(line("GET / HTTP/1.1 "), 400);
    CHECK_INT(line("GET /"), 400);
    CHECK_INT(line("GET  / HTTP/1.1"), 400);
    CHECK_INT(line("GET /  HTTP/1.1"), 400);
    CHECK_INT(line("GET / a HTTP/1.1"), 400);
    CHECK_INT(line("GET\t/ HTTP/1.1"), 400);
}

static int target(const char *text)
{
    char request[16384];
    snprintf(request, sizeof request, "GET %s HTTP/1.1", text);
    return line(request);
}

TEST(targets)
{
    static const char *const good[] = {
        "/",  "/a/b",     "/a//b",    "/a.b/..c/...", "/%C3%A4", "/a;b=c",    "/~a!$&'()*+,=:@",
        "/?", "/?a=/?:@", "/a?x=%0a", "/.a",          "/a..",    "/%2e%2e%2e"};
    static const char *const bad[] = {
        "*",      "a",           "http://a/", "/\x80",   "/a#b", "/a\"b", "/a<b", "/a\\b", "/a^b",
        "/a{b",   "/a|b",        "/%",        "/%2",     "/%zz", "/%00",  "/%0a", "/%7f",  "/%2f",
        "/a%5Cb", "/?%00",       "/?%",       "/?a b",   "/?a#", "/..",   "/.",   "/../a", "/a/./b",
        "/a/..",  "/a/%2e%2e/b", "/%2E./b",   "/..;a/b", "//..", "?a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!CHECK_INT(target(good[i]), 1))
            puts(good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK_INT(target(bad[i]), 400))
            puts(bad[i]);
}

TEST(long_lines)
{
    char text[12000];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    text[HTTP_PATH_MAX] = '\0';
    CHECK_INT(target(text), 1);
    text[HTTP_PATH_MAX] = 'a';
    text[HTTP_PATH_MAX + 1] = '\0';
    CHECK_INT(target(text), 414);
    text[HTTP_PATH_MAX] = '?';
    text[HTTP_PATH_MAX + 1] = 'a';
    text[8000] = '\0';
    CHECK_INT(target(text), 1);
    text[8000] = 'a';
    text[9000] = '\0';
    CHECK_INT(target(text), 414);
}

TEST(line_ends)
{
    IS("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    IS("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1); /* one empty line is forgiven */
    IS("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    IS("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    IS("GET / HTTP/1.1\nHost: a\n\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\n\n", 400);
    IS("GET / HTTP/1.1\rHost: a\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400);
}

TEST(field_names_and_values)
{
    CHECK_INT(fields("X-A_b.c!#$%&'*+^`|~1: v\r\n"), 1);
    CHECK_INT(fields("X: \xc3\xa4 \"(),/:;<=>?@[\\]{}\r\n"), 1);
    CHECK_INT(fields("X:v\r\n"), 1);
    CHECK_INT(fields("X : v\r\n"), 400);
    CHECK_INT(fields("X\t: v\r\n"), 400);
    CHECK_INT(fields("X Y: v\r\n"), 400);
    CHECK_INT(fields(": v\r\n"), 400);
    CHECK_INT(fields("X\r\n"), 400);
    CHECK_INT(fields("X(: v\r\n"), 400);
    CHECK_INT(fields("\xc3\xa4: v\r\n"), 400);
    CHECK_INT(fields("X: a\x01\r\n"), 400);
    CHECK_INT(fields("X: a\x7f\r\n"), 400);
    IS("POST /h HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400);
    IS("POST /h HTTP/1.1\r\nHost: a\r\n\0X: a\r\n\r\n", 400);
    char name[HTTP_NAME_MAX + 16];
    memset(name, 'x', sizeof name);
    memcpy(name + HTTP_NAME_MAX, ": v\r\n", 6);
    CHECK_INT(fields(name), 1);
    memcpy(name + HTTP_NAME_MAX, "x: v\r\n", 7);
    CHECK_INT(fields(name), 400);
}

TEST(how_many_fields)
{
    char text[2048] = "";
    for (int i = 0; i < 63; i++)
        snprintf(text + strlen(text), 32, "x%d: v\r\n", i);
    CHECK_INT(fields(text), 1);
    CHECK_INT(reader.request.n_headers, 64);
    CHECK_TEXT(value_of("X62"), "v"); /* pointers moved with the text */
    strncat(text, "y: v\r\n", 8);
    CHECK_INT(fields(text), 431);
}

TEST(how_long_a_head)
{
    static char text[32768];
    const size_t frame = strlen("POST /h HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n");
    memset(text, 'v', sizeof text);
    memcpy(text, "X: ", 3);
    size_t len = 3 + limits.head_bytes - frame;
    memcpy(text + len, "\r\n", 3);
    CHECK_INT(fields(text), 1);
    memcpy(text + len, "v\r\n", 4);
    CHECK_INT(fields(text), 431);
}

TEST(duplicates)
{
    CHECK_INT(fields("X-Sig: a\r\nX-Sib: a\r\n"), 1);
    CHECK_INT(fields("X-Sig: a\r\nX-Sig: a\r\n"), 400);
    CHECK_INT(fields("X-Sig: a\r\nx-sIG: b\r\n"), 400);
    CHECK_INT(fields("Content-Type: a\r\nContent-Type: b\r\n"), 400);
    CHECK_INT(fields("Authorization: a\r\nAuthorization: b\r\n"), 400);
    CHECK_INT(fields("Host: a\r\n"), 400);
    CHECK_INT(fields("Accept: a\r\nAccept: b\r\nX-Forwarded-For: a\r\nx-forwarded-for: b\r\n"), 1);
}

TEST(hosts)
{
    static const char *const good[] = {"a",
                                       "a.b-c.example",
                                       "a.",
                                       "127.0.0.1:80",
                                       "[::1]",
                                       "[::1]:65535",
                                       "[::ffff:1.2.3.4]:1",
                                       "a_b:8080",
                                       "A"};
    static const char *const bad[] = {
        "",           "a b", "a,b",  "a, b", "u@h",  "a:",     "a:0",    "a:65536", "a:99999",
        "a:1:2",      "a:x", "a:+1", "::1",  "[::1", "[::1]x", "[::1]:", "[]",      "[a]",
        "[::1%eth0]", "a/b", "a?b",  "a..b", ".a",   "a\x80",  "a#",     "a%41"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!CHECK(http_is_host(cw_text_of(good[i]))))
            puts(good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK(!http_is_host(cw_text_of(bad[i]))))
            puts(bad[i]);
    IS("GET / HTTP/1.1\r\n\r\n", 400);
    IS("GET / HTTP/1.0\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
}

TEST(lengths)
{
    CHECK_INT(fields("Content-Length: 0\r\n"), 1);
    CHECK_INT(fields("Content-Length: 00\r\n"), 1);
    CHECK_INT(fields("Content-Length: 5\r\n"), 0);
    static const char *const bad[] = {"",    "+5",           "-5",  "-0",   "5 5",
                                      "5,5", "5, 5",         "0x5", "5a",   "5.0",
                                      "5e1", "\xef\xbc\x95", "5;a", "five", "\"5\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "Content-Length: %s\r\n", bad[i]);
        if (!CHECK_INT(fields(text), 400))
            puts(bad[i]);
    }
    CHECK_INT(fields("Content-Length: 9999999999\r\n"), 413);
    CHECK_INT(fields("Content-Length: 99999999999999999999\r\n"), 413);
    CHECK_INT(fields("Content-Length: 65537\r\n"), 413);
    CHECK_INT(fields("Content-Length: 65536\r\n"), 0);
    CHECK_INT(fields("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
    CHECK_INT(fields("Content_Length: 5\r\n"), 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1);
    IS("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", 400);
    IS("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", 400);
    IS("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", 1);
}

TEST(codings)
{
    CHECK_INT(fields("Transfer-Encoding: chunked\r\n"), 0);
    CHECK_INT(fields("TRANSFER-ENCODING: \tChunked \r\n"), 0);
    static const char *const bad[] = {
        "",         "gzip",        "identity", "chunked, chunked", "gzip, chunked",
        "chunked,", ", chunked",   "xchunked", "chunked;a=b",      "\"chunked\"",
        "chun ked", "chunked\xa0", "chunke"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "Transfer-Encoding: %s\r\n", bad[i]);
        if (!CHECK_INT(fields(text), 400))
            puts(bad[i]);
    }
    CHECK_INT(fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
    CHECK_INT(fields("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400);
    CHECK_INT(fields("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400);
    CHECK_INT(fields("Transfer_Encoding: chunked\r\n"), 400);
    IS("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    IS("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
}

TEST(connection_and_expect)
{
    CHECK_INT(fields("Connection: keep-alive\r\n"), 1);
    CHECK(!reader.wants_close);
    CHECK_INT(fields("Connection: foo , CLOSE\r\n"), 1);
    CHECK(reader.wants_close);
    CHECK_INT(fields("Connection: foo\r\nConnection: close\r\n"), 1);
    CHECK(reader.wants_close);
    static const char *const bad[] = {"Connection: close keep-alive\r\n",
                                      "Connection: ,\r\n",
                                      "Connection:\r\n",
                                      "Connection: a,\r\n",
                                      "Connection: host\r\n",
                                      "Connection: a, Content-Length\r\n",
                                      "Connection: Upgrade\r\n",
                                      "Upgrade: h2c\r\n",
                                      "HTTP2-Settings: a\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK_INT(fields(bad[i]), 400))
            puts(bad[i]);
    CHECK_INT(fields("Expect: 100-Continue\r\nContent-Length: 1\r\n"), 0);
    CHECK(reader.expects_continue);
    CHECK_INT(fields("Expect: 100-continue\r\nContent-Length: 0\r\n"), 1);
    CHECK(!reader.expects_continue);
    CHECK_INT(fields("Expect: 200-ok\r\n"), 417);
    CHECK_INT(fields("Expect:\r\n"), 417);
    IS("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0);
    CHECK(!reader.expects_continue);
}

TEST(good_chunks)
{
    CHECK_INT(chunks("5\r\nhello\r\n0\r\n\r\nrest"), 1);
    CHECK_TEXT(reader.request.body, "hello");
    CHECK_INT(leftover, 4);
    CHECK_INT(chunks("00000003\r\nabc\r\n1;a=b\r\nd\r\n1;a;b=\"c\\\" d\"\r\ne\r\n000\r\n\r\n"), 1);
    CHECK_TEXT(reader.request.body, "abcde");
    CHECK_INT(chunks("A\r\n0123456789\r\na\r\n0123456789\r\n0;last\r\nETag: x\r\nDate:\r\n\r\n"),
              1);
    CHECK_INT(reader.request.body.len, 20);
    CHECK(!http_find(&reader.request, "ETag"));
    CHECK_INT(chunks("0\r\n\r\n"), 1);
    CHECK_INT(reader.request.body.len, 0);
}

TEST(bad_chunks)
{
    static const char *const bad[] = {"\r\n",
                                      "g\r\n",
                                      "+5\r\n",
                                      "-5\r\n",
                                      "0x5\r\n",
                                      " 5\r\n",
                                      "5 \r\n",
                                      "5\t\r\n",
                                      "5 junk\r\n",
                                      "5.0\r\n",
                                      "2_7\r\n",
                                      ";a\r\n",
                                      "5;\r\n",
                                      "5;=b\r\n",
                                      "5;a=\r\n",
                                      "5;a=b c\r\n",
                                      "5; a\r\n",
                                      "5 ;a\r\n",
                                      "5;a=\"\r\n",
                                      "5;a=\"b\"c\r\n",
                                      "5;a=\"\\\x01\"\r\n",
                                      "5;a\x01\r\n",
                                      "5\n",
                                      "5\rx",
                                      "5;a\rb",
                                      "000000001\r\n",
                                      "FFFFFFFFFFFFFFFF\r\n",
                                      "1\r\nab",
                                      "1\r\na\n",
                                      "1\r\na\rx",
                                      "1\r\naXX",
                                      "0\r\nabc\r\n",
                                      "0\r\n: a\r\n",
                                      "0\r\n a: b\r\n",
                                      "0\r\na : b\r\n",
                                      "0\r\na: b\n",
                                      "0\r\na: \x01",
                                      "0\n",
                                      "0\r\n\rx",
                                      "0\r\nContent-Length: 1\r\n",
                                      "0\r\nTransfer-Encoding: chunked\r\n",
                                      "0\r\nhost: a\r\n",
                                      "0\r\nAuthorization: a\r\n",
                                      "0\r\nX-Hub-Signature-256: a\r\n",
                                      "0\r\nX-Gitlab-Token: a\r\n",
                                      "0\r\nX-Forwarded-For: a\r\n",
                                      "0\r\nCookie: a\r\n",
                                      "0\r\nConnection: close\r\n",
                                      "0\r\nTrailer: a\r\n",
                                      "0\r\nContent_Length: a\r\n",
                                      "0\r\nwebhook-id: 1\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK_INT(chunks(bad[i]), 400))
            puts(bad[i]);
    CHECK_INT(chunks("10001\r\n"), 413);
    CHECK_INT(chunks("FFFFFFFF\r\n"), 413);
    CHECK_INT(chunks("1\r\na\r\n10000\r\n"), 413);
}

TEST(chunk_ceilings)
{
    char text[2048] = "1;";
    memset(text + 2, 'e', 60);
    memcpy(text + 62, "\r\na\r\n0\r\n\r\n", 11);
    CHECK_INT(chunks(text), 1);
    memset(text + 2, 'e', 80);
    memcpy(text + 82, "\r\na\r\n0\r\n\r\n", 11);
    CHECK_INT(chunks(text), 400);
    memcpy(text, "0\r\nx: ", 6);
    memset(text + 6, 'v', 1000);
    memcpy(text + 1006, "\r\n\r\n", 5);
    CHECK_INT(chunks(text), 1);
    memset(text + 6, 'v', 1100);
    memcpy(text + 1106, "\r\n\r\n", 5);
    CHECK_INT(chunks(text), 400);
}

TEST(memory_is_shared_and_given_back)
{
    static char body[70000];
    const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
    memcpy(body, head, sizeof head - 1);
    memset(body + sizeof head - 1, 'b', 60000);
    size_t len = sizeof head - 1 + 60000;
    READ("");
    spare = 60000;
    CHECK_INT(feed(body, len, 1000, 65536), 1);
    CHECK_INT(spare, 0);
    http_reader_reset(&reader);
    CHECK_INT(spare, 60000);
    spare = 59999;
    CHECK_INT(feed(body, len, len, 65536), 503);
    http_reader_reset(&reader);
    CHECK_INT(spare, 59999);
    spare = 1 << 20;
}

TEST(body_past_the_reader)
{
    const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab";
    char *at;
    READ("");
    CHECK_INT(http_body_room(&reader, &at), 0);
    CHECK_INT(feed(head, sizeof head - 1, sizeof head, 10), 0);
    CHECK_INT(http_body_room(&reader, &at), 4);
    memcpy(at, "cd", 2);
    CHECK_INT(http_body_took(&reader, 2), HTTP_MORE);
    CHECK_INT(http_body_room(&reader, &at), 2);
    memcpy(at, "ef", 2);
    CHECK_INT(http_body_took(&reader, 2), HTTP_DONE);
    CHECK_TEXT(reader.request.body, "abcdef");
    CHECK_INT(http_body_room(&reader, &at), 0);
}

TEST(words)
{
    CHECK(http_same(cw_text_of("HoSt"), "host"));
    CHECK(!http_same(cw_text_of("Hos"), "host"));
    CHECK(!http_same(cw_text_of("Hostx"), "host"));
    CHECK(!http_same(cw_text_of("ho@t"), "ho`t")); /* only letters have case */
    CHECK_STR(http_reason(204), "No Content");
    CHECK_STR(http_reason(299), "Unknown");
}

CHECK_MAIN
