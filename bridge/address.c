#include "address.h"

#include <stdbool.h>
#include <string.h>

static bool is_port(const char *at, size_t len)
{
    unsigned long port = 0;
    if (!len || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        port = port * 10 + (unsigned long)(at[i] - '0');
    }
    return port <= 65535;
}

static bool is_host(const char *at, size_t len)
{
    if (len > 2 && at[0] == '[')
        return at[len - 1] == ']';
    for (size_t i = 0; i < len; i++)
        if (at[i] == ':' || at[i] == '/' || (unsigned char)at[i] <= ' ')
            return false;
    return len > 0;
}

enum cw_status address_check(struct cw_text text, struct cw_error *err)
{
    if (text.len > 5 && memcmp(text.at, "unix:", 5) == 0) {
        if (text.len - 5 <= ADDRESS_UNIX_BYTES)
            return CW_OK;
        return cw_fail(err, CW_EINVAL, "the path of a unix socket has at most %d bytes",
                       ADDRESS_UNIX_BYTES);
    }
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    if (colon > 1 && is_host(text.at, colon - 1) && is_port(text.at + colon, text.len - colon))
        return CW_OK;
    return cw_fail(err, CW_EINVAL, "HOST:PORT, [IPv6]:PORT or unix:PATH is expected");
}
