#include "settings.h"

#include "address.h"
#include "grammar.h"
#include "transport/transport.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

const char *const settings_sections[] = {"server", "admin",   "journal", "log",
                                         "target", "sources", "tests",   NULL};

/* Sets one field from one scalar. A list is set item by item. */
typedef enum cw_status (*set_fn)(void *field, struct cw_text text, struct cw_error *err);

static enum cw_status set_text(void *field, struct cw_text text, struct cw_error *err)
{
    (void)err;
    char **to = field;
    free(*to);
    *to = xtext(text);
    return CW_OK;
}

static enum cw_status set_address(void *field, struct cw_text text, struct cw_error *err)
{
    enum cw_status st = text.len ? address_check(text, err) : CW_OK;
    return st ? st : set_text(field, text, err);
}

static enum cw_status set_url(void *field, struct cw_text text, struct cw_error *err)
{
    auto_free char *url = xtext(text);
    enum cw_status st = transport_check_base(url, err);
    return st ? st : set_text(field, text, err);
}

/* Empty: what it is by itself is settled later. */
static enum cw_status set_endpoint(void *field, struct cw_text text, struct cw_error *err)
{
    return text.len ? set_url(field, text, err) : set_text(field, text, err);
}

static enum cw_status set_store(void *field, struct cw_text text, struct cw_error *err)
{
    if (cw_text_is(text, "memory:") || (text.len > 7 && memcmp(text.at, "sqlite:", 7) == 0))
        return set_text(field, text, err);
    return cw_fail(err, CW_EINVAL, "sqlite:PATH or memory: is expected");
}

static enum cw_status set_addresses(void *field, struct cw_text text, struct cw_error *err)
{
    struct text_list *list = field;
    enum cw_status st = address_check(text, err);
    if (st)
        return st;
    if (list->n == 16)
        return cw_fail(err, CW_ELIMIT, "at most 16 addresses");
    list->items = xrealloc(list->items, (list->n + 1) * sizeof *list->items);
    list->items[list->n++] = xtext(text);
    return CW_OK;
}

/* A name or address as it stands in a URL, without the port. */
static enum cw_status set_hosts(void *field, struct cw_text text, struct cw_error *err)
{
    struct text_list *list = field;
    if (!text.len) /* the default: none */
        return CW_OK;
    if (list->n == 16)
        return cw_fail(err, CW_ELIMIT, "at most 16 hosts");
    if (strspn(text.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[:]") !=
        text.len)
        return cw_fail(err, CW_EINVAL, "a host such as `mattermost` is expected");
    if (text.at[0] != '[' && memchr(text.at, ':', text.len))
        return cw_fail(err, CW_EINVAL, "a host without its port is expected");
    list->items = xrealloc(list->items, (list->n + 2) * sizeof *list->items);
    list->items[list->n++] = xtext(text);
    list->items[list->n] = NULL;
    return CW_OK;
}

static bool read_digits(struct cw_text *text, uint64_t *out)
{
    size_t i = 0;
    uint64_t n = 0;
    for (; i < text->len && i < 12 && text->at[i] >= '0' && text->at[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(text->at[i] - '0');
    text->at += i;
    text->len -= i;
    *out = n;
    return i > 0 && i < 12;
}

static enum cw_status set_count(void *field, struct cw_text text, struct cw_error *err)
{
    uint64_t n;
    if (!read_digits(&text, &n) || text.len || !n)
        return cw_fail(err, CW_EINVAL, "a whole number from 1 is expected");
    *(size_t *)field = (size_t)n;
    return CW_OK;
}

static enum cw_status set_size(void *field, struct cw_text text, struct cw_error *err)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    uint64_t n;
    if (read_digits(&text, &n) && n > 0 && n < 1u << 20) {
        while (text.len && *text.at == ' ') {
            text.at++;
            text.len--;
        }
        for (size_t i = 0; i < 4; i++) {
            if (cw_text_is(text, units[i])) {
                *(size_t *)field = (size_t)(n << (10 * i));
                return CW_OK;
            }
        }
    }
    return cw_fail(err, CW_EINVAL, "a size such as `1 MiB` or `16 KiB` is expected");
}

/* Less would leave no room beside the tables and what is in flight. */
static enum cw_status set_cap(void *field, struct cw_text text, struct cw_error *err)
{
    enum { LEAST = 4 << 20 };
    size_t bytes = 0;
    enum cw_status st = cw_text_is(text, "none") ? CW_OK : set_size(&bytes, text, err);
    if (!st && bytes && bytes < LEAST)
        return cw_fail(err, CW_EINVAL, "at least 4 MiB, or none, is expected");
    if (!st)
        *(size_t *)field = bytes;
    return st;
}

static enum cw_status set_duration(void *field, struct cw_text text, struct cw_error *err)
{
    return cw_duration_parse(text, field, err);
}

static enum cw_status set_word(int *field, struct cw_text text, const char *const *words,
                               struct cw_error *err)
{
    for (int i = 0; words[i]; i++) {
        if (cw_text_is(text, words[i])) {
            *field = i;
            return CW_OK;
        }
    }
    auto_free char *all = xstrdup(words[0]);
    for (size_t i = 1; words[i]; i++) {
        char *more = xprintf("%s%s%s", all, words[i + 1] ? ", " : " or ", words[i]);
        free(all);
        all = more;
    }
    return cw_fail(err, CW_EINVAL, "%s is expected", all);
}

#define WORDS(kind, words)                                                                         \
    static enum cw_status set_##kind(void *field, struct cw_text text, struct cw_error *err)       \
    {                                                                                              \
        return set_word(field, text, words, err);                                                  \
    }
WORDS(payloads, grammar_payloads)
WORDS(level, grammar_levels)
WORDS(format, grammar_formats)

static enum cw_status set_policy(void *field, struct cw_text text, struct cw_error *err)
{
    int value = 0;
    enum cw_status st = set_word(&value, text, grammar_policies, err);
    if (!st)
        *(enum without_user_token *)field = (enum without_user_token)value;
    return st;
}

/* "50 per second": the windows gather in the target, at most four. */
static enum cw_status set_rates(void *field, struct cw_text text, struct cw_error *err)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{" per second", 1000}, {" per minute", 60000}, {" per hour", 3600000}};
    struct target *target = field;
    uint64_t n;
    if (target->n_windows < 4 && read_digits(&text, &n) && n > 0 && n <= 1000000) {
        for (size_t i = 0; i < 3; i++) {
            if (cw_text_is(text, units[i].word)) {
                target->windows[target->n_windows++] =
                    (struct rate_window){(uint32_t)n, units[i].ms};
                return CW_OK;
            }
        }
    }
    return cw_fail(err, CW_EINVAL, "a rate such as `50 per second` is expected");
}

/* Secrets are templates; settings_read renders them before it sets the text. */
static enum cw_status set_secret(void *field, struct cw_text text, struct cw_error *err)
{
    (void)err;
    char **to = field;
    secret_free(*to);
    *to = text.len ? xtext(text) : NULL;
    return CW_OK;
}

static const struct setting {
    const char *path;
    set_fn set; /* NULL: in the grammar, not in this build */
    size_t offset;
    const char *otherwise;
    bool fixed; /* changes with a restart only */
} settings[] = {
#define SETTING(path, kind, field, otherwise, help)                                                \
    {path, set_##kind, offsetof(struct config, field), otherwise, false},
#define FIXED(path, kind, field, otherwise, help)                                                  \
    {path, set_##kind, offsetof(struct config, field), otherwise, true},
#define LATER(path) {path, NULL, 0, NULL, false},
#include "config.def"
#undef SETTING
#undef FIXED
#undef LATER
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static void *field_of(const struct config *config, const struct setting *row)
{
    return (char *)(uintptr_t)config + row->offset;
}

static void clear(struct config *config, const struct setting *row)
{
    if (row->set == set_addresses || row->set == set_hosts) {
        struct text_list *list = field_of(config, row);
        for (size_t i = 0; i < list->n; i++)
            free(list->items[i]);
        free(list->items);
        *list = (struct text_list){0};
    } else if (row->set == set_rates) {
        config->target.n_windows = 0;
    }
}

static void set_default(struct config *config, const struct setting *row)
{
    struct cw_error err;
    const char *at = row->otherwise;
    clear(config, row);
    for (;;) { /* a list's default is written with commas */
        const char *comma = strstr(at, ", ");
        struct cw_text item = {at, comma ? (size_t)(comma - at) : strlen(at)};
        if (row->set(field_of(config, row), item, &err))
            abort(); /* a fault in config.def */
        if (!comma)
            return;
        at = comma + 2;
    }
}

void settings_defaults(struct config *config)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].set)
            set_default(config, &settings[i]);
}

struct reader {
    struct config *config;
    const struct source_deps *deps;
};

static void set_one(const struct reader *r, const struct setting *row, const struct cw_node *node)
{
    struct cw_error err;
    struct cw_place place = cw_node_place(node);
    struct cw_text text = cw_node_text(node);
    char *secret = NULL;
    if (cw_node_kind(node) != CW_NODE_SCALAR || cw_node_is_null(node)) {
        cw_diags_add(r->deps->diags, CW_ERROR, "wrong-kind", place, NULL, "`%s` takes one value",
                     row->path);
        return;
    }
    if (row->set == set_secret) {
        if (secrets_text(r->deps->secrets, text, &secret, &err)) {
            cw_diags_add(r->deps->diags, r->deps->missing_secret, "bad-secret", place, NULL, "%s",
                         err.text);
            return;
        }
        text = cw_text_of(secret);
    }
    if (row->set(field_of(r->config, row), text, &err))
        cw_diags_add(r->deps->diags, CW_ERROR,
                     row->set == set_duration ? "bad-duration" : "bad-value", place, NULL,
                     "`%s`: %s", row->path, err.text);
    secret_free(secret);
}

static void set_row(const struct reader *r, const struct setting *row, const struct cw_node *key,
                    const struct cw_node *node)
{
    if (!row->set) {
        cw_diags_add(r->deps->diags, CW_ERROR, "not-in-this-build", cw_node_place(key), NULL,
                     "`%s` is in the grammar, but this build has not got it", row->path);
        return;
    }
    clear(r->config, row);
    bool many = row->set == set_addresses || row->set == set_hosts || row->set == set_rates;
    if (!many || cw_node_kind(node) != CW_NODE_SEQ) {
        set_one(r, row, node);
        return;
    }
    if (!cw_node_count(node))
        cw_diags_add(r->deps->diags, CW_ERROR, "bad-value", cw_node_place(node), NULL,
                     "`%s`: this list is empty", row->path);
    for (size_t i = 0; i < cw_node_count(node); i++)
        set_one(r, row, cw_node_item(node, i));
}

/* The part of a row's path after "prefix.", or NULL when it does not lie below it. */
static const char *below(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 && path[n] == '.' ? path + n + 1 : NULL;
}

static void unknown(const struct reader *r, const char *prefix, const struct cw_node *key)
{
    char store[SETTINGS][32];
    const char *words[SETTINGS];
    size_t n = 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        const char *rest = below(settings[i].path, prefix);
        if (!rest)
            continue;
        size_t len = strcspn(rest, ".");
        memcpy(store[n], rest, len);
        store[n][len] = '\0';
        words[n] = store[n];
        n++;
    }
    const char *near = cw_nearest(cw_node_text(key), words, n);
    auto_free char *hint = near ? xprintf("did you mean `%s`?", near) : NULL;
    cw_diags_add(r->deps->diags, CW_ERROR, "unknown-key", cw_node_place(key), hint,
                 "`%s` has no key `%s`", prefix, cw_node_text(key).at);
}

static void read_map(const struct reader *r, const char *prefix, const struct cw_node *map);

static void read_pair(const struct reader *r, const char *prefix, const struct cw_node *key,
                      const struct cw_node *value)
{
    auto_free char *path = xprintf("%s.%s", prefix, cw_node_text(key).at);
    bool inner = false;
    for (size_t i = 0; i < SETTINGS; i++) {
        if (strcmp(settings[i].path, path) == 0) {
            set_row(r, &settings[i], key, value);
            return;
        }
        inner = inner || below(settings[i].path, path);
    }
    if (inner)
        read_map(r, path, value);
    else
        unknown(r, prefix, key);
}

static void read_map(const struct reader *r, const char *prefix, const struct cw_node *map)
{
    if (cw_node_kind(map) != CW_NODE_MAP) {
        cw_diags_add(r->deps->diags, CW_ERROR, "wrong-kind", cw_node_place(map), NULL,
                     "`%s` is a mapping", prefix);
        return;
    }
    for (size_t i = 0; i < cw_node_count(map); i++)
        read_pair(r, prefix, cw_node_key(map, i), cw_node_value(map, i));
}

void settings_read(struct config *config, const struct cw_node *root,
                   const struct source_deps *deps)
{
    struct reader r = {config, deps};
    for (size_t i = 0; strcmp(settings_sections[i], "sources") != 0; i++) {
        const struct cw_node *section = cw_node_get(root, settings_sections[i]);
        if (section)
            read_map(&r, settings_sections[i], section);
    }
}

static bool same_lists(const struct text_list *a, const struct text_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool same_values(const struct setting *row, const void *a, const void *b)
{
    if (row->set == set_addresses || row->set == set_hosts)
        return same_lists(a, b);
    if (row->set == set_count || row->set == set_size || row->set == set_cap)
        return *(const size_t *)a == *(const size_t *)b;
    if (row->set == set_duration)
        return *(const int64_t *)a == *(const int64_t *)b;
    return strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

const char *settings_fixed(const struct config *old, const struct config *new, size_t *from)
{
    while (*from < SETTINGS) {
        const struct setting *row = &settings[(*from)++];
        if (row->fixed && !same_values(row, field_of(old, row), field_of(new, row)))
            return row->path;
    }
    return NULL;
}

void settings_fini(struct config *config)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *row = &settings[i];
        clear(config, row);
        if (row->set == set_text || row->set == set_url || row->set == set_endpoint ||
            row->set == set_address || row->set == set_store)
            free(*(char **)field_of(config, row));
        else if (row->set == set_secret)
            secret_free(*(char **)field_of(config, row));
    }
}
