/* compile: from a document to a ruleset.
 *
 * All faults of a document are found in one run; a single error refuses the whole, so that a
 * ruleset that exists is good. Work is linear in the size of the document. */
#include "compile.h"
#include "diag.h"
#include "node.h"

#include <string.h>

enum { SCRATCH_BYTES = 1 << 30, COST_STEPS = 4000000 /* a tenth of a second */ };

static bool is_hosts(const struct cwr_compiler *c, struct cw_text key)
{
    for (const char *const *s = c->catalogue->sections; s && *s; s++)
        if (cw_text_is(key, *s))
            return true;
    return false;
}

static void unknown_section(struct cwr_compiler *c, const struct cw_node *key)
{
    const char *words[64];
    struct cw_text text = cw_node_text(key);
    size_t n = 0;
    for (size_t i = 0; i < cwr_section_keys.n; i++)
        if (!cwr_section_keys.at[i].later)
            words[n++] = cwr_section_keys.at[i].name;
    for (const char *const *s = c->catalogue->sections; s && *s && n < 64; s++)
        words[n++] = *s;
    cwr_fault(c, key, "unknown-key", cwr_did_you_mean(c, text, words, n),
              "there is no section `%.*s`", (int)(text.len > 100 ? 100 : text.len), text.at);
}

static void check_section(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text text = cw_node_text(key);
    if (is_hosts(c, text))
        return;
    if (cw_text_is(text, "include")) { /* cw_doc_join takes it away */
        cwr_fault(c, key, "not-in-this-build", NULL,
                  "`include` is in the grammar, but this program reads one file alone");
        return;
    }
    for (size_t i = 0; i < cwr_section_keys.n; i++) {
        if (!cw_text_is(text, cwr_section_keys.at[i].name))
            continue;
        if (cwr_section_keys.at[i].later)
            cwr_later(c, cw_node_place(key), text);
        return;
    }
    unknown_section(c, key);
}

static void check_version(struct cwr_compiler *c, const struct cw_node *root)
{
    const struct cw_node *version = cw_node_get(root, "version");
    if (!version && (c->partial || cwr_is_meant(root, &cwr_section_keys, "version")))
        return;
    if (!version)
        cwr_fault(c, root, "missing-key", NULL, "the file begins with `version: 1`");
    else if (cw_node_kind(version) != CW_NODE_SCALAR || !cw_text_is(cw_node_text(version), "1"))
        cwr_fault(c, version, "bad-value", NULL, "the only version is 1");
}

static uint64_t digest_of(const struct cw_node *root)
{
    static const char *const keys[] = {"users", "teams", "hours", "timezone"};
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct cw_node *node = cw_node_get(root, keys[i]);
        uint64_t of[] = {digest, node ? cwr_node_digest(node) : i};
        digest = cwr_hash(0, (struct cw_text){(const char *)of, sizeof of});
    }
    return digest;
}

static void compile_sections(struct cwr_compiler *c, const struct cw_node *root)
{
    const struct cw_node *rules = cw_node_get(root, "rules");
    for (size_t i = 0; i < cw_node_count(root); i++) {
        check_section(c, cw_node_key(root, i));
        cw_arena_reset(c->passing);
    }
    check_version(c, root);
    c->rules->digest = digest_of(root);
    cwr_compile_people(c, cw_node_get(root, "users"), cw_node_get(root, "timezone"));
    if (!c->no_memory)
        cwr_compile_teams(c, cw_node_get(root, "teams"));
    if (!c->no_memory)
        cwr_compile_hours(c, cw_node_get(root, "hours"), cw_node_get(root, "users"));
    if (rules && !c->no_memory)
        cwr_compile_rules(c, rules);
    else if (!rules && !c->partial && !cwr_is_meant(root, &cwr_section_keys, "rules"))
        cwr_fault(c, root, "missing-key", NULL, "the section `rules` is missing");
}

static void keep_paths(struct cwr_compiler *c)
{
    c->rules->paths = cwr_take(c, c->n_paths * sizeof *c->rules->paths);
    if (!c->rules->paths)
        return;
    if (c->n_paths)
        memcpy(c->rules->paths, c->path_rows, c->n_paths * sizeof *c->path_rows);
    c->rules->n_paths = c->n_paths;
}

static enum cw_status compile_all(struct cwr_compiler *c, const struct cw_doc *doc)
{
    const struct cw_node *root = cw_doc_root(doc);
    size_t before = cw_diags_count(c->diags, CW_ERROR);
    if (!root || cw_node_kind(root) != CW_NODE_MAP) {
        struct cw_place place = root ? cw_node_place(root) : (struct cw_place){0};
        cwr_fault_at(c, place, "wrong-kind", NULL,
                     "the file is a mapping that begins with version: 1");
        return CW_EINVAL;
    }
    compile_sections(c, root);
    if (c->no_memory || c->diags->memory_was_short)
        return CW_NOMEM;
    if (c->partial || cw_diags_count(c->diags, CW_ERROR) > before)
        return CW_EINVAL;
    keep_paths(c);
    cwr_lint_rules(c, cw_node_get(root, "rules"));
    if (c->no_memory || c->diags->memory_was_short || cwr_index_build(c->rules, c->scratch))
        return CW_NOMEM;
    return CW_OK;
}

enum cw_status cw_ruleset_compile(const struct cw_doc *doc, const struct cw_catalogue *catalogue,
                                  struct cw_diags *diags, struct cw_ruleset **out)
{
    struct cw_ruleset *rules = cwr_ruleset_create();
    struct cwr_compiler c = {
        .catalogue = catalogue, .diags = diags, .rules = rules, .cost_steps = COST_STEPS};
    enum cw_status status = CW_NOMEM;
    c.scratch = cw_arena_create(SCRATCH_BYTES);
    c.passing = cw_arena_create(SCRATCH_BYTES);
    if (rules && c.scratch && c.passing) {
        c.arena = rules->arena;
        c.paths.arena = c.alias_rows.arena = c.awork_ids.arena = c.zones.arena = c.scratch;
        c.patterns.arena = c.good_events.arena = c.facts_set.arena = c.facts_read.arena =
            c.calendars.arena = c.scratch;
        c.partial = cw_doc_is_partial(doc);
        status = compile_all(&c, doc);
    }
    cw_matcher_destroy(c.matcher);
    cw_arena_destroy(c.passing);
    cw_arena_destroy(c.scratch);
    if (status)
        cw_ruleset_unref(rules);
    else
        *out = rules;
    return status;
}
