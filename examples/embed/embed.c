/* embed: clockwire's rules in another program, a house: embed RULES.yaml EVENT.json
 *
 * The program says which sources and actions it has; the library reads the rules, and says what
 * they would do about the event `door.opened`. Doing it is the program's own business. */
#include <clockwire/rules.h>
#include <stdio.h>
#include <stdlib.h>

static const struct cw_arg_spec lamp[] = {{.name = "lamp", .required = true}, {0}};
static const struct cw_action_spec actions[] = {{.name = "switch_on", .args = lamp},
                                                {.name = "all_off", .bare = true}};
static const struct cw_source_spec sources[] = {{.name = "door"}};
static const struct cw_catalogue catalogue = {
    .actions = actions, .n_actions = 2, .sources = sources, .n_sources = 1};

static struct cw_text read_file(const char *name, char *at, size_t size)
{
    FILE *f = fopen(name, "rb");
    size_t len = f ? fread(at, 1, size, f) : 0;
    if (!f || fclose(f))
        perror(name);
    return (struct cw_text){at, len};
}

static struct cw_ruleset *load(const char *file)
{
    static char text[1 << 16];
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    if (!cw_doc_parse(file, read_file(file, text, sizeof text), NULL, diags, &doc) &&
        cw_ruleset_compile(doc, &catalogue, diags, &rules) == CW_OK)
        printf("%zu rules\n", cw_ruleset_rules(rules));
    char *said = cw_diags_render(diags, false); /* errors and warnings, with their places */
    printf("%s", said ? said : "");
    free(said);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return rules; /* NULL when there was an error */
}

static void print_plan(const struct cw_plan *plan, int64_t now_ms)
{
    static const char *const words[] = {"cancel", "run", "refused", "keep", "forget"};
    for (size_t i = 0; i < plan->n; i++) {
        const struct cw_effect *e = &plan->effects[i];
        printf("%s %s for %s", words[e->kind], e->rule, e->person ? e->person->name : "everybody");
        if (e->due_ms > now_ms) /* to be kept, and given to cw_decide_due then */
            printf(" in %d s, if %.*s", (int)((e->due_ms - now_ms) / 1000), (int)e->condition.len,
                   e->condition.at);
        printf("%s%.*s\n", e->reason.len ? ": " : "", (int)e->reason.len, e->reason.at);
        for (const struct cw_call *c = e->calls; c < e->calls + e->n_calls; c++)
            printf("  %s %.*s\n", c->action, (int)c->args.len, c->args.at);
    }
}

int main(int argc, char **argv)
{
    static char text[1 << 16];
    const int64_t now_ms = 1772445600000; /* the library reads no clock */
    struct cw_event event = {.source = CW_TEXT("door"), .type = CW_TEXT("opened")};
    struct cw_ruleset *rules = argc == 3 ? load(argv[1]) : NULL;
    struct cw_matcher *matcher = cw_matcher_create();      /* one for each thread */
    struct cw_arena *arena = cw_arena_create(1024 * 1024); /* reset after each event */
    struct cw_json *json = cw_json_create();
    struct cw_error err = {.text = "no rules or no memory"};
    struct cw_matches matches;
    struct cw_plan plan;
    bool good = rules && matcher && arena && json &&
                !cw_json_read(json, read_file(argv[2], text, sizeof text), &err);
    if (good) {
        event.body = cw_json_root(json);
        good = !cw_match(matcher, rules, &event, now_ms, NULL, arena, &matches) &&
               !cw_decide(rules, &matches, NULL, now_ms, arena, &plan);
    }
    if (good)
        print_plan(&plan, now_ms);
    else
        fprintf(stderr, "embed: %s\n", err.text);
    cw_json_destroy(json);
    cw_arena_destroy(arena);
    cw_matcher_destroy(matcher);
    cw_ruleset_unref(rules);
    return !good;
}
