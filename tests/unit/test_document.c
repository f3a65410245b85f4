/* include: real folders, read in a defined order, with ceilings. */
#include "document.h"

#include "config.h"
#include "file.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[64];
static struct cw_diags *diags;

static const char *at(const char *name)
{
    static char path[2][4200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", base, name);
    return path[turn];
}

static void begin(void)
{
    snprintf(base, sizeof base, "/tmp/cw-document.XXXXXX");
    CHECK(mkdtemp(base) != NULL);
}

static void put(const char *name, const char *text)
{
    char path[4200];
    snprintf(path, sizeof path, "%s", at(name));
    for (char *slash = strchr(path + strlen(base) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* The texts of the items of `rules`, or the diagnostics' codes with file and line. */
static const char *read_rules(const char *name)
{
    static char out[8192];
    size_t n = 0;
    diags = cw_diags_create();
    struct cw_doc *doc = document_read(at(name), diags);
    out[0] = '\0';
    const struct cw_node *rules = doc ? cw_node_get(cw_doc_root(doc), "rules") : NULL;
    for (size_t i = 0; rules && i < cw_node_count(rules) && n < sizeof out - 100; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", i ? " " : "",
                              cw_node_text(cw_node_item(rules, i)).at);
    for (size_t i = 0; i < cw_diags_total(diags) && n < sizeof out - 200; i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        const char *file = strncmp(d->place.file, base, strlen(base)) == 0
                               ? d->place.file + strlen(base) + 1
                               : d->place.file;
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %s:%u:%u", n ? ", " : "", d->code,
                              file, d->place.line, d->place.column);
    }
    CHECK((doc == NULL) == (cw_diags_count(diags, CW_ERROR) > 0));
    cw_doc_destroy(doc);
    return out;
}

static bool says(const char *words)
{
    char *text = cw_diags_render(diags, false);
    bool found = strstr(text, words) != NULL;
    if (!found)
        fprintf(stderr, "no \"%s\" in:\n%s\n", words, text);
    free(text);
    return found;
}

static void end(void)
{
    char command[100];
    cw_diags_destroy(diags);
    diags = NULL;
    snprintf(command, sizeof command, "rm -r '%s'", base);
    CHECK_INT(system(command), 0);
}

#define READS(name, want)                                                                          \
    do {                                                                                           \
        cw_diags_destroy(diags);                                                                   \
        CHECK_STR(read_rules(name), want);                                                         \
    } while (0)

TEST(a_file_comes_before_what_it_includes_and_that_in_order)
{
    begin();
    put("c.yaml", "version: 1\ninclude: [z.yaml, 'teams/*.yaml']\nrules: [c]\n");
    put("z.yaml", "include: teams/deep/1.yaml\nrules: [z]\n");
    put("teams/deep/1.yaml", "include: 2.yaml\nrules: [deep1]\n");
    put("teams/deep/2.yaml", "rules: [deep2]\n");
    put("teams/b.yaml", "rules: [b]\n");
    put("teams/B.yaml", "rules: [B]\n");
    put("teams/a.yaml", "rules: [a]\n");
    put("teams/10.yaml", "rules: [n10]\n");
    put("teams/9.yaml", "rules: [n9]\n");
    put("teams/.hidden.yaml", "rules: [hidden]\n");
    put("teams/notes.txt", "no: [yaml");
    READS("c.yaml", "c z deep1 deep2 n10 n9 B a b");
    end();
}

TEST(each_file_is_read_once)
{
    begin();
    put("c.yaml", "version: 1\ninclude: ['*/a.yaml', x/a.yaml, y/b.yaml, x/../x/a.yaml]\n");
    put("x/a.yaml", "include: ../y/b.yaml\nrules: [a]\n");
    put("y/b.yaml", "rules: [b]\n");
    CHECK_INT(symlink("a.yaml", at("x/link.yaml")), 0);
    READS("c.yaml", "a b");
    put("d.yaml", "version: 1\ninclude: x/*.yaml\n");
    READS("d.yaml", "a b");
    end();
}

TEST(names_in_absolute_and_odd_folders)
{
    char text[300];
    begin();
    put("o[d]d *?\\x/c.yaml", "version: 1\ninclude: ['a?.yaml', b.yaml]\nrules: [c]\n");
    put("o[d]d *?\\x/a1.yaml", "rules: [a1]\n");
    put("o[d]d *?\\x/b.yaml", "rules: [b]\n");
    READS("o[d]d *?\\x/c.yaml", "c a1 b");
    snprintf(text, sizeof text, "version: 1\ninclude: ['%s/abs/[ab].yaml', %s/abs/c.yaml]\n", base,
             base);
    put("abs/a.yaml", "rules: [a]\n");
    put("abs/c.yaml", "rules: [c]\n");
    put("main.yaml", text);
    READS("main.yaml", "a c");
    end();
}

TEST(a_config_map_is_a_folder_of_links)
{
    begin();
    put("..2026_1/c.yaml", "version: 1\ninclude: ['team-*.yaml', more/*.yaml]\nrules: [c]\n");
    put("..2026_1/team-a.yaml", "rules: [a]\n");
    CHECK_INT(symlink("..2026_1", at("..data")), 0);
    CHECK_INT(symlink("..data/c.yaml", at("c.yaml")), 0);
    CHECK_INT(symlink("..data/team-a.yaml", at("team-a.yaml")), 0);
    /* A second map, mounted below the first: seen from where the file is named. */
    put("more/..2026_2/x.yaml", "rules: [x]\n");
    CHECK_INT(symlink("..2026_2", at("more/..data")), 0);
    CHECK_INT(symlink("..data/x.yaml", at("more/x.yaml")), 0);
    READS("c.yaml", "c a x");
    /* The swap of an update. */
    put("..2026_3/c.yaml", "version: 1\ninclude: team-*.yaml\nrules: [c2]\n");
    put("..2026_3/team-a.yaml", "rules: [a2]\n");
    CHECK_INT(symlink("..2026_3", at("..new")), 0);
    CHECK_INT(rename(at("..new"), at("..data")), 0);
    READS("c.yaml", "c2 a2");
    end();
}

TEST(what_is_missing)
{
    begin();
    put("c.yaml", "version: 1\ninclude:\n  - nothing/*.yaml\n  - 'x*.yaml'\nrules: [c]\n");
    READS("c.yaml", "c, include-nothing c.yaml:3:5, include-nothing c.yaml:4:5");
    CHECK(says("no file is named like") && says("warning[include-nothing]"));
    put("c.yaml", "version: 1\ninclude: [gone.yaml, 'su*', sub]\nrules: [c]\n");
    put("sub/a.yaml", "rules: [a]\n");
    READS("c.yaml", "cannot-read c.yaml:2:11, cannot-read c.yaml:2:22");
    CHECK(says("gone.yaml: No such file") && says("it is a folder") && says("folder/*.yaml"));
    end();
}

TEST(only_regular_files_are_read)
{
    begin();
    put("c.yaml", "version: 1\ninclude: [pipe, /dev/null]\n");
    CHECK_INT(mkfifo(at("pipe"), 0600), 0);
    READS("c.yaml", "cannot-read c.yaml:2:11, cannot-read c.yaml:2:17");
    CHECK(says("it is no regular file"));
    end();
}

TEST(cycles_and_depth_are_refused)
{
    char name[16], text[64];
    begin();
    put("self.yaml", "version: 1\ninclude: self.yaml\n");
    READS("self.yaml", "include-cycle self.yaml:2:10");
    CHECK(says("includes itself") && says("conf.d/*.yaml"));
    put("one.yaml", "version: 1\ninclude: two.yaml\n");
    put("two.yaml", "include: three.yaml\n");
    put("three.yaml", "# text\ninclude: ['n*.yaml', one.yaml]\n");
    READS("one.yaml", "include-nothing three.yaml:2:11, include-cycle three.yaml:2:22");
    CHECK(says("includes itself by way of"));
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%d.yaml", i);
        snprintf(text, sizeof text, "include: %d.yaml\nrules: [r%d]\n", i + 1, i);
        put(name, i == 8 ? "rules: [r8]\n" : text);
    }
    READS("0.yaml", "r0 r1 r2 r3 r4 r5 r6 r7 r8");
    put("8.yaml", "include: 9.yaml\n");
    put("9.yaml", "rules: [r9]\n");
    READS("0.yaml", "too-deep 8.yaml:1:10");
    end();
}

TEST(there_is_a_ceiling_of_names)
{
    enum { NAMES = 4096 };
    static char text[NAMES * 10 + 100];
    begin();
    put("a.yaml", "rules: [a]\n");
    size_t n = (size_t)snprintf(text, sizeof text, "version: 1\ninclude:\n");
    for (int i = 0; i < NAMES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "- %s\n", "a.yaml");
    put("c.yaml", text);
    READS("c.yaml", "a");
    snprintf(text + n, sizeof text - n, "- a.yaml\n- a.yaml\n");
    put("c.yaml", text);
    READS("c.yaml", "too-large c.yaml:4099:3");
    put("c.yaml", "version: 1\ninclude: many/*\n");
    for (int i = 0; i < NAMES; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%d", i);
        put(name, "rules: []\n");
    }
    READS("c.yaml", "too-large c.yaml:2:10"); /* the pattern counts as well */
    unlink(at("many/77"));
    READS("c.yaml", "");
    end();
}

TEST(all_faults_of_all_files_are_shown)
{
    begin();
    put("c.yaml", "version: 1\ninclude: [a.yaml, b.yaml, {}, '', c.yaml]\n");
    put("a.yaml", "rules: [\n");
    put("b.yaml", "x: &anchor 1\n");
    READS("c.yaml", "wrong-kind c.yaml:2:27, wrong-kind c.yaml:2:31, include-cycle c.yaml:2:35, "
                    "syntax a.yaml:1:8, yaml-anchor b.yaml:1:4");
    put("c.yaml", "version: 1\ninclude: { a: b }\n");
    READS("c.yaml", "wrong-kind c.yaml:2:10");
    put("c.yaml", "version: 1\ninclude: a.yaml\nrules: []\n");
    put("a.yaml", "# nothing\n");
    READS("c.yaml", "syntax a.yaml:1:1");
    put("a.yaml", "rules: {}\n");
    READS("c.yaml", "wrong-kind a.yaml:1:1");
    end();
}

TEST(bytes_are_counted_together)
{
    begin();
    put("c.yaml", "version: 1\ninclude: ['a.yaml', b.yaml]\n");
    char *text = malloc((64 << 20) + 1);
    for (size_t i = 0; i < 64 << 20; i++)
        text[i] = i % 1000 == 999 ? '\n' : '#';
    memcpy(text, "rules: [a]\n", 11);
    text[40 << 20] = '\0';
    put("a.yaml", text);
    text[40 << 20] = '#';
    text[30 << 20] = '\0';
    put("b.yaml", text);
    free(text);
    const char *got = read_rules("c.yaml");
    CHECK(strstr(got, "too-large") && strstr(got, "b.yaml"));
    cw_diags_destroy(diags);
    diags = NULL;
    end();
}

/* ---- The configuration ---- */

static struct config *load(const char *name)
{
    struct config *config = NULL;
    struct config_opts opts = {NULL, CW_ERROR};
    cw_diags_destroy(diags);
    diags = cw_diags_create();
    if (config_load(at(name), &opts, diags, &config))
        config = NULL;
    return config;
}

TEST(settings_stand_in_any_file_and_paths_are_relative_to_it)
{
    char want[200];
    begin();
    put("c.yaml", "version: 1\ninclude: etc/*.yaml\nlog: { level: warn }\n");
    put("etc/journal.yaml", "journal: { store: 'sqlite:data/j.db' }\n");
    put("etc/rules.yaml", "rules: []\n");
    struct config *c = load("c.yaml");
    if (CHECK(c != NULL)) {
        snprintf(want, sizeof want, "sqlite:%s/etc/data/j.db", base);
        CHECK_STR(c->store, want);
        snprintf(want, sizeof want, "unix:%s/etc/data/clockwire.sock", base);
        CHECK_STR(c->admin_listen, want);
        CHECK_INT(c->log_level, LOG_WARN);
    }
    config_destroy(c);
    put("etc/log.yaml", "log:\n  format: json\n  level: info\n");
    CHECK(!load("c.yaml"));
    CHECK(says("etc/log.yaml:3:3: error[duplicate-key]: `log.level` is given twice"));
    CHECK(says("c.yaml:3:8"));
    put("etc/log.yaml", "log: { format: json }\n");
    put("etc/journal.yaml", "{}\n");
    c = load("c.yaml");
    if (CHECK(c != NULL)) {
        snprintf(want, sizeof want, "sqlite:%s/clockwire.db", base);
        CHECK_STR(c->store, want); /* the default is the first file's */
        CHECK_INT(c->log_format, LOG_JSON);
    }
    config_destroy(c);
    end();
}

TEST(sources_of_two_files_on_one_path)
{
    begin();
    put("c.yaml", "version: 1\ninclude: s.yaml\nrules: []\nsources:\n"
                  "  one: { path: /a, preset: generic, verify: none }\n");
    put("s.yaml", "sources:\n  two: { path: /a, preset: generic, verify: none }\n");
    CHECK(!load("c.yaml"));
    CHECK(says("s.yaml:2:16: error[duplicate-path]: source `one` has this path already"));
    CHECK(says("c.yaml:5)"));
    end();
}

TEST(tests_of_included_files_count)
{
    begin();
    put("c.yaml", "version: 1\ninclude: t.yaml\nrules: []\ntests: []\n");
    put("t.yaml", "tests:\n  - { name: one, steps: [{ at: '2026-03-02 10:00' }] }\n");
    struct config *c = load("c.yaml");
    if (CHECK(c != NULL) && CHECK(c->tests != NULL) && CHECK_INT(c->tests->n, 1))
        CHECK_STR(c->tests->tests[0].place.file, at("t.yaml"));
    config_destroy(c);
    put("t.yaml", "tests:\n  - { name: one, stepps: [] }\n");
    CHECK(!load("c.yaml"));
    CHECK(says("t.yaml:2:18: error[unknown-key]"));
    end();
}

#define EVENT(lines)     "BEGIN:VEVENT\nDTSTART:" lines "\nEND:VEVENT\n"
#define CALENDAR(events) "BEGIN:VCALENDAR\n" events "END:VCALENDAR\n"

/* Whether the hours `work` hold for ada at noon of a day. */
static bool works_on(const struct config *c, int64_t day)
{
    struct cw_matcher *matcher = cw_matcher_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    const struct cw_event event = {.source = CW_TEXT("timer"), .type = CW_TEXT("stopped")};
    struct cw_matches matches = {.n = 0};
    CHECK_INT(cw_match(matcher, c->rules, &event, day * 86400000 + 43200000, NULL, arena, &matches),
              CW_OK);
    bool works = matches.n == 1;
    cw_arena_destroy(arena);
    cw_matcher_destroy(matcher);
    return works;
}

static const char with_calendar[] =
    "version: 1\ntimezone: UTC\ninclude: team/hours.yaml\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"
    "  - { id: a, when: timer.stopped, user: ada, if: { during: work }, then: { log: x } }\n";

TEST(calendar_files_except_days)
{
    begin();
    put("c.yaml", with_calendar);
    put("team/hours.yaml",
        "hours:\n  work: { windows: mon-sun 00:00-24:00, except: [../days.ics, own.ics] }\n");
    put("days.ics", CALENDAR(EVENT("19700105\nRRULE:FREQ=YEARLY")));
    put("team/own.ics", CALENDAR(EVENT("20260302") EVENT("20260303T090000\nDURATION:PT8H")));
    struct config *c = load("c.yaml");
    if (CHECK(c != NULL)) {
        CHECK(works_on(c, 3) && !works_on(c, 4) && !works_on(c, 4 + 365));
        CHECK(!works_on(c, 20514) && works_on(c, 20515)); /* 2026-03-02 and -03 */
        CHECK(says("team/hours.yaml:2:63: note[calendar-days]: 1 event of own.ics covers no whole "
                   "day and excepts none (the first: line 5)"));
    }
    config_destroy(c);
    put("team/own.ics", CALENDAR(EVENT("20260303"))); /* a reload reads it again */
    c = load("c.yaml");
    CHECK(c && works_on(c, 20514) && !works_on(c, 20515));
    CHECK_INT(cw_diags_total(diags), 1); /* there is no target */
    config_destroy(c);
    end();
}

TEST(calendar_files_that_cannot_be_used)
{
    begin();
    put("c.yaml", with_calendar);
    put("team/hours.yaml",
        "hours:\n  work: { windows: mon 00:00-24:00, except:\n"
        "   [gone.ics, dir.ics, pipe.ics, html.ics, big.ics, empty.ics, a.ics] }\n");
    put("team/dir.ics/x", "");
    CHECK_INT(mkfifo(at("team/pipe.ics"), 0600), 0);
    put("team/html.ics", "<html>\n");
    put("team/empty.ics", CALENDAR(""));
    put("team/a.ics", CALENDAR(EVENT("20260101\nRRULE:FREQ=HOURLY")));
    char *big = malloc((1 << 20) + 2);
    memset(big, '\n', (1 << 20) + 1);
    big[(1 << 20) + 1] = '\0';
    put("team/big.ics", big);
    free(big);
    CHECK(!load("c.yaml"));
    CHECK(says("hours.yaml:3:5: error[cannot-read]: cannot read gone.ics: No such file"));
    CHECK(says("cannot read dir.ics: it is a folder"));
    CHECK(says("cannot read pipe.ics: it is no regular file"));
    CHECK(says("error[bad-calendar]: cannot read html.ics: line 1: this is no line of a calendar"));
    CHECK(says("cannot read big.ics: it is larger than 1 MiB"));
    CHECK(says("warning[calendar-days]: no event of empty.ics covers a whole day"));
    CHECK(says("cannot read a.ics: line 4: RRULE: `FREQ=HOURLY` is not read; write the days out"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 6);
    end();
}

CHECK_MAIN
