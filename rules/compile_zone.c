/* compile_zone: names of time zones; each zone is read once. */
#include <string.h>

#include "compile.h"

/* "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "EST5EDT". Names of other files that
 * lie among the zones ("posix/...", "localtime", "tzdata.zi") begin with a small letter. */
static bool is_zone(struct cw_text text)
{
    bool begin = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool big = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
        if (c == '/' ? begin : begin ? !big && !(small && i) : !big && !small && !other)
            return false;
        begin = c == '/';
    }
    return !begin && text.len < 64;
}

/* "berlin" means Europe/Berlin. */
static const char *nearest_zone(struct cwr_compiler *c, struct cw_text name)
{
    for (size_t i = 1; cwr_common_zones[i]; i++) {
        const char *city = strrchr(cwr_common_zones[i], '/') + 1;
        if (strlen(city) == name.len && strncasecmp(city, name.at, name.len) == 0)
            return cwr_did_you_mean(c, cw_text_of(cwr_common_zones[i]), &cwr_common_zones[i], 1);
    }
    return cwr_did_you_mean(c, name, cwr_common_zones, cwr_words(cwr_common_zones));
}

static void no_zone(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cw_text text = cw_node_text(node);
    const char *hint = nearest_zone(c, text);
    cwr_fault(c, node, "bad-value", hint,
              hint ? "there is no time zone `%.*s`"
                   : "there is no time zone `%.*s`; they look like Europe/Berlin or UTC",
              (int)(text.len > 60 ? 60 : text.len), text.at);
}

static const struct cw_zone *read_zone(struct cwr_compiler *c, const struct cw_node *node,
                                       const char *name)
{
    const struct cw_zone *zone = NULL;
    struct cw_text bytes = {NULL, 0};
    struct cw_error err = {0};
    if (!c->catalogue->zone)
        return &cwr_utc;
    enum cw_status status = c->catalogue->zone(c->catalogue->zone_ctx, name, c->scratch, &bytes);
    if (status == CW_ENOENT) {
        no_zone(c, node);
        return NULL;
    }
    if (!status)
        status = cwr_zone_read(cw_text_of(name), bytes, c->arena, &zone, &err);
    if (status == CW_NOMEM)
        c->no_memory = true;
    else if (status)
        cwr_fault(c, node, "bad-value", NULL,
                  "the time zone %s cannot be read%s%s; is tzdata there?", name,
                  err.text[0] ? ": " : "", err.text);
    return status ? NULL : zone;
}

static const struct cw_zone *find_zone(struct cwr_compiler *c, const struct cw_node *node,
                                       const char *name)
{
    uint32_t row = cwr_map_get(&c->zones, cw_text_of(name));
    if (row != CWR_NOWHERE)
        return c->zone_rows[row];
    const struct cw_zone *zone = read_zone(c, node, name);
    if (!zone)
        return NULL;
    c->zone_rows = cwr_grow(c, c->scratch, c->zone_rows, c->n_zones, sizeof *c->zone_rows);
    if (c->no_memory)
        return NULL;
    c->zone_rows[c->n_zones] = zone;
    c->no_memory |= cwr_map_put(&c->zones, cw_text_of(name), (uint32_t)c->n_zones) != CW_OK;
    c->n_zones++;
    return zone;
}

const char *cwr_compile_zone(struct cwr_compiler *c, const struct cw_node *node,
                             const struct cw_zone **out)
{
    struct cw_text text;
    if (!node || !cwr_want_text(c, node, "a time zone", &text))
        return NULL;
    if (!is_zone(text)) {
        no_zone(c, node);
        return NULL;
    }
    const char *name = cwr_keep(c, text);
    if (!name)
        return NULL;
    *out = cw_text_is(text, "UTC") ? &cwr_utc : find_zone(c, node, name);
    return *out ? name : NULL;
}
