/* The text cases of tests/cases: rules, events, and the plan or the diagnostics that must come.
 *
 * ## title
 * -- rules            a whole file, shared by the cases below until the next one
 * -- and NAME         a further file that it includes
 * -- now 2026-03-02T19:12:00Z                       for what follows, up to the next rules
 * -- facts ada running [paused_by [started_by]]     for the next event; - is nobody
 * -- mark RULE PERSON KEY throttle MS | -- pending RULE PERSON KEY      for the next event
 * -- state PERSON NAME MS JSON                     a fact that ends in MS; for the next event
 * -- event source[/family].type                     with its JSON body
 * -- tick | -- silence                             instead of it: the schedules of this moment; the
 *                                                   absences that were kept and are due
 * -- plan | used | why | diagnostics                what must come, exactly
 * -- plan kept                                      its marks are there for the next events, up to
 *                                                   the next rules */
#include "check.h"
#include "lab.h"
#include "marks.h"

#include "moment.h"

#include <dirent.h>

struct known {
    char name[64], paused_by[64], started_by[64];
    enum cw_timer timer;
};

/* A throttle window or a fact that ends in `ms`, or a pending run. */
struct mark {
    char kind[16], rule[64], person[64], key[64], value[256];
    long long ms;
};

struct run {
    struct lab *lab;
    struct cw_ruleset *rules;
    struct cw_diags *diags;
    struct known known[8];
    size_t n_known;
    struct mark marks[8];
    size_t n_marks;
    struct marks kept;
    enum { BY_EVENT, BY_TICK, BY_SILENCE } by; /* what the next plan is for */
    char title[128], body[65536];
    struct lab_file files[8]; /* the rules and what they include */
    size_t n_files;
    unsigned checks;
    const char *file;
};

static void get_facts(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    const struct run *run = ctx;
    for (size_t i = 0; i < run->n_known; i++)
        if (strcmp(run->known[i].name, person->name) == 0)
            *out = (struct cw_facts){.timer = run->known[i].timer,
                                     .paused_by = cw_text_of(run->known[i].paused_by),
                                     .started_by = cw_text_of(run->known[i].started_by)};
}

static const struct mark *find_mark(const struct run *run, const char *kind, const char *rule,
                                    const struct cw_person *person, struct cw_text key)
{
    for (size_t i = 0; i < run->n_marks; i++) {
        const struct mark *m = &run->marks[i];
        if (strcmp(m->rule, rule) == 0 && strcmp(m->person, person->name) == 0 &&
            cw_text_is(key, m->key) && strcmp(m->kind, kind) == 0)
            return m;
    }
    return NULL;
}

static enum cw_status get_mark(void *ctx, struct cw_mark *mark)
{
    struct run *run = ctx;
    const struct mark *m = find_mark(ctx, mark->kind, mark->rule, mark->person, mark->key);
    if (!m)
        return marks_get(&run->kept, mark);
    mark->value = cw_text_of(m->value);
    mark->until_ms = 1772445600000 + m->ms;
    return CW_OK;
}

static enum cw_status get_pending(void *ctx, const char *rule, const struct cw_person *person,
                                  struct cw_text key)
{
    return find_mark(ctx, "pending", rule, person, key) ? CW_OK : CW_ENOENT;
}

static void add_mark(struct run *run, const char *kind, const char *args)
{
    struct mark *m = &run->marks[run->n_marks++ % 8];
    *m = (struct mark){.ms = 0};
    snprintf(m->kind, sizeof m->kind, "%s", kind);
    if (strcmp(kind, "state") == 0)
        CHECK_INT(sscanf(args, "%63s %63s %lld %255[^\n]", m->person, m->key, &m->ms, m->value), 4);
    else
        CHECK(sscanf(args, "%63s %63s %63s throttle %lld", m->rule, m->person, m->key, &m->ms) >=
              3);
}

static void say(void *ctx, const struct cw_look *look)
{
    struct run *run = ctx;
    const struct cw_person *person = look->person;
    lab_print(run->lab, "%s %s:%u %s%s%s\n", look->rule, look->place.file, look->place.line,
              person ? person->name : "", person ? ": " : "", look->reason);
}

static void add_facts(struct run *run, const char *args)
{
    static const char *const words[] = {"unknown", "running", "paused", "stopped"};
    struct known *k = &run->known[run->n_known++ % 8];
    char timer[16] = "";
    *k = (struct known){0};
    int n = sscanf(args, "%63s %15s %63s %63s", k->name, timer, k->paused_by, k->started_by);
    for (int i = 0; i < 4; i++)
        if (strcmp(words[i], timer) == 0)
            k->timer = (enum cw_timer)i;
    if (n < 3 || strcmp(k->paused_by, "-") == 0)
        k->paused_by[0] = '\0';
}

static void forget_files(struct run *run)
{
    for (; run->n_files; run->n_files--) {
        free((char *)(uintptr_t)run->files[run->n_files - 1].name);
        free((char *)(uintptr_t)run->files[run->n_files - 1].text);
    }
}

static void add_file(struct run *run, const char *name, const char *text)
{
    if (!CHECK(run->n_files < 8))
        return;
    run->files[run->n_files++] = (struct lab_file){strdup(name), strdup(text)};
    marks_clear(&run->kept);
    cw_ruleset_unref(run->rules);
    cw_diags_destroy(run->diags);
    run->diags = cw_diags_create();
    run->rules = lab_compile_files(run->files, run->n_files, run->diags);
}

static void set_event(struct run *run, char *args, const char *body)
{
    char *dot = strchr(args, '.'), *slash = strchr(args, '/');
    if (!CHECK(dot != NULL))
        return;
    *dot = '\0';
    if (slash)
        *slash = '\0';
    snprintf(run->body, sizeof run->body, "%s", body);
    static char source[64], family[64], type[64];
    snprintf(source, sizeof source, "%s", args);
    snprintf(family, sizeof family, "%s", slash ? slash + 1 : "");
    snprintf(type, sizeof type, "%s", dot + 1);
    CHECK(lab_event(run->lab, source, family, type, run->body));
}

static void expect(struct run *run, const char *what, const char *got, const char *want)
{
    char *got_all = NULL, *want_all = NULL;
    if (asprintf(&got_all, "%s %s: %s\n%s", run->file, run->title, what, got) < 0 ||
        asprintf(&want_all, "%s %s: %s\n%s", run->file, run->title, what, want) < 0)
        abort();
    CHECK_STR(got_all, want_all);
    free(got_all);
    free(want_all);
    run->checks++;
}

/* All that is due: this test has one sign of life at a time. */
static void match_silence(struct run *run, const struct cw_event *event)
{
    struct cw_absence items[MARKS];
    struct cw_event silent = *event;
    size_t n = 0;
    for (size_t i = run->kept.n; i-- > 0;) {
        const struct cw_mark *m = &run->kept.rows[i];
        if (strcmp(m->kind, "absent") != 0 || m->until_ms > run->lab->now_ms)
            continue;
        CHECK(cw_json_read(run->lab->json, m->value, NULL) == CW_OK);
        items[n++] = (struct cw_absence){cw_text_of(m->rule), cw_text_of(m->person->name), m->key};
    }
    silent.used = cw_json_root(run->lab->json);
    CHECK(cw_match_absent(run->lab->matcher, run->rules, &silent, items, n, NULL, run->lab->arena,
                          &run->lab->matches) == CW_OK);
}

static const char *run_clock(struct run *run, const struct cw_facts_reader *reader)
{
    struct lab *lab = run->lab;
    const struct cw_event event = {
        .source = CW_TEXT("clock"), .type = CW_TEXT("x"), .received_ms = lab->now_ms};
    cw_arena_reset(lab->arena);
    if (run->by == BY_SILENCE)
        match_silence(run, &event);
    else
        CHECK(cw_match_tick(lab->matcher, run->rules, &event, lab->now_ms, NULL, lab->arena,
                            &lab->matches) == CW_OK);
    return lab_decide(lab, run->rules, reader);
}

static void expect_plan(struct run *run, const char *want, bool keep)
{
    const struct cw_facts_reader reader = {
        .get = get_facts, .ctx = run, .mark = get_mark, .pending = get_pending};
    if (CHECK(run->rules != NULL))
        expect(run, "plan",
               run->by == BY_EVENT ? lab_run(run->lab, run->rules, &reader)
                                   : run_clock(run, &reader),
               want);
    else
        fprintf(stderr, "%s\n%s", run->title, cw_diags_render(run->diags, false));
    if (keep)
        marks_keep(&run->kept, &run->lab->plan);
    run->n_known = run->n_marks = 0;
}

static void expect_why(struct run *run, const char *want)
{
    const struct cw_trace trace = {.look = say, .ctx = run};
    run->lab->len = 0;
    run->lab->text[0] = '\0';
    if (CHECK(run->rules != NULL) &&
        CHECK(cw_match(run->lab->matcher, run->rules, &run->lab->event, run->lab->now_ms, &trace,
                       run->lab->arena, &run->lab->matches) == CW_OK))
        expect(run, "why", run->lab->text, want);
}

static void expect_used(struct run *run, const char *want)
{
    char text[65536];
    if (!CHECK(run->rules != NULL))
        return;
    lab_run(run->lab, run->rules, NULL);
    snprintf(text, sizeof text, "%.*s\n", (int)run->lab->matches.used.len,
             run->lab->matches.used.at);
    expect(run, "used", text, want);
}

static void do_block(struct run *run, char *head, const char *text)
{
    char *args = strchr(head, ' ');
    if (args)
        *args++ = '\0';
    if (strcmp(head, "rules") == 0) {
        run->lab->now_ms = 0;
        forget_files(run);
        add_file(run, "rules.yaml", text);
    } else if (strcmp(head, "and") == 0 && args) {
        add_file(run, args, text);
    } else if (strcmp(head, "now") == 0 && args) {
        CHECK(cwr_moment_read(cw_text_of(args), &run->lab->now_ms));
    } else if (strcmp(head, "facts") == 0 && args) {
        add_facts(run, args);
    } else if (strcmp(head, "mark") == 0 && args) {
        add_mark(run, "throttle", args);
    } else if ((strcmp(head, "state") == 0 || strcmp(head, "pending") == 0) && args) {
        add_mark(run, head, args);
    } else if (strcmp(head, "event") == 0 && args) {
        run->by = BY_EVENT;
        set_event(run, args, text);
    } else if (strcmp(head, "tick") == 0 || strcmp(head, "silence") == 0) {
        run->by = strcmp(head, "tick") == 0 ? BY_TICK : BY_SILENCE;
    } else if (strcmp(head, "plan") == 0) {
        expect_plan(run, text, args && strcmp(args, "kept") == 0);
    } else if (strcmp(head, "why") == 0) {
        expect_why(run, text);
    } else if (strcmp(head, "used") == 0) {
        expect_used(run, text);
    } else if (strcmp(head, "diagnostics") == 0) {
        char *got = cw_diags_render(run->diags, false);
        expect(run, "diagnostics", got, text);
        free(got);
    } else {
        fprintf(stderr, "unknown block: %s\n", head);
        CHECK(false);
    }
}

static void finish_block(struct run *run, char *head, char *text, size_t *len)
{
    text[*len] = '\0';
    while (*len > 1 && text[*len - 1] == '\n' && text[*len - 2] == '\n')
        text[--*len] = '\0';
    if (strcmp(text, "\n") == 0)
        text[0] = '\0';
    if (head[0])
        do_block(run, head, text);
    head[0] = '\0';
    *len = 0;
}

static void run_file(struct run *run, const char *path)
{
    static char text[1 << 20];
    char head[256] = "";
    size_t len = 0;
    char *all = check_read(path, NULL);
    for (char *line = all, *next; line && *line; line = next) {
        char *end = strchr(line, '\n');
        size_t n = end ? (size_t)(end - line) : strlen(line);
        next = end ? end + 1 : line + n;
        bool title = strncmp(line, "## ", 3) == 0, block = strncmp(line, "-- ", 3) == 0;
        if (title || block)
            finish_block(run, head, text, &len);
        if (title)
            snprintf(run->title, sizeof run->title, "%.*s", (int)(n - 3), line + 3);
        else if (block)
            snprintf(head, sizeof head, "%.*s", (int)(n - 3), line + 3);
        else if (len + n + 2 < sizeof text) {
            memcpy(text + len, line, n);
            len += n;
            text[len++] = '\n';
        }
    }
    finish_block(run, head, text, &len);
    free(all);
}

TEST(cases)
{
    const char *root = getenv("CW_ROOT");
    char folder[4096], path[8192];
    struct run run = {.lab = lab_create()};
    snprintf(folder, sizeof folder, "%s/tests/cases", root ? root : ".");
    DIR *dir = opendir(folder);
    if (!CHECK(dir != NULL))
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 4, ".txt") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        run.file = e->d_name;
        run_file(&run, path);
    }
    closedir(dir);
    CHECK(run.checks >= 20);
    forget_files(&run);
    marks_clear(&run.kept);
    cw_ruleset_unref(run.rules);
    cw_diags_destroy(run.diags);
    lab_destroy(run.lab);
}

CHECK_MAIN
