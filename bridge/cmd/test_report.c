#include "test_report.h"

#include "../tell.h"
#include "../xalloc.h"

#include <stdio.h>
#include <string.h>

static void nothing(void)
{
}

/* ---- For people ---- */

static void print_coverage(const struct test_file *r)
{
    const struct config *config = r->config;
    size_t n = cw_ruleset_rules(config->rules), matched = 0;
    struct cw_place place;
    for (size_t i = 0; i < n; i++)
        matched += r->trials->matched[i];
    printf("%s: %zu of %zu rules matched by a test%s\n", config->file, matched, n,
           matched < n ? "; never matched:" : "");
    for (size_t i = 0; i < n; i++) {
        if (r->trials->matched[i])
            continue;
        const char *id = cw_ruleset_rule(config->rules, i, &place);
        printf("  %s  %s:%u\n", id, place.file, place.line);
    }
}

static void text_file(const struct test_file *r)
{
    if (r->titled && r->trials->n)
        printf("%s\n", r->config->file);
    for (size_t i = 0; i < r->trials->n; i++) {
        const struct trial *t = &r->trials->items[i];
        printf("%-7s %s\n%s", t->fault ? "FAILED" : "ok", t->test->name, t->fault ? t->fault : "");
    }
    if (!r->trials->n)
        printf("%s: it has no tests\n", r->config->file);
    if (r->coverage)
        print_coverage(r);
}

static void text_faulty(const char *file, const char *faults)
{
    printf("%s%s: not tested: the configuration has faults\n", faults, file);
}

static void text_end(const struct test_sums *sums, bool colour)
{
    bool good = !sums->failed && !sums->faulty;
    const char *on = !colour ? "" : good ? "\033[32m" : "\033[31m", *off = colour ? "\033[0m" : "";
    printf("%s%zu passed", on, sums->passed);
    if (sums->failed)
        printf(", %zu failed", sums->failed);
    if (sums->faulty)
        printf(", %zu file%s with faults", sums->faulty, sums->faulty == 1 ? "" : "s");
    printf("%s\n", off);
}

/* ---- JUnit ---- */

static void put_xml(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", stdout);
        else if (c == '>')
            fputs("&gt;", stdout);
        else if (c == '&')
            fputs("&amp;", stdout);
        else if (c == '"')
            fputs("&quot;", stdout);
        else if (c == '\n' || c == '\t' || c >= 0x20)
            putchar(c);
    }
}

static void put_case(const char *file, unsigned line, const char *name)
{
    fputs("    <testcase classname=\"", stdout);
    put_xml(file);
    fputs("\" name=\"", stdout);
    put_xml(name);
    fputs("\" file=\"", stdout);
    put_xml(file);
    printf("\" line=\"%u\"", line);
}

static void put_fault(const char *kind, const char *message, const char *text)
{
    printf(">\n      <%s message=\"", kind);
    put_xml(message);
    fputs("\">", stdout);
    put_xml(text);
    printf("</%s>\n    </testcase>\n", kind);
}

static void put_suite(const char *file, size_t tests, size_t failures, size_t errors)
{
    fputs("  <testsuite name=\"", stdout);
    put_xml(file);
    printf("\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\">\n", tests, failures,
           errors);
}

static void junit_begin(void)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", stdout);
}

static void junit_file(const struct test_file *r)
{
    const char *file = r->config->file;
    put_suite(file, r->trials->n, r->trials->failed, 0);
    for (size_t i = 0; i < r->trials->n; i++) {
        const struct trial *t = &r->trials->items[i];
        put_case(t->test->place.file, t->test->place.line, t->test->name);
        if (t->fault)
            put_fault("failure", t->line, t->fault);
        else
            fputs("/>\n", stdout);
    }
    fputs("  </testsuite>\n", stdout);
}

static void junit_faulty(const char *file, const char *faults)
{
    put_suite(file, 1, 0, 1);
    put_case(file, 1, "the configuration");
    put_fault("error", "the configuration has faults", faults);
    fputs("  </testsuite>\n", stdout);
}

static void junit_end(const struct test_sums *sums, bool colour)
{
    (void)sums;
    (void)colour;
    fputs("</testsuites>\n", stdout);
}

/* ---- JSON lines ---- */

static void add_text(json_t *o, const char *name, const char *text)
{
    json_object_set_new(o, name, tell_text(cw_text_of(text)));
}

static json_t *lines_of(const char *text)
{
    json_t *lines = json_array();
    for (size_t len; text && *text; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");
        json_array_append_new(lines, tell_text((struct cw_text){text, len}));
    }
    return lines;
}

static void json_coverage(const struct test_file *r)
{
    json_t *never = json_array();
    struct cw_place place;
    const char *id;
    for (size_t i = 0; (id = cw_ruleset_rule(r->config->rules, i, &place)); i++) {
        if (r->trials->matched[i])
            continue;
        auto_free char *where = xprintf("%s:%u", place.file, place.line);
        json_t *rule = json_object();
        add_text(rule, "rule", id);
        add_text(rule, "place", where);
        json_array_append_new(never, rule);
    }
    json_t *o = json_pack("{s:I, s:o}", "rules", (json_int_t)cw_ruleset_rules(r->config->rules),
                          "never_matched", never);
    add_text(o, "file", r->config->file);
    tell_line(stdout, o);
}

static void json_file(const struct test_file *r)
{
    for (size_t i = 0; i < r->trials->n; i++) {
        const struct trial *t = &r->trials->items[i];
        json_t *o = json_object();
        add_text(o, "test", t->test->name);
        add_text(o, "file", t->test->place.file);
        json_object_set_new(o, "line", json_integer(t->test->place.line));
        json_object_set_new(o, "passed", json_boolean(!t->fault));
        if (t->fault) {
            add_text(o, "message", t->line);
            json_object_set_new(o, "why", lines_of(t->why));
        }
        tell_line(stdout, o);
    }
    if (r->coverage)
        json_coverage(r);
}

static void json_faulty(const char *file, const char *faults)
{
    json_t *o = json_pack("{s:b, s:s}", "passed", 0, "message", "the configuration has faults");
    add_text(o, "file", file);
    add_text(o, "faults", faults);
    tell_line(stdout, o);
}

static void json_end(const struct test_sums *sums, bool colour)
{
    (void)colour;
    tell_line(stdout,
              json_pack("{s:{s:I, s:I, s:I}}", "sum", "passed", (json_int_t)sums->passed, "failed",
                        (json_int_t)sums->failed, "faulty_files", (json_int_t)sums->faulty));
}

const struct test_report *test_report_named(const char *name)
{
    static const struct test_report reports[] = {
        {"text", true, nothing, text_file, text_faulty, text_end},
        {"junit", false, junit_begin, junit_file, junit_faulty, junit_end},
        {"json", false, nothing, json_file, json_faulty, json_end},
    };
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
        if (strcmp(name, reports[i].name) == 0)
            return &reports[i];
    return NULL;
}
