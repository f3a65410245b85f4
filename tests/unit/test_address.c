/* The form of addresses: what is one, and what only looks like one. */
#include "address.h"

#include "check.h"

#include <string.h>

static bool good(const char *text)
{
    struct cw_error err;
    return address_check(cw_text_of(text), &err) == CW_OK;
}

TEST(addresses)
{
    CHECK(good("127.0.0.1:8080") && good("localhost:0") && good("[::1]:65535") && good("*:1"));
    CHECK(good("unix:/run/x.sock") && good("unix:x"));
}

TEST(no_addresses)
{
    CHECK(!good("8080") && !good("127.0.0.1") && !good(":8080") && !good("127.0.0.1:"));
    CHECK(!good("127.0.0.1:65536") && !good("127.0.0.1:8o80") && !good("127.0.0.1:-1"));
    CHECK(!good("::1:80") && !good("http://x:80") && !good("a b:80") && !good("[::1:80"));
    CHECK(!good("unix:") && !good("") && !good("systemd:"));
}

TEST(a_unix_path_has_its_ceiling)
{
    char text[5 + ADDRESS_UNIX_BYTES + 2] = "unix:";
    memset(text + 5, 'x', ADDRESS_UNIX_BYTES);
    CHECK(good(text));
    text[5 + ADDRESS_UNIX_BYTES] = 'x';
    CHECK(!good(text));
}

CHECK_MAIN
