/*
 * Small help: allocation that ends the process when there is no memory, random ids, GUIDs.
 */
#include "sim.h"

#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *or_die(void *got)
{
    if (got == NULL) {
        fputs("awork-sim: out of memory\n", stderr);
        abort();
    }
    return got;
}

void *sim_alloc(size_t count, size_t size)
{
    return or_die(calloc(count > 0 ? count : 1, size));
}

void *sim_grow(void *old, size_t count, size_t size)
{
    return or_die(reallocarray(old, count, size));
}

char *sim_dup(const char *text, size_t bytes)
{
    char *copy = sim_alloc(bytes + 1, 1);
    if (bytes > 0)
        memcpy(copy, text, bytes);
    return copy;
}

json_t *sim_must(json_t *value)
{
    return or_die(value);
}

void sim_hex(char *out, size_t digits)
{
    unsigned char raw[64];
    evutil_secure_rng_get_bytes(raw, sizeof raw);
    for (size_t i = 0; i < digits; i++)
        out[i] = "0123456789abcdef"[raw[i % sizeof raw] & 15];
    out[digits] = '\0';
}

void sim_new_guid(char out[SIM_GUID_SIZE])
{
    sim_hex(out, SIM_GUID_SIZE - 1);
    out[8] = out[13] = out[18] = out[23] = '-';
    out[14] = '4';
    out[19] = "89ab"[out[19] & 3];
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool sim_read_guid(const char *text, size_t bytes, char out[SIM_GUID_SIZE])
{
    char id[SIM_GUID_SIZE] = {0};
    if (bytes != SIM_GUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? c != '-' : !is_hex(c))
            return false;
        id[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    }
    memcpy(out, id, sizeof id);
    return true;
}

bool sim_is_true(const char *text)
{
    return text != NULL && strcasecmp(text, "true") == 0;
}
