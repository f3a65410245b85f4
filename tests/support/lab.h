/* lab: what the tests of the rules library share: a catalogue as the daemon gives it, rules from
 * text, events from JSON, and plans as text. */
#ifndef LAB_H
#define LAB_H

#include <clockwire/rules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system_zones.h"

__attribute__((unused)) static const char *const lab_if_running[] = {"switch", "keep", NULL};
__attribute__((unused)) static const struct cw_arg_spec lab_start[] = {
    {.name = "task"},
    {.name = "project"},
    {.name = "type_of_work"},
    {.name = "note"},
    {.name = "billable", .is_bool = true},
    {.name = "if_running", .choices = lab_if_running},
    {.name = NULL}};
__attribute__((unused)) static const struct cw_arg_spec lab_stop[] = {
    {.name = "as_of", .kind = CW_ARG_MOMENT}, {.name = "later", .later = true}, {.name = NULL}};
__attribute__((unused)) static const struct cw_arg_spec lab_log[] = {
    {.name = "text", .required = true}, {.name = NULL}};
__attribute__((unused)) static const struct cw_arg_spec lab_notify[] = {
    {.name = "to", .kind = CW_ARG_WHO, .required = true},
    {.name = "text", .required = true},
    {.name = NULL}};
__attribute__((unused)) static const char *const lab_methods[] = {"GET", "POST", NULL};
__attribute__((unused)) static const struct cw_arg_spec lab_call[] = {
    {.name = "url", .kind = CW_ARG_CONFIG, .required = true},
    {.name = "method", .choices = lab_methods},
    {.name = "headers", .kind = CW_ARG_CONFIGS},
    {.name = "json", .kind = CW_ARG_TREE, .not_with = "method", .not_word = "GET"},
    {.name = NULL}};
/* A judge of the least: no address without a colon, no header X-Bad. */
__attribute__((unused)) static enum cw_status lab_judge(void *ctx, const char *action,
                                                        const char *argument, struct cw_text name,
                                                        struct cw_text text, struct cw_error *err)
{
    (void)ctx;
    if (strcmp(argument, "url") == 0 && text.at[0] != '$' && !memchr(text.at, ':', text.len))
        return cw_fail(err, CW_EINVAL, "`%s` goes to an address", action);
    if (cw_text_is(name, "X-Bad"))
        return cw_fail(err, CW_EINVAL, "this header is bad");
    return CW_OK;
}
__attribute__((unused)) static const struct cw_arg_spec lab_set[] = {
    {.name = "for", .kind = CW_ARG_DURATION}, {.name = NULL}};
__attribute__((unused)) static const struct cw_arg_spec lab_clear[] = {
    {.name = "name", .kind = CW_ARG_FACT, .required = true}, {.name = NULL}};
__attribute__((unused)) static const struct cw_action_spec lab_actions[] = {
    {.name = "start", .args = lab_start, .timer = true, .expires_ms = 900000},
    {.name = "stop", .args = lab_stop, .bare = true, .timer = true},
    {.name = "pause", .args = lab_stop, .bare = true, .timer = true, .expires_ms = 900000},
    {.name = "resume", .bare = true, .timer = true, .expires_ms = 900000},
    {.name = "log", .args = lab_log, .scalar = "text"},
    {.name = "set", .args = lab_set, .sets = true},
    {.name = "clear", .args = lab_clear, .scalar = "name"},
    {.name = "notify", .args = lab_notify, .expires_ms = 900000},
    {.name = "reply", .args = lab_log, .scalar = "text", .now_only = true},
    {.name = "call", .args = lab_call}};
__attribute__((unused)) static const char *const lab_calendar[] = {
    "created", "updated", "cancelled", "meeting_started", "meeting_ended", NULL};
__attribute__((unused)) static const char *const lab_forge[] = {"push", "merge_opened", "hook_*",
                                                                NULL};
__attribute__((unused)) static const struct cw_source_spec lab_sources[] = {
    {.name = "calendar", .family = "calendar", .types = lab_calendar},
    {.name = "team_calendar", .family = "calendar", .types = lab_calendar},
    {.name = "github", .family = "git"},
    {.name = "forge", .family = "git", .known = lab_forge},
    {.name = "desktop", .family = "desktop"},
    {.name = "mattermost", .family = "chat"},
    {.name = "custom"},
    {.name = "bare", .nameless = true}};
__attribute__((unused)) static const char *const lab_sections[] = {"sources", "target", "server",
                                                                   NULL};
/* Calendar files that the host knows; places count, so that a file of a folder is another one. */
__attribute__((unused)) static enum cw_status lab_days(void *ctx, const char *name,
                                                       struct cw_place place,
                                                       struct cw_arena *arena, struct cw_text *out,
                                                       struct cw_error *err)
{
    static const struct {
        const char *name, *file, *days;
    } files[] = {{"holidays.ics", "rules.yaml", "2026-03-03\n2026-03-02\n2026-03-03"},
                 {"holidays.ics", "team/a.yaml", "2026-03-04\n"},
                 {"none.ICS", NULL, ""},
                 {"odd.ics", NULL, "2026-03-02\nMonday\n"}};
    (void)ctx;
    if (strcmp(name, "broken.ics") == 0)
        return cw_fail(err, CW_ESYNTAX, "line 3: this is no line of a calendar");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(files[i].name, name) != 0 ||
            (files[i].file && strcmp(files[i].file, place.file) != 0))
            continue;
        const char *copy = cw_arena_copy(arena, cw_text_of(files[i].days));
        *out = cw_text_of(copy);
        return copy ? CW_OK : CW_NOMEM;
    }
    return cw_fail(err, CW_ENOENT, "No such file");
}

__attribute__((unused)) static const struct cw_catalogue lab_catalogue = {
    .actions = lab_actions,
    .n_actions = sizeof lab_actions / sizeof lab_actions[0],
    .sources = lab_sources,
    .n_sources = sizeof lab_sources / sizeof lab_sources[0],
    .sections = lab_sections,
    .zone = system_zone,
    .calendar = lab_days,
    .judge = lab_judge,
    .clock = true};

struct lab_file {
    const char *name, *text;
};

/* The first file, and those that it is to include, as one document. */
__attribute__((unused)) static enum cw_status lab_parse(const struct lab_file *files, size_t n,
                                                        struct cw_diags *diags, struct cw_doc **out)
{
    struct cw_doc *doc = NULL;
    const struct cw_node *root;
    enum cw_status status =
        cw_doc_parse(files[0].name, cw_text_of(files[0].text), NULL, diags, &doc);
    for (size_t i = 1; i < n && !status; i++)
        status = cw_doc_add(doc, files[i].name, cw_text_of(files[i].text), diags, &root);
    if (!status && n > 1)
        status = cw_doc_join(doc, diags);
    if (status)
        cw_doc_destroy(doc);
    else
        *out = doc;
    return status;
}

/* Compiles; *diags, if given, is the caller's, else what was found is printed. */
__attribute__((unused)) static struct cw_ruleset *lab_compile_files(const struct lab_file *files,
                                                                    size_t n,
                                                                    struct cw_diags *diags)
{
    struct cw_diags *own = diags ? diags : cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    if (!lab_parse(files, n, own, &doc) && cw_ruleset_compile(doc, &lab_catalogue, own, &rules))
        rules = NULL;
    cw_doc_destroy(doc);
    if (!diags && !rules) {
        char *shown = cw_diags_render(own, false);
        fprintf(stderr, "%s\n", shown ? shown : "no memory");
        free(shown);
    }
    if (!diags)
        cw_diags_destroy(own);
    return rules;
}

__attribute__((unused)) static struct cw_ruleset *lab_compile(const char *text,
                                                              struct cw_diags *diags)
{
    return lab_compile_files(&(struct lab_file){"rules.yaml", text}, 1, diags);
}

/* One event, its JSON and scratch. */
struct lab {
    struct cw_json *json;
    struct cw_arena *arena;
    struct cw_matcher *matcher;
    struct cw_event event;
    struct cw_matches matches;
    struct cw_plan plan;
    int64_t now_ms;   /* 0: Monday 2026-03-02 10:00 in UTC */
    char text[65536]; /* what was printed last */
    size_t len;
};

__attribute__((unused)) static struct lab *lab_create(void)
{
    struct lab *lab = calloc(1, sizeof *lab);
    if (!lab)
        abort();
    lab->json = cw_json_create();
    lab->arena = cw_arena_create((size_t)256 << 20);
    lab->matcher = cw_matcher_create();
    if (!lab->json || !lab->arena || !lab->matcher)
        abort();
    return lab;
}

__attribute__((unused)) static void lab_destroy(struct lab *lab)
{
    cw_json_destroy(lab->json);
    cw_arena_destroy(lab->arena);
    cw_matcher_destroy(lab->matcher);
    free(lab);
}

/* `body` must live as long as the event. The user is the body's `user`, if it has one. */
__attribute__((unused)) static bool lab_event(struct lab *lab, const char *source,
                                              const char *family, const char *type,
                                              const char *body)
{
    struct cw_error err;
    cw_arena_reset(lab->arena);
    lab->event = (struct cw_event){.id = CW_TEXT("e1"),
                                   .source = cw_text_of(source),
                                   .family = cw_text_of(family),
                                   .type = cw_text_of(type),
                                   .received_ms = 1772445600000};
    if (cw_json_read(lab->json, cw_text_of(body), &err)) {
        fprintf(stderr, "event: %s\n", err.text);
        return false;
    }
    struct cw_step user = {CW_STEP_NAME, 0, CW_TEXT("user")};
    lab->event.body = cw_json_root(lab->json);
    return cw_value_get(&lab->event.body, (struct cw_path){&user, 1}, lab->arena,
                        &lab->event.user) == CW_OK;
}

__attribute__((unused, format(printf, 2, 3))) static void lab_print(struct lab *lab,
                                                                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(lab->text + lab->len, sizeof lab->text - lab->len, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof lab->text - lab->len)
        lab->len += (size_t)n;
}

__attribute__((unused)) static void lab_print_effect(struct lab *lab, const struct cw_effect *e,
                                                     int64_t now_ms)
{
    static const char *const kinds[] = {"cancel", "run", "refused", "mark", "forget"};
    lab_print(lab, "%s %s %s", kinds[e->kind], e->rule, e->person ? e->person->name : "everybody");
    for (size_t i = 0; i < e->n_keep; i++)
        lab_print(lab, "%s %s", i ? "," : " but", e->keep[i]->name);
    if (!e->person || !cw_text_is(e->key, e->person->name))
        lab_print(lab, " key %.*s", (int)e->key.len, e->key.at);
    if (e->kind == CW_EFFECT_MARK)
        lab_print(lab, " %s for %lld ms", e->mark, (long long)(e->until_ms - now_ms));
    if (e->kind == CW_EFFECT_FORGET)
        lab_print(lab, " %s", e->mark);
    if (e->kind == CW_EFFECT_MARK && e->value.len)
        lab_print(lab, " %.*s", (int)e->value.len, e->value.at);
    if (e->beside)
        lab_print(lab, " beside");
    if (e->reason.len)
        lab_print(lab, ": %.*s", (int)e->reason.len, e->reason.at);
    if (e->kind == CW_EFFECT_RUN && e->due_ms != now_ms)
        lab_print(lab, " in %lld ms", (long long)(e->due_ms - now_ms));
    if (e->kind == CW_EFFECT_RUN && e->condition.len)
        lab_print(lab, " if %.*s", (int)e->condition.len, e->condition.at);
    if (e->kind == CW_EFFECT_RUN && e->vars.len > 2)
        lab_print(lab, " with %.*s", (int)e->vars.len, e->vars.at);
    lab_print(lab, "\n");
    for (size_t i = 0; i < e->n_calls; i++)
        lab_print(lab, "  %s %.*s\n", e->calls[i].action, (int)e->calls[i].args.len,
                  e->calls[i].args.at);
}

/* Decides for lab->matches, prints the plan into lab->text. */
__attribute__((unused)) static const char *lab_decide(struct lab *lab,
                                                      const struct cw_ruleset *rules,
                                                      const struct cw_facts_reader *facts)
{
    const int64_t now = lab->now_ms ? lab->now_ms : 1772445600000;
    lab->len = 0;
    lab->text[0] = '\0';
    if (cw_decide(rules, &lab->matches, facts, now, lab->arena, &lab->plan))
        return "no memory";
    for (size_t i = 0; i < lab->plan.n; i++)
        lab_print_effect(lab, &lab->plan.effects[i], now);
    for (size_t i = 0; i < lab->matches.n_strangers; i++)
        lab_print(lab, "stranger %.*s\n", (int)lab->matches.strangers[i].len,
                  lab->matches.strangers[i].at);
    return lab->text;
}

/* Matches the event at hand, too. */
__attribute__((unused)) static const char *lab_run(struct lab *lab, const struct cw_ruleset *rules,
                                                   const struct cw_facts_reader *facts)
{
    const int64_t now = lab->now_ms ? lab->now_ms : 1772445600000;
    if (cw_match(lab->matcher, rules, &lab->event, now, NULL, lab->arena, &lab->matches))
        return "no memory";
    return lab_decide(lab, rules, facts);
}

#endif
