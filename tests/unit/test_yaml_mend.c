/* Faults behind the first: what is told besides it must be so, whatever the first one is. */
#include "check.h"
#include "lab.h"

static struct cw_diags *diags;
static struct cw_doc *doc;

static enum cw_status parse(const char *text)
{
    const struct cw_doc_limits limits = {.mend = true};
    diags = cw_diags_create();
    doc = NULL;
    enum cw_status status = cw_doc_parse("f", cw_text_of(text), &limits, diags, &doc);
    CHECK((status == CW_OK) == (doc != NULL));
    CHECK(!doc || cw_doc_is_partial(doc) == (cw_diags_count(diags, CW_ERROR) > 0));
    return status;
}

static void end(void)
{
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
}

/* "code line:column" of each fault, and the keys or first values that are left. */
static const char *left_of(const char *text)
{
    static char out[2000];
    size_t len = 0;
    parse(text);
    out[0] = '\0';
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        len += (size_t)snprintf(out + len, sizeof out - len, "%s %u:%u, ", d->code, d->place.line,
                                d->place.column);
    }
    const struct cw_node *root = doc ? cw_doc_root(doc) : NULL;
    for (size_t i = 0; root && i < cw_node_count(root); i++) {
        const struct cw_node *value = cw_node_value(root, i);
        len += (size_t)snprintf(out + len, sizeof out - len, "%s=%zu ",
                                cw_node_text(cw_node_key(root, i)).at, cw_node_count(value));
    }
    end();
    return out;
}

#define LEFT(text, want) CHECK_STR(left_of(text), want)

TEST(the_entry_with_the_fault_is_left_out)
{
    LEFT("a:\n  - b: 1\n    c: [\n  - d: 1\n", "syntax 3:8, a=1 ");
    LEFT("a:\n- b: 1\n  c: [\n- d: 1\n", "syntax 3:6, a=1 ");
    LEFT("a:\n  x: {\n  y: 1\nb:\n  z: @\n  t: 1\n", "syntax 2:6, syntax 5:6, a=1 b=1 ");
    LEFT("a:\n  x: {\nb: [1]\n", "syntax 2:6, b=1 "); /* nothing is left of a */
    LEFT("a: [1\nb: [1]\n", "syntax 1:4, b=1 ");
    LEFT("a: b: c\nb: [1]\n", "syntax 1:5, b=1 ");
    LEFT("a:\n  - 'x\n  - y\nb: [1]\n", "syntax 2:5, a=1 b=1 ");
    LEFT("a:\n\t- b\nb: [1]\n", "syntax 2:1, b=1 ");
    LEFT("# x\n\na:\n  # y\n  - b: 1\n   c: 2\n\n  - d\nb: [1]\n", "syntax 6:4, a=1 b=1 ");
}

/* A quote that another one closes runs over entries: they go together. */
TEST(several_entries_of_one_fault)
{
    LEFT("a:\n  - b: \"x\n    c: 1\n  - b: \"y\"\n    c: 2\n  - d\n", "syntax 4:9, a=1 ");
    LEFT("a:\n  - b: \"x\n    c: 1\n  - c: 2\n  - b: \"y\"\n  - d\n  - e: @\n",
         "syntax 5:9, syntax 7:8, a=1 ");
}

TEST(what_is_not_mended)
{
    CHECK_INT(parse("a: &x 1\nb: [\n"), CW_ESYNTAX); /* a value that was meant otherwise */
    end();
    CHECK_INT(parse("- [\n"), CW_ESYNTAX); /* nothing is left */
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 1);
    end();
    CHECK_INT(parse("a: 1\na: 2\nb: [1]\n"), CW_OK);
    CHECK(cw_doc_is_partial(doc));
    CHECK_STR(cw_diags_get(diags, 0)->code, "duplicate-key");
    end();
    CHECK_INT(parse("a: 1\n"), CW_OK);
    CHECK(!cw_doc_is_partial(doc));
    end();
}

TEST(no_more_than_ten)
{
    char text[2000] = "a:\n";
    for (int i = 0; i < 30; i++)
        strcat(text, "  - [\n");
    CHECK_INT(parse(text), CW_ESYNTAX);
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 11);
    end();
}

/* ---- Honesty ---- */

static uint64_t state = 7;

static uint32_t dice(uint32_t n)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % n;
}

enum { RULES = 8, LINES = 5 };

static const char HEAD[] = "version: 1\ntimezone: UTC\nusers:\n"
                           "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
                           "hours: { work: mon 09:00-10:00 }\nrules:\n";
enum { HEAD_LINES = 6 };

/* Rule i, with faults of its own by its number; `broken` puts a fault of YAML into it. */
static void put_rule(char *out, size_t room, int i, int broken)
{
    static const char *const faults[] = {
        "    name: \"x\n",   "    name: 'x\n",  "    name: [\n",       "    name: {a: b\n",
        "   name: x\n",      "     name: x\n",  "    name: a: b\n",    "\tname: x\n",
        "    name: @x\n",    "    name\n",      "    name: {{ x }}\n", "    name: \"x\" y\n",
        "    name: [a, b\n", "    \"name: x\n", "    - name: x\n",     "    name: ]\n"};
    static const char *const names[] = {"    name: plain\n", "    name: \"in quotes\"\n",
                                        "    name: 'it''s'\n", "    nme: x\n"};
    static const char *const actions[] = {"stop", "stopp", "{ log: \"x: y\" }", "[stop, pause]"};
    snprintf(out, room,
             "  - id: r%d\n%s    when: github.%s\n    if: { paused_by: r%d, during: work }\n"
             "    then: %s\n",
             i, broken >= 0 ? faults[broken % 16] : names[i % 4], i % 3 ? "push" : "Push",
             (i + 1) % RULES, actions[(i + 1) % 4]);
}

static void make(char *out, size_t room, const int broken[RULES])
{
    size_t len = (size_t)snprintf(out, room, "%s", HEAD);
    for (int i = 0; i < RULES; i++) {
        put_rule(out + len, room - len, i, broken[i]);
        len += strlen(out + len);
    }
}

static struct cw_diags *check(const char *text)
{
    struct cw_ruleset *rules = NULL;
    parse(text);
    if (doc && cw_ruleset_compile(doc, &lab_catalogue, diags, &rules) == CW_OK)
        CHECK(!cw_doc_is_partial(doc));
    cw_ruleset_unref(rules);
    cw_doc_destroy(doc);
    return diags;
}

static bool has(const struct cw_diags *all, const struct cw_diag *one)
{
    for (size_t i = 0; i < cw_diags_total(all); i++) {
        const struct cw_diag *d = cw_diags_get(all, i);
        if (d->place.line == one->place.line && d->place.column == one->place.column &&
            strcmp(d->code, one->code) == 0 && strcmp(d->text, one->text) == 0)
            return true;
    }
    return false;
}

static bool is_of_yaml(const char *code)
{
    return strcmp(code, "syntax") == 0 || strcmp(code, "template-braces") == 0 ||
           strcmp(code, "complex-key") == 0;
}

TEST(what_is_told_behind_a_fault_is_so)
{
    static char good[4096], bad[4096];
    const int none[RULES] = {-1, -1, -1, -1, -1, -1, -1, -1};
    size_t told = 0;
    make(good, sizeof good, none);
    struct cw_diags *all = check(good);
    CHECK(cw_diags_count(all, CW_ERROR) > 5);
    for (int round = 0; round < 3000; round++) {
        int broken[RULES], n = 0, yaml = 0;
        for (int i = 0; i < RULES; i++)
            n += (broken[i] = dice(4) ? -1 : (int)dice(16)) >= 0;
        make(bad, sizeof bad, broken);
        struct cw_diags *some = check(bad);
        for (size_t i = 0; i < cw_diags_total(some); i++) {
            const struct cw_diag *d = cw_diags_get(some, i);
            size_t rule = (d->place.line - HEAD_LINES - 1) / LINES;
            if (is_of_yaml(d->code)) {
                yaml++;
            } else if (broken[rule % RULES] < 0) { /* a sound rule: its faults are its own */
                told++;
                if (!CHECK(has(all, d)))
                    fprintf(stderr, "%s:%u %s\n%s", d->code, d->place.line, d->text, bad);
            }
        }
        if (!CHECK(yaml <= n))
            fprintf(stderr, "%d faults of %d\n%s\n%s", yaml, n, bad, cw_diags_render(some, false));
        cw_diags_destroy(some);
    }
    CHECK(told > 3000); /* and there is something to tell */
    cw_diags_destroy(all);
}

CHECK_MAIN
