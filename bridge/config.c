#include "config.h"

#include "action/action.h"
#include "address.h"
#include "settings.h"
#include "xalloc.h"
#include "zones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 64 << 20 };

/* ---- The file ---- */

static void add_file_error(struct cw_diags *diags, const char *file, const char *what)
{
    struct cw_place place = {file, 1, 1, 1};
    cw_diags_add(diags, CW_ERROR, "cannot-read", place, NULL, "cannot read this file: %s", what);
}

char *config_text(const char *file, size_t *len, struct cw_diags *diags)
{
    FILE *f = fopen(file, "rbe");
    if (!f) {
        add_file_error(diags, file, strerror(errno));
        return NULL;
    }
    char *text = xmalloc(1 << 16);
    size_t size = 1 << 16, n = 0, got;
    while ((got = fread(text + n, 1, size - n, f)) > 0) {
        n += got;
        if (n == size && size <= FILE_LIMIT)
            text = xrealloc(text, size *= 2);
    }
    bool bad = ferror(f) || n > FILE_LIMIT;
    fclose(f);
    if (bad) {
        add_file_error(diags, file, n > FILE_LIMIT ? "it is larger than 64 MiB" : "read error");
        free(text);
        return NULL;
    }
    *len = n;
    return text;
}

static struct cw_doc *read_doc(const char *file, struct cw_diags *diags)
{
    size_t len = 0;
    struct cw_doc *doc = NULL;
    auto_free char *text = config_text(file, &len, diags);
    if (!text)
        return NULL;
    struct cw_text whole = {text, len};
    cw_diags_file(diags, file, whole);
    if (cw_doc_parse(file, whole, NULL, diags, &doc))
        return NULL;
    if (cw_node_kind(cw_doc_root(doc)) == CW_NODE_MAP)
        return doc;
    cw_diags_add(diags, CW_ERROR, "wrong-kind", cw_node_place(cw_doc_root(doc)), NULL,
                 "a configuration is a mapping that begins with `version: 1`");
    cw_doc_destroy(doc);
    return NULL;
}

/* ---- Sources ---- */

static void check_path(struct config *c, const struct source *s, const struct cw_node *map,
                       struct cw_diags *diags)
{
    for (size_t i = 0; i < c->n_sources; i++)
        if (strcmp(source_path(c->sources[i]), source_path(s)) == 0)
            cw_diags_add(diags, CW_ERROR, "duplicate-path", cw_node_place(cw_node_get(map, "path")),
                         NULL, "source `%s` has this path already", source_name(c->sources[i]));
}

static void read_sources(struct config *c, const struct cw_node *map,
                         const struct source_deps *deps)
{
    if (cw_node_kind(map) != CW_NODE_MAP) {
        cw_diags_add(deps->diags, CW_ERROR, "wrong-kind", cw_node_place(map), NULL,
                     "`sources` is a mapping of names to sources");
        return;
    }
    c->sources = xcalloc(cw_node_count(map) + 1, sizeof *c->sources);
    for (size_t i = 0; i < cw_node_count(map); i++) {
        struct source *s = NULL;
        const struct cw_node *value = cw_node_value(map, i);
        if (source_compile(cw_node_key(map, i), value, deps, &s))
            continue;
        check_path(c, s, value, deps->diags);
        c->sources[c->n_sources++] = s;
    }
}

/* What the rules may name. A source that has a fault of its own is named all the same, so that
 * its rules are not blamed as well. */
static size_t source_specs(const struct config *c, const struct cw_node *map,
                           struct cw_source_spec *specs)
{
    size_t n = 0;
    for (; n < c->n_sources; n++) {
        const struct source *s = c->sources[n];
        specs[n] = (struct cw_source_spec){source_name(s), source_family(s), source_types(s)};
    }
    for (size_t i = 0; map && i < cw_node_count(map) && cw_node_kind(map) == CW_NODE_MAP; i++) {
        const char *name = cw_node_text(cw_node_key(map, i)).at;
        if (name && !config_source_named(c, name))
            specs[n++] = (struct cw_source_spec){.name = name};
    }
    return n;
}

static void read_rules(struct config *c, const struct cw_doc *doc, struct cw_diags *diags)
{
    const struct cw_node *map = cw_node_get(cw_doc_root(doc), "sources");
    size_t most = c->n_sources + (map ? cw_node_count(map) : 0);
    auto_free struct cw_source_spec *specs = xcalloc(most + 1, sizeof *specs);
    struct cw_catalogue catalogue = {.actions = action_specs,
                                     .n_actions = action_specs_n,
                                     .sources = specs,
                                     .n_sources = source_specs(c, map, specs),
                                     .sections = settings_sections,
                                     .zone = zones_read};
    if (cw_ruleset_compile(doc, &catalogue, diags, &c->rules) == CW_NOMEM)
        abort();
    const struct cw_node *tests = cw_node_get(cw_doc_root(doc), "tests");
    const struct cw_node *zone = cw_node_get(cw_doc_root(doc), "timezone");
    if (tests)
        c->tests =
            suite_read(&tests, 1, &catalogue, c->rules, zone ? cw_node_text(zone).at : NULL, diags);
}

/* ---- People ---- */

static void read_person(struct person *to, const struct cw_person *from,
                        const struct source_deps *deps)
{
    struct cw_error err;
    char *token = NULL;
    if (from->token && secrets_text(deps->secrets, cw_text_of(from->token), &token, &err))
        cw_diags_add(deps->diags, deps->missing_secret, "bad-secret", from->token_place, NULL, "%s",
                     err.text);
    *to = (struct person){.name = from->name,
                          .awork = from->awork,
                          .timezone = from->timezone,
                          .token = token,
                          .type_of_work = from->type_of_work,
                          .zone = from->zone};
}

static void read_people(struct config *c, const struct source_deps *deps)
{
    size_t n = cw_ruleset_people(c->rules);
    struct person *items = xcalloc(n + 1, sizeof *items);
    for (size_t i = 0; i < n; i++)
        read_person(&items[i], cw_ruleset_person(c->rules, i), deps);
    c->people.items = items;
    c->people.n = n;
    c->people.target = c->target;
}

/* ---- Paths relative to the file, and what must go together ---- */

static char *folder_of(const char *file)
{
    char *real = realpath(file, NULL);
    if (!real)
        return xstrdup(".");
    char *slash = strrchr(real, '/');
    slash[slash == real] = '\0';
    return real;
}

static void settle_store(struct config *c, const char *folder)
{
    const char *path = c->store + strlen("sqlite:");
    if (strncmp(c->store, "sqlite:", 7) != 0 || *path == '/')
        return;
    char *full = xprintf("sqlite:%s/%s", folder, path);
    free(c->store);
    c->store = full;
}

static void settle_admin(struct config *c, const char *folder)
{
    if (*c->admin_listen)
        return;
    const char *path = strncmp(c->store, "sqlite:", 7) == 0 ? c->store + 7 : "";
    const char *slash = strrchr(path, '/');
    free(c->admin_listen);
    c->admin_listen = slash ? xprintf("unix:%.*s/clockwire.sock", (int)(slash - path), path)
                            : xprintf("unix:%s/clockwire.sock", folder);
}

/* The value at section.key, or NULL. */
static const struct cw_node *setting(const struct cw_node *root, const char *section,
                                     const char *key)
{
    const struct cw_node *map = cw_node_get(root, section);
    return map && cw_node_kind(map) == CW_NODE_MAP ? cw_node_get(map, key) : NULL;
}

/* A token that is written but missing has been reported as such. */
static void check_admin(const struct config *c, const struct cw_node *root, struct cw_diags *diags)
{
    const struct cw_node *listen = setting(root, "admin", "listen");
    const struct cw_node *store = setting(root, "journal", "store");
    const struct cw_node *at = listen ? listen : store ? store : root;
    struct cw_error err;
    if (strncmp(c->admin_listen, "unix:", 5) != 0 && !c->admin_token &&
        !setting(root, "admin", "token"))
        cw_diags_add(diags, CW_ERROR, "admin-open", cw_node_place(at), NULL,
                     "an admin listener over TCP needs `admin.token`");
    if (address_check(cw_text_of(c->admin_listen), &err))
        cw_diags_add(diags, CW_ERROR, "bad-value", cw_node_place(at),
                     "name a shorter one with `admin.listen`", "the admin socket %s: %s",
                     c->admin_listen, err.text);
}

/* The key, or what was meant to be it and has been reported. */
static bool has_like(const struct cw_node *map, const char *key)
{
    for (size_t i = 0; i < cw_node_count(map); i++)
        if (cw_nearest(cw_node_text(cw_node_key(map, i)), &key, 1))
            return true;
    return false;
}

static void check_whole(const struct config *c, const struct cw_node *root, struct cw_diags *diags)
{
    check_admin(c, root, diags);
    const struct cw_node *target = cw_node_get(root, "target");
    const struct cw_node *awork = setting(root, "target", "awork");
    if (awork && cw_node_kind(awork) == CW_NODE_MAP && !has_like(awork, "token"))
        cw_diags_add(diags, CW_ERROR, "missing-key", cw_node_place(target), NULL,
                     "`target.awork.token` is missing: awork would refuse every call");
    if (!target && c->rules && cw_ruleset_rules(c->rules))
        cw_diags_add(diags, CW_WARNING, "no-target", cw_node_place(root), NULL,
                     "there is no `target`: calls to awork will fail");
}

/* ---- The whole ---- */

static void read_all(struct config *c, const struct cw_doc *doc, const struct source_deps *deps)
{
    const struct cw_node *root = cw_doc_root(doc);
    const struct cw_node *sources = cw_node_get(root, "sources");
    auto_free char *folder = folder_of(c->file);
    settings_read(c, root, deps);
    settle_store(c, folder);
    settle_admin(c, folder);
    if (sources)
        read_sources(c, sources, deps);
    read_rules(c, doc, deps->diags);
    if (c->rules)
        read_people(c, deps);
    check_whole(c, root, deps->diags);
}

enum cw_status config_load(const char *file, const struct config_opts *opts, struct cw_diags *diags,
                           struct config **out)
{
    struct cw_doc *doc = read_doc(file, diags);
    if (!doc)
        return CW_EINVAL;
    struct secrets *secrets = secrets_create(opts->secrets);
    struct source_deps deps = {secrets, diags, opts->missing_secret, NULL};
    struct config *c = xcalloc(1, sizeof *c);
    c->file = xstrdup(file);
    settings_defaults(c);
    read_all(c, doc, &deps);
    cw_doc_destroy(doc);
    secrets_destroy(secrets);
    if (cw_diags_count(diags, CW_ERROR)) {
        config_destroy(c);
        return CW_EINVAL;
    }
    *out = c;
    return CW_OK;
}

enum cw_status config_load_settings(const char *file, const struct config_opts *opts,
                                    struct cw_diags *diags, struct config **out)
{
    struct cw_doc *doc = read_doc(file, diags);
    if (!doc)
        return CW_EINVAL;
    struct cw_diags *unseen = cw_diags_create();
    if (!unseen)
        abort();
    struct secrets *secrets = secrets_create(opts->secrets);
    struct source_deps deps = {secrets, unseen, opts->missing_secret, NULL};
    struct config *c = xcalloc(1, sizeof *c);
    auto_free char *folder = folder_of(file);
    c->file = xstrdup(file);
    settings_defaults(c);
    settings_read(c, cw_doc_root(doc), &deps);
    settle_store(c, folder);
    settle_admin(c, folder);
    check_admin(c, cw_doc_root(doc), diags);
    cw_doc_destroy(doc);
    secrets_destroy(secrets);
    cw_diags_destroy(unseen);
    if (cw_diags_count(diags, CW_ERROR)) {
        config_destroy(c);
        return CW_EINVAL;
    }
    *out = c;
    return CW_OK;
}

void config_destroy(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_sources; i++)
        source_destroy(c->sources[i]);
    free(c->sources);
    for (size_t i = 0; i < c->people.n; i++)
        secret_free((char *)(uintptr_t)c->people.items[i].token);
    free((void *)(uintptr_t)c->people.items);
    cw_ruleset_unref(c->rules);
    suite_destroy(c->tests);
    settings_fini(c);
    free(c->file);
    free(c);
}

const struct source *config_source(const struct config *c, struct cw_text path)
{
    for (size_t i = 0; i < c->n_sources; i++)
        if (cw_text_is(path, source_path(c->sources[i])))
            return c->sources[i];
    return NULL;
}

const struct source *config_source_named(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_sources; i++)
        if (strcmp(name, source_name(c->sources[i])) == 0)
            return c->sources[i];
    return NULL;
}
