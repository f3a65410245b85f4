#include "zones.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZONE_BYTES = 64 * 1024 };

static const char folder[] = "/usr/share/zoneinfo";

static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++) {
        bool letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && !strchr("+-_/", *at))
            return false;
    }
    return *name && *name != '/' && strlen(name) < 64;
}

static enum cw_status read_open(FILE *f, struct cw_arena *arena, struct cw_text *out)
{
    char bytes[ZONE_BYTES + 1];
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return CW_ENOENT;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    if (ferror(f))
        return CW_EIO;
    if (n > ZONE_BYTES)
        return CW_ELIMIT;
    const char *copy = cw_arena_copy(arena, (struct cw_text){bytes, n});
    if (!copy)
        return CW_NOMEM;
    *out = (struct cw_text){copy, n};
    return CW_OK;
}

enum cw_status zones_read(void *ctx, const char *name, struct cw_arena *arena,
                          struct cw_text *out_tzif)
{
    char path[sizeof folder + 64];
    (void)ctx;
    if (!is_name(name))
        return CW_ENOENT;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rbe");
    if (!f) {
        if (errno == ENOMEM)
            return CW_NOMEM;
        bool missing = errno == ENOENT || errno == ENOTDIR;
        return missing && access(folder, R_OK | X_OK) == 0 ? CW_ENOENT : CW_EIO;
    }
    enum cw_status status = read_open(f, arena, out_tzif);
    fclose(f);
    return status;
}
