/* An answer of the token endpoint: the first line is the status, the rest the body. Whatever comes,
 * a token that is taken can stand in a header, and lives from a second to a year; what is said of
 * it is one plain line; what is not taken leaves nothing behind. */
#include "oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_pair(const struct oauth_pair *pair)
{
    must(oauth_is_token(cw_text_of(pair->access)));
    must(!pair->refresh || oauth_is_token(cw_text_of(pair->refresh)));
    must(pair->expires_in_ms >= 1000 && pair->expires_in_ms <= INT64_C(365) * 86400 * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *end = size ? memchr(data, '\n', size) : NULL;
    if (!end)
        return 0;
    char number[8], why[200];
    size_t head = (size_t)(end - (const char *)data);
    struct oauth_pair pair = {0};
    struct cw_text body = {end + 1, size - head - 1};
    snprintf(number, sizeof number, "%.*s", (int)(head < 4 ? head : 4), (const char *)data);
    enum oauth_verdict verdict = oauth_judge((int)strtol(number, NULL, 10), body, &pair, why);
    if (verdict == OAUTH_GOOD)
        check_pair(&pair);
    else
        must(!pair.access && !pair.refresh && !pair.expires_in_ms && *why);
    for (const char *c = why; *c; c++)
        must(*c >= ' ' && *c < 0x7f);
    oauth_pair_wipe(&pair);
    return 0;
}
