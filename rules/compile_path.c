/* compile_path: what rules may read, where it is kept, and the templates that read it. */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fact.h"

static const char *const roots[] = {
    [CWR_ROOT_EVENT] = "event",   [CWR_ROOT_MATCH] = "match", [CWR_ROOT_USER] = "user",
    [CWR_ROOT_SOURCE] = "source", [CWR_ROOT_TIMER] = "timer", [CWR_ROOT_SECRET] = "secret",
    [CWR_ROOT_ENV] = "env",       [CWR_ROOT_STATE] = "state", [CWR_ROOT_ITEM] = "item",
    [CWR_ROOT_NOW] = "now",       [CWR_ROOT_COUNT] = "count"};

enum { N_ROOTS = sizeof roots / sizeof roots[0], OUTSIDE = 1000 };

static bool path_fault(struct cwr_compiler *c, struct cw_place place, const char *hint,
                       const char *what, struct cw_text name)
{
    cwr_fault_at(c, place, "bad-path", hint, "%s `%.*s`", what,
                 (int)(name.len > 100 ? 100 : name.len), name.at);
    return false;
}

/* ---- Captures ---- */

uint32_t cwr_capture_slot(struct cwr_compiler *c, struct cw_text name, struct cw_place place)
{
    struct cwr_rule_state *at = &c->at;
    for (uint32_t i = 0; i < at->n_captures; i++)
        if (at->captures[i].name.len == name.len &&
            memcmp(at->captures[i].name.at, name.at, name.len) == 0)
            return i;
    if (at->n_captures == CWR_REGEX_GROUPS) {
        cwr_fault_at(c, place, "bad-pattern", NULL, "a rule has at most %d captures",
                     CWR_REGEX_GROUPS);
        return CWR_NOWHERE;
    }
    const char *copy = cw_arena_copy(c->passing, name);
    c->no_memory |= !copy;
    at->captures[at->n_captures] = (struct cwr_capture){.name = {copy, copy ? name.len : 0}};
    return (uint32_t)at->n_captures++;
}

void cwr_define_capture(struct cwr_compiler *c, uint32_t slot)
{
    struct cwr_capture *capture = &c->at.captures[slot];
    capture->defined |= c->at.nots == 0;
    capture->in_not |= c->at.nots > 0;
}

static bool use_capture(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                        struct cwr_ref *out)
{
    struct cwr_rule_state *at = &c->at;
    if (path.n != 2 || path.steps[1].kind != CW_STEP_NAME)
        return path_fault(c, place, NULL, "a capture is written match.name, not", out->name);
    out->slot = cwr_capture_slot(c, path.steps[1].name, place);
    if (out->slot == CWR_NOWHERE)
        return false;
    at->uses = cwr_grow(c, c->passing, at->uses, at->n_uses, sizeof *at->uses);
    if (!at->uses)
        return false;
    at->uses[at->n_uses++] = (struct cwr_use){out->slot, place};
    return true;
}

void cwr_check_captures(struct cwr_compiler *c)
{
    const struct cwr_rule_state *at = &c->at;
    const char *words[CWR_REGEX_GROUPS];
    size_t n = 0;
    for (size_t i = 0; i < at->n_captures; i++)
        if (at->captures[i].defined)
            words[n++] = at->captures[i].name.at;
    for (size_t i = 0; i < at->n_uses; i++) {
        const struct cwr_capture *capture = &at->captures[at->uses[i].capture];
        int len = (int)(capture->name.len > 100 ? 100 : capture->name.len);
        if (capture->defined || (at->bad_pattern && !capture->in_not))
            continue; /* what a faulty pattern captures is not known */
        if (capture->in_not)
            cwr_fault_at(
                c, at->uses[i].place, "unknown-capture", NULL,
                "`%.*s` is captured inside `not`, `unless`, `absent` or a fact, where nothing "
                "can come from",
                len, capture->name.at);
        else
            cwr_fault_at(c, at->uses[i].place, "unknown-capture",
                         cwr_did_you_mean(c, capture->name, words, n),
                         "no pattern of this rule captures `%.*s`", len, capture->name.at);
    }
}

/* ---- Paths ---- */

static bool use_event(struct cwr_compiler *c, struct cwr_ref *out)
{
    struct cwr_rule_state *at = &c->at;
    uint32_t slot = cwr_map_get(&c->paths, out->name);
    if (slot == CWR_NOWHERE) {
        c->path_rows = cwr_grow(c, c->scratch, c->path_rows, c->n_paths, sizeof *c->path_rows);
        c->path_marks = cwr_grow(c, c->scratch, c->path_marks, c->n_paths, sizeof *c->path_marks);
        if (!c->path_rows || !c->path_marks)
            return false;
        slot = (uint32_t)c->n_paths++;
        out->slot = slot;
        c->path_rows[slot] = *out;
        c->path_marks[slot] = 0;
        c->no_memory |= cwr_map_put(&c->paths, out->name, slot) != CW_OK;
    }
    out->slot = slot;
    uint32_t mark = (uint32_t)(at->rule - c->rules->rules) + 1;
    if (c->path_marks[slot] == mark)
        return true;
    c->path_marks[slot] = mark;
    at->reads = cwr_grow(c, c->passing, at->reads, at->n_reads, sizeof *at->reads);
    if (!at->reads)
        return false;
    at->reads[at->n_reads++] = slot;
    return true;
}

static bool use_user(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                     struct cwr_ref *out)
{
    struct cw_text name = path.n > 1 ? path.steps[1].name : CW_TEXT("");
    if (c->at.in_key)
        return path_fault(c, place, "every person has an own instance of a key anyway",
                          "`key` cannot read", out->name);
    if (c->at.in_who)
        return path_fault(c, place, NULL, "`user` says who it is, so it cannot read", out->name);
    size_t n = cwr_words(cwr_person_fields);
    c->at.is_late |= c->at.in_config && cw_text_is(name, "chat");
    for (size_t i = 0; path.n == 2 && i < n; i++)
        if (cw_text_is(name, cwr_person_fields[i]))
            return true;
    return path_fault(c, place, cwr_did_you_mean(c, name, cwr_person_fields, n),
                      "a rule cannot read", out->name);
}

static bool use_source(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                       struct cwr_ref *out)
{
    bool name = path.n == 2 && cw_text_is(path.steps[1].name, "name");
    bool param = path.n == 3 && cw_text_is(path.steps[1].name, "path");
    if (name || param)
        return true;
    return path_fault(c, place, "a rule can read source.name and source.path.x", "there is no",
                      out->name);
}

static bool use_timer(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                      const struct cwr_ref *ref)
{
    const char *words[CWR_FACTS];
    struct cw_text name = path.n > 1 ? path.steps[1].name : CW_TEXT("");
    for (size_t i = 0; i < CWR_FACTS; i++)
        words[i] = cwr_fact_path(i) + strlen("timer.");
    if (path.n != 2 || cwr_fact_named(name) == CWR_FACTS)
        return path_fault(c, place, cwr_did_you_mean(c, name, words, CWR_FACTS), "a timer has no",
                          ref->name);
    if (!c->at.in_if && !c->at.in_then)
        return path_fault(c, place, "`if` and `then` can: the timer is looked at before acting",
                          "this cannot read", ref->name);
    c->at.is_late = true;
    return true;
}

/* What the host must have at hand; it is few, however many rules there are. */
static bool note_outside(struct cwr_compiler *c, struct cw_place place, const struct cwr_ref *ref)
{
    struct cw_ruleset *rules = c->rules;
    for (size_t i = 0; i < rules->n_outside; i++)
        if (cw_text_is(ref->name, rules->outside[i].name))
            return true;
    if (rules->n_outside == OUTSIDE) {
        cwr_fault_at(c, place, "too-large", NULL, "calls read more than %d secrets", OUTSIDE);
        return false;
    }
    rules->outside =
        cwr_grow(c, c->arena, rules->outside, rules->n_outside, sizeof *rules->outside);
    const char *name = cwr_keep(c, ref->name);
    if (!rules->outside || !name)
        return false;
    rules->outside[rules->n_outside++] =
        (struct cw_outside){.name = name, .place = cwr_keep_place(c, place)};
    return true;
}

static bool use_secret(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                       const struct cwr_ref *ref)
{
    if (!c->at.in_secret)
        return path_fault(c, place, NULL, "only sources and the arguments of `call` can read",
                          ref->name);
    if (path.n != 2 || path.steps[1].kind != CW_STEP_NAME)
        return path_fault(c, place, NULL, "this is written secret.name or env.NAME, not",
                          ref->name);
    c->at.is_late = true;
    return note_outside(c, place, ref);
}

static bool use_state(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                      const struct cwr_ref *ref)
{
    if (!c->at.in_if && !c->at.in_vars)
        return path_fault(c, place, "`if`, `at` and `then` can: they are of one person",
                          "this cannot read", ref->name);
    struct cw_text name = path.n == 2 ? path.steps[1].name : CW_TEXT("");
    if (!cwr_is_word(name))
        return path_fault(c, place, "small letters, digits and _",
                          "a fact is written state.name, not", ref->name);
    if (cw_text_is(name, "for"))
        return path_fault(c, place, "it is how long the facts of a `set` last", "no fact is called",
                          ref->name);
    cwr_note_read(c, name, place);
    return true;
}

/* "did you mean `event.ref`?" for evnt.ref. */
static const char *mean_root(struct cwr_compiler *c, const char *near, struct cw_text root,
                             struct cw_text name)
{
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text made, rest = {name.at + root.len, name.len - root.len};
    if (name.len < root.len || memcmp(name.at, root.at, root.len) != 0)
        rest.len = 0;
    cwr_buf_printf(&buf, "did you mean `%s%.*s`?", near, (int)(rest.len > 100 ? 100 : rest.len),
                   rest.at);
    return cwr_buf_end(&buf, &made) ? NULL : made.at;
}

static bool unknown_root(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                         struct cw_text name)
{
    static const char *const of_sources[] = {"header", "query", "form"};
    struct cw_text root = path.steps[0].name;
    for (size_t i = 0; i < sizeof of_sources / sizeof of_sources[0]; i++)
        if (cw_text_is(root, of_sources[i]))
            return path_fault(c, place, NULL, "only a source can read", name);
    const char *near = cw_nearest(root, roots, N_ROOTS);
    const char *hint = near ? mean_root(c, near, root, name) : cwr_mean_event(c, name);
    return path_fault(c, place, hint, "a rule cannot read", name);
}

static bool keep_var(struct cwr_compiler *c, const struct cwr_ref *ref)
{
    struct cwr_rule_state *at = &c->at;
    for (size_t i = 0; i < at->n_vars; i++)
        if (at->vars[i].name.len == ref->name.len &&
            memcmp(at->vars[i].name.at, ref->name.at, ref->name.len) == 0)
            return true;
    at->vars = cwr_grow(c, c->passing, at->vars, at->n_vars, sizeof *at->vars);
    if (!at->vars)
        return false;
    at->vars[at->n_vars++] = *ref;
    return true;
}

static bool use_count(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                      const struct cwr_ref *ref)
{
    const struct cwr_triggers *when = &c->at.rule->when;
    if (path.n > 1)
        return path_fault(c, place, "it is `count`", "there is no", ref->name);
    if (!c->at.in_then)
        return path_fault(c, place, "`then` can", "this cannot read", ref->name);
    for (size_t i = 0; i < when->n; i++)
        if (when->items[i].kind == CW_TRIGGER_COUNT)
            return true;
    return path_fault(c, place, "when: { count: 6, of: x.y, within: 1 hour }",
                      "only a rule that counts can read", ref->name);
}

static bool is_of_config(enum cwr_root root)
{
    return root == CWR_ROOT_USER || root == CWR_ROOT_SECRET || root == CWR_ROOT_ENV;
}

static bool bind_root(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                      struct cwr_ref *ref)
{
    if (c->at.in_config && !is_of_config(ref->root))
        return path_fault(c, place, "what events bring may go into `json`",
                          "an address or header comes from the configuration alone, not from",
                          ref->name);
    switch (ref->root) {
    case CWR_ROOT_EVENT:
        cwr_lint_event(c, path, place, ref);
        return use_event(c, ref);
    case CWR_ROOT_MATCH:
        return use_capture(c, path, place, ref);
    case CWR_ROOT_USER:
        return use_user(c, path, place, ref);
    case CWR_ROOT_SOURCE:
        return use_source(c, path, place, ref);
    case CWR_ROOT_TIMER:
        return use_timer(c, path, place, ref);
    case CWR_ROOT_SECRET:
    case CWR_ROOT_ENV:
        return use_secret(c, path, place, ref);
    case CWR_ROOT_STATE:
        return use_state(c, path, place, ref);
    case CWR_ROOT_ITEM:
        return c->at.items ||
               path_fault(c, place, NULL, "only any_item and every_item have an", ref->name);
    case CWR_ROOT_COUNT:
        return use_count(c, path, place, ref);
    default:
        return path.n == 1 || path_fault(c, place, "it is `now`", "there is no", ref->name);
    }
}

bool cwr_compile_ref(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                     struct cwr_ref *out)
{
    struct cwr_ref ref = {.path = path};
    if (cwr_path_print(path, c->arena, &ref.name)) {
        c->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < path.n; i++)
        ref.each |= path.steps[i].kind == CW_STEP_EACH;
    struct cw_text root = path.steps[0].name;
    size_t i = 0;
    while (i < N_ROOTS && !(path.steps[0].kind == CW_STEP_NAME && cw_text_is(root, roots[i])))
        i++;
    if (i == N_ROOTS)
        return unknown_root(c, path, place, ref.name);
    ref.root = (enum cwr_root)i;
    if (path.n == 1 && ref.root < CWR_ROOT_ITEM)
        return path_fault(c, place, NULL, "something is missing behind", ref.name);
    if (!bind_root(c, path, place, &ref))
        return false;
    bool of_event = ref.root == CWR_ROOT_EVENT || ref.root == CWR_ROOT_MATCH ||
                    ref.root == CWR_ROOT_SOURCE || ref.root == CWR_ROOT_COUNT;
    if (c->at.in_vars && of_event && !keep_var(c, &ref))
        return false;
    *out = ref;
    return true;
}

bool cwr_compile_key(struct cwr_compiler *c, const struct cw_node *key, struct cwr_ref *out)
{
    struct cw_text text = cw_node_text(key);
    struct cw_error err = {0};
    struct cw_path path;
    enum cw_status status = cw_path_parse(text, c->arena, &path, &err);
    if (status == CW_NOMEM)
        c->no_memory = true;
    else if (status)
        cwr_fault_at(c, cwr_place_in(key, err.at > 0 ? (size_t)err.at : 0, 1), "bad-path", NULL,
                     "%s", err.text);
    return !status && cwr_compile_ref(c, path, cw_node_place(key), out);
}

/* ---- Templates ---- */

static void template_fault(struct cwr_compiler *c, const struct cw_node *node, size_t skip,
                           const struct cw_error *err)
{
    struct cw_place place = cw_node_place(node);
    if (err->status == CW_NOMEM) {
        c->no_memory = true;
        return;
    }
    if (err->at >= 0)
        place = cwr_place_in(node, (size_t)err->at + skip, 1);
    cwr_fault_at(c, place, "bad-template", NULL, "%s", err->text);
}

const struct cw_template *cwr_compile_template(struct cwr_compiler *c, const struct cw_node *node)
{
    return cwr_compile_template_behind(c, node, 0);
}

const struct cw_template *cwr_compile_template_behind(struct cwr_compiler *c,
                                                      const struct cw_node *node, size_t skip)
{
    const struct cw_template *tpl = NULL;
    struct cw_error err = {.at = -1};
    struct cw_text text = cw_node_text(node);
    text = (struct cw_text){text.at + skip, text.len - skip};
    if (cw_template_parse(text, c->arena, &tpl, &err)) {
        template_fault(c, node, skip, &err);
        return NULL;
    }
    bool good = true;
    for (size_t i = 0; i < tpl->n_paths; i++) {
        const struct cwr_part *part = tpl->paths[i];
        struct cwr_ref ref;
        good &= cwr_compile_ref(c, part->path, cwr_place_in(node, part->at + skip, part->name.len),
                                &ref);
    }
    return good ? tpl : NULL;
}
