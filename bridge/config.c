#include "config.h"

#include "action/action.h"
#include "address.h"
#include "calendar.h"
#include "document.h"
#include "file.h"
#include "seal.h"
#include "settings.h"
#include "xalloc.h"
#include "zones.h"

#include <stdlib.h>
#include <string.h>

/* ---- Sources ---- */

static struct cw_place path_of(const struct cw_node *sources, const struct source *s)
{
    return cw_node_place(cw_node_get(cw_node_get(sources, source_name(s)), "path"));
}

static void check_path(struct config *c, const struct source *s, const struct cw_node *sources,
                       struct cw_diags *diags)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        if (strcmp(source_path(c->sources[i]), source_path(s)) != 0)
            continue;
        struct cw_place first = path_of(sources, c->sources[i]);
        cw_diags_add(diags, CW_ERROR, "duplicate-path", path_of(sources, s), NULL,
                     "source `%s` has this path already (%s:%u)", source_name(c->sources[i]),
                     first.file, first.line);
    }
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
        if (source_compile(cw_node_key(map, i), cw_node_value(map, i), deps, &s))
            continue;
        check_path(c, s, map, deps->diags);
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
        specs[n] = (struct cw_source_spec){.name = source_name(s),
                                           .family = source_family(s),
                                           .types = source_types(s),
                                           .known = source_known_types(s),
                                           .nameless = !source_names_users(s)};
    }
    for (size_t i = 0; map && i < cw_node_count(map) && cw_node_kind(map) == CW_NODE_MAP; i++) {
        const char *name = cw_node_text(cw_node_key(map, i)).at;
        if (name && !config_source_named(c, name))
            specs[n++] = (struct cw_source_spec){.name = name};
    }
    return n;
}

struct cw_catalogue config_catalogue(void)
{
    return (struct cw_catalogue){.actions = action_specs,
                                 .n_actions = action_specs_n,
                                 .sections = settings_sections,
                                 .zone = zones_read,
                                 .calendar = calendar_read,
                                 .judge = action_judge,
                                 .clock = true};
}

static void read_rules(struct config *c, const struct cw_doc *doc, struct cw_diags *diags)
{
    const struct cw_node *map = cw_node_get(cw_doc_root(doc), "sources");
    size_t most = c->n_sources + (map ? cw_node_count(map) : 0);
    auto_free struct cw_source_spec *specs = xcalloc(most + 1, sizeof *specs);
    struct cw_catalogue catalogue = config_catalogue();
    catalogue.sources = specs;
    catalogue.n_sources = source_specs(c, map, specs);
    catalogue.calendar_ctx = diags;
    catalogue.judge_ctx = c->plain_hosts.items;
    if (cw_ruleset_compile(doc, &catalogue, diags, &c->rules) == CW_NOMEM)
        abort();
    const struct cw_node *tests = cw_node_get(cw_doc_root(doc), "tests");
    const struct cw_node *zone = cw_node_get(cw_doc_root(doc), "timezone");
    if (tests && !cw_doc_is_partial(doc))
        c->tests =
            suite_read(&tests, 1, &catalogue, c->rules, zone ? cw_node_text(zone).at : NULL, diags);
}

/* ---- People ---- */

/* Returns: NULL when there is none, or after a fault. */
static char *read_secret(const char *template, struct cw_place place,
                         const struct source_deps *deps)
{
    struct cw_error err;
    char *text = NULL;
    if (template && secrets_text(deps->secrets, cw_text_of(template), &text, &err))
        cw_diags_add(deps->diags, deps->missing_secret, "bad-secret", place, NULL, "%s", err.text);
    return text;
}

static void read_person(const struct config *c, struct person *to, const struct cw_person *from,
                        const struct source_deps *deps)
{
    struct cw_error err;
    bool logs_in = from->token && strcmp(from->token, "oauth") == 0;
    *to =
        (struct person){.name = from->name,
                        .awork = from->awork,
                        .email = from->email,
                        .timezone = from->timezone,
                        .token = logs_in ? NULL : read_secret(from->token, from->token_place, deps),
                        .oauth = logs_in,
                        .type_of_work = from->type_of_work,
                        .chat = read_secret(from->chat, from->chat_place, deps),
                        .zone = from->zone,
                        .opted_out = from->opted_out};
    if (to->chat && transport_check_url(to->chat, c->target.plain_hosts, &err))
        cw_diags_add(deps->diags, CW_ERROR, "bad-value", from->chat_place, NULL, "`chat`: %s",
                     err.text);
}

void config_identify(struct config *c, size_t person, const char *id, const char *trouble)
{
    struct person *p = (struct person *)(uintptr_t)&c->people.items[person];
    if (cw_ruleset_identify(c->rules, person, cw_text_of(id)))
        abort();
    p->awork = cw_ruleset_person(c->rules, person)->awork;
    p->trouble = trouble;
}

void config_pretend(struct config *c)
{
    for (size_t i = 0; i < c->people.n; i++) {
        auto_free char *id = xprintf("00000000-0000-4000-8000-%012zu", i + 1);
        if (c->people.items[i].email)
            config_identify(c, i, id, NULL);
    }
}

/* What calls read of secrets and the environment is there before anything is started. An
 * environment variable may be missing: a template can have a default. */
static void read_outside(struct config *c, const struct source_deps *deps)
{
    const struct cw_outside *from;
    struct outside_value *to = NULL;
    size_t n = 0;
    for (; (from = cw_ruleset_outside(c->rules, n)); n++) {
        auto_free char *template = xprintf("${%s}", from->name);
        struct cw_error err;
        char *value = NULL;
        bool is_env = strncmp(from->name, "env.", 4) == 0;
        if (secrets_text(deps->secrets, cw_text_of(template), &value, &err) && !is_env)
            cw_diags_add(deps->diags, deps->missing_secret, "bad-secret", from->place, NULL, "%s",
                         err.text);
        to = xrealloc(to, (n + 1) * sizeof *to);
        to[n] = (struct outside_value){from->name, value};
    }
    c->people.outside = to;
    c->people.n_outside = n;
}

static void read_people(struct config *c, const struct source_deps *deps)
{
    size_t n = cw_ruleset_people(c->rules);
    struct person *items = xcalloc(n + 1, sizeof *items);
    c->target.plain_hosts = (const char *const *)c->plain_hosts.items;
    for (size_t i = 0; i < n; i++)
        read_person(c, &items[i], cw_ruleset_person(c->rules, i), deps);
    c->people.items = items;
    c->people.n = n;
    c->people.target = c->target;
    c->people.rules = c->rules;
    read_outside(c, deps);
}

/* ---- Paths relative to a file, and what must go together ---- */

/* The value at section.key, or NULL. */
static const struct cw_node *setting(const struct cw_node *root, const char *section,
                                     const char *key)
{
    const struct cw_node *map = cw_node_get(root, section);
    return map && cw_node_kind(map) == CW_NODE_MAP ? cw_node_get(map, key) : NULL;
}

/* The absolute folder in which a file is named. */
static char *folder_of(const char *file)
{
    auto_free char *folder = file_beside(file, ".");
    char *real = realpath(folder, NULL);
    return real ? real : xstrdup(".");
}

/* From the folder of the file in which it is written. */
static void settle_store(struct config *c, const struct cw_node *root)
{
    const struct cw_node *node = setting(root, "journal", "store");
    auto_free char *folder = folder_of(node ? cw_node_place(node).file : c->file);
    const char *path = c->store + strlen("sqlite:");
    if (strncmp(c->store, "sqlite:", 7) != 0 || *path == '/')
        return;
    char *full = xprintf("sqlite:%s/%s", folder, path);
    free(c->store);
    c->store = full;
}

static void settle_admin(struct config *c)
{
    if (*c->admin_listen)
        return;
    auto_free char *folder = folder_of(c->file);
    const char *path = strncmp(c->store, "sqlite:", 7) == 0 ? c->store + 7 : "";
    const char *slash = strrchr(path, '/');
    free(c->admin_listen);
    c->admin_listen = slash ? xprintf("unix:%.*s/clockwire.sock", (int)(slash - path), path)
                            : xprintf("unix:%s/clockwire.sock", folder);
}

/* The endpoints of OAuth are below the API, unless the file says otherwise. */
static void settle_endpoint(const struct config *c, const char **url, const char *below)
{
    if (**url)
        return;
    free((char *)(uintptr_t)*url);
    *url = xprintf("%s/accounts/%s", c->target.url, below);
}

static void settle_oauth(struct config *c)
{
    settle_endpoint(c, &c->target.oauth.authorize_url, "authorize");
    settle_endpoint(c, &c->target.oauth.token_url, "token");
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

/* The first who logs in; NULL: nobody does. */
static const struct cw_person *who_logs_in(const struct config *c)
{
    for (size_t i = 0; i < c->people.n; i++)
        if (c->people.items[i].oauth)
            return cw_ruleset_person(c->rules, i);
    return NULL;
}

/* What is written but missing has been reported as such. */
static void check_logins(const struct config *c, const struct cw_node *root, struct cw_diags *diags)
{
    const struct cw_node *awork = setting(root, "target", "awork");
    const struct cw_node *oauth =
        awork && cw_node_kind(awork) == CW_NODE_MAP ? cw_node_get(awork, "oauth") : NULL;
    bool has_client = oauth && cw_node_kind(oauth) == CW_NODE_MAP && has_like(oauth, "client_id");
    const struct cw_node *key = setting(root, "journal", "key");
    const struct cw_person *first = who_logs_in(c);
    struct seal_key read;
    struct cw_error err;
    if (first && !key)
        cw_diags_add(
            diags, CW_ERROR, "missing-key", first->token_place, "head -c 32 /dev/urandom | base64",
            "`token: oauth` needs `journal.key`: a secret that seals tokens in the journal");
    if (first && !has_client)
        cw_diags_add(
            diags, CW_ERROR, "missing-key", first->token_place, NULL,
            "`token: oauth` needs `target.awork.oauth.client_id`: with which people log in");
    if (c->journal_key && seal_key_read(cw_text_of(c->journal_key), &read, &err))
        cw_diags_add(diags, CW_ERROR, "bad-value", cw_node_place(key),
                     "head -c 32 /dev/urandom | base64", "`journal.key`: %s", err.text);
    else if (c->journal_key)
        seal_key_wipe(&read);
}

static void check_whole(const struct config *c, const struct cw_node *root, struct cw_diags *diags)
{
    check_admin(c, root, diags);
    check_logins(c, root, diags);
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
    settings_read(c, root, deps);
    settle_store(c, root);
    settle_admin(c);
    settle_oauth(c);
    if (sources)
        read_sources(c, sources, deps);
    read_rules(c, doc, deps->diags);
    if (c->rules)
        read_people(c, deps);
    if (!cw_doc_is_partial(doc))
        check_whole(c, root, deps->diags);
}

enum cw_status config_load(const char *file, const struct config_opts *opts, struct cw_diags *diags,
                           struct config **out)
{
    struct cw_doc *doc = document_read(file, diags);
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
    struct cw_doc *doc = document_read(file, diags);
    if (!doc)
        return CW_EINVAL;
    struct cw_diags *unseen = cw_diags_create();
    if (!unseen)
        abort();
    struct secrets *secrets = secrets_create(opts->secrets);
    struct source_deps deps = {secrets, unseen, opts->missing_secret, NULL};
    struct config *c = xcalloc(1, sizeof *c);
    c->file = xstrdup(file);
    settings_defaults(c);
    settings_read(c, cw_doc_root(doc), &deps);
    settle_store(c, cw_doc_root(doc));
    settle_admin(c);
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
    for (size_t i = 0; i < c->people.n; i++) {
        secret_free((char *)(uintptr_t)c->people.items[i].token);
        secret_free((char *)(uintptr_t)c->people.items[i].chat);
    }
    for (size_t i = 0; i < c->people.n_outside; i++)
        secret_free((char *)(uintptr_t)c->people.outside[i].value);
    free((void *)(uintptr_t)c->people.outside);
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
