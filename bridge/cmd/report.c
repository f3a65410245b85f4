#include "report.h"

#include "../xalloc.h"

#include <clockwire/version.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct report {
    enum report_format format;
    char *folder;  /* the one that we are in, with a / at the end */
    json_t *files; /* rows of json, artifacts of sarif */
    json_t *faults;
};

static const char *const formats[] = {"text", "json", "sarif", "github"};
static const char *const severities[] = {"error", "warning", "note"};

bool report_format_named(const char *name, enum report_format *out)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name ? name : "text", formats[i]) == 0) {
            *out = (enum report_format)i;
            return true;
        }
    return false;
}

/* Tools that show places know files by their names below the folder that we are in. */
static const char *short_name(const struct report *r, const char *file)
{
    size_t len = strlen(r->folder);
    while (strncmp(file, "./", 2) == 0)
        file += 2;
    return strncmp(file, r->folder, len) == 0 && file[len] ? file + len : file;
}

static const char *file_of(const struct cw_diag *d, const char *file)
{
    return d->place.file ? d->place.file : file;
}

static size_t unkept(const struct cw_diags *diags)
{
    size_t all = 0;
    for (int i = 0; i < 3; i++)
        all += cw_diags_count(diags, (enum cw_severity)i);
    return all > cw_diags_total(diags) ? all - cw_diags_total(diags) : 0;
}

/* ---- text ---- */

static void print_sum(const char *file, const struct cw_diags *diags, const struct config *config)
{
    size_t errors = cw_diags_count(diags, CW_ERROR), warnings = cw_diags_count(diags, CW_WARNING);
    const char *many = warnings == 1 ? "" : "s";
    if (config)
        printf("%s: good: %zu rules, %zu sources, %zu people, %zu warning%s\n", file,
               cw_ruleset_rules(config->rules), config->n_sources, config->people.n, warnings,
               many);
    else
        printf("%s: %zu error%s, %zu warning%s\n", file, errors, errors == 1 ? "" : "s", warnings,
               many);
}

static void print_text(const char *file, const struct cw_diags *diags, const struct config *config)
{
    auto_free char *text = cw_diags_total(diags) ? cw_diags_render(diags, isatty(1)) : NULL;
    if (text)
        fputs(text, stdout);
    print_sum(file, diags, config);
}

/* ---- github ---- */

/* A % would begin an escape; in properties : and , end them. */
static void put_escaped(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '%' || strchr(special, *text))
            printf("%%%02X", (unsigned)(unsigned char)*text);
        else
            putchar(*text);
    }
}

static void print_command(const struct report *r, const char *file, const struct cw_diag *d)
{
    static const char *const commands[] = {"error", "warning", "notice"};
    printf("::%s file=", commands[d->severity]);
    put_escaped(short_name(r, file_of(d, file)), ":,\r\n");
    if (d->place.line)
        printf(",line=%u,col=%u,endColumn=%u", d->place.line, d->place.column,
               d->place.column + d->place.width - 1);
    printf(",title=clockwire %s::", d->code);
    put_escaped(d->text, "\r\n");
    if (d->hint) {
        fputs("; ", stdout);
        put_escaped(d->hint, "\r\n");
    }
    putchar('\n');
}

/* Nothing else is printed: a line with a file's name in it could be a command, too. */
static void print_commands(const struct report *r, const char *file, const struct cw_diags *diags)
{
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        print_command(r, file, cw_diags_get(diags, i));
}

/* ---- json ---- */

/* A file's name as a URI. */
static char *uri_of(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/";
    size_t room = strlen(name) * 3 + 16, n = 0;
    char *uri = xmalloc(room);
    if (*name == '/')
        n = (size_t)snprintf(uri, room, "file://");
    for (; *name; name++)
        n += (size_t)snprintf(uri + n, room - n, strchr(plain, *name) ? "%c" : "%%%02X",
                              (unsigned)(unsigned char)*name);
    uri[n] = '\0';
    return uri;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

/* A name that is no UTF-8 is told as a URI. */
static void set_file(json_t *object, const char *name)
{
    auto_free char *uri = uri_of(name);
    json_t *value = json_string(name);
    json_object_set_new(object, "file", value ? value : json_string(uri));
}

static void set_number(json_t *object, const char *key, size_t number)
{
    json_object_set_new(object, key, json_integer((json_int_t)number));
}

static json_t *row_of(const char *file, const struct cw_diag *d)
{
    json_t *row = json_object();
    set_file(row, file_of(d, file));
    if (d->place.line) {
        set_number(row, "line", d->place.line);
        set_number(row, "column", d->place.column);
        set_number(row, "end_column", d->place.column + d->place.width);
    }
    set_text(row, "severity", severities[d->severity]);
    set_text(row, "code", d->code);
    set_text(row, "text", d->text);
    if (d->hint)
        set_text(row, "hint", d->hint);
    return row;
}

static void add_json(struct report *r, const char *file, const struct cw_diags *diags,
                     const struct config *config)
{
    json_t *row = json_object();
    set_file(row, file);
    json_object_set_new(row, "good", json_boolean(config));
    set_number(row, "errors", cw_diags_count(diags, CW_ERROR));
    set_number(row, "warnings", cw_diags_count(diags, CW_WARNING));
    set_number(row, "left_out", unkept(diags));
    if (config) {
        set_number(row, "rules", cw_ruleset_rules(config->rules));
        set_number(row, "sources", config->n_sources);
        set_number(row, "people", config->people.n);
    }
    json_array_append_new(r->files, row);
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        json_array_append_new(r->faults, row_of(file, cw_diags_get(diags, i)));
}

static json_t *json_of(const struct report *r)
{
    json_t *all = json_object();
    set_number(all, "version", 1);
    json_object_set(all, "files", r->files);
    json_object_set(all, "diagnostics", r->faults);
    return all;
}

/* ---- sarif ---- */

static json_t *message(const char *text, const char *hint)
{
    auto_free char *whole = xprintf("%s%s%s", text, hint ? "; " : "", hint ? hint : "");
    json_t *made = json_object();
    set_text(made, "text", whole);
    return made;
}

/* Below our folder: a relative URI of the source tree. Elsewhere: an absolute one. */
static json_t *artifact(const struct report *r, const char *file)
{
    const char *name = short_name(r, file);
    auto_free char *uri = uri_of(name);
    json_t *made = json_object();
    set_text(made, "uri", uri);
    if (*name != '/')
        set_text(made, "uriBaseId", "%SRCROOT%");
    return made;
}

static size_t index_of(const char *code)
{
    size_t i = 0;
    while (strcmp(cw_diags_code(i)->code, code) != 0)
        i++;
    return i;
}

static json_t *result_of(const struct report *r, const char *file, const struct cw_diag *d)
{
    json_t *place = json_object(), *location = json_object(), *row = json_object();
    json_object_set_new(place, "artifactLocation", artifact(r, file_of(d, file)));
    if (d->place.line)
        json_object_set_new(place, "region",
                            json_pack("{s:I, s:I, s:I}", "startLine", (json_int_t)d->place.line,
                                      "startColumn", (json_int_t)d->place.column, "endColumn",
                                      (json_int_t)d->place.column + (json_int_t)d->place.width));
    json_object_set_new(location, "physicalLocation", place);
    set_text(row, "ruleId", d->code);
    set_number(row, "ruleIndex", index_of(d->code));
    set_text(row, "level", severities[d->severity]);
    json_object_set_new(row, "message", message(d->text, d->hint));
    json_object_set_new(row, "locations", json_pack("[o]", location));
    return row;
}

static void add_sarif(struct report *r, const char *file, const struct cw_diags *diags)
{
    json_array_append_new(r->files, json_pack("{s:o}", "location", artifact(r, file)));
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        json_array_append_new(r->faults, result_of(r, file, cw_diags_get(diags, i)));
}

static json_t *sarif_rules(void)
{
    json_t *rules = json_array();
    const struct cw_diag_code *code;
    for (size_t i = 0; (code = cw_diags_code(i)); i++) {
        json_t *rule = json_object();
        set_text(rule, "id", code->code);
        json_object_set_new(rule, "shortDescription", message(code->text, NULL));
        json_object_set_new(rule, "help", message(code->text, NULL));
        json_object_set_new(rule, "defaultConfiguration",
                            json_pack("{s:s}", "level", severities[code->severity]));
        json_array_append_new(rules, rule);
    }
    return rules;
}

static json_t *sarif_of(const struct report *r)
{
    json_t *driver = json_object(), *run = json_object(), *all = json_object();
    set_text(driver, "name", "clockwire");
    set_text(driver, "version", CW_VERSION);
    json_object_set_new(driver, "rules", sarif_rules());
    json_object_set_new(run, "tool", json_pack("{s:o}", "driver", driver));
    set_text(run, "columnKind", "unicodeCodePoints");
    json_object_set(run, "artifacts", r->files);
    json_object_set(run, "results", r->faults);
    set_text(all, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    set_text(all, "version", "2.1.0");
    json_object_set_new(all, "runs", json_pack("[o]", run));
    return all;
}

/* ---- The whole ---- */

struct report *report_create(enum report_format format)
{
    struct report *r = xcalloc(1, sizeof *r);
    auto_free char *folder = realpath(".", NULL);
    r->format = format;
    r->folder = folder ? xprintf("%s%s", folder, folder[1] ? "/" : "") : xstrdup("/");
    r->files = json_array();
    r->faults = json_array();
    return r;
}

void report_add(struct report *r, const char *file, const struct cw_diags *diags,
                const struct config *config)
{
    if (r->format == REPORT_TEXT)
        print_text(file, diags, config);
    else if (r->format == REPORT_GITHUB)
        print_commands(r, file, diags);
    else if (r->format == REPORT_JSON)
        add_json(r, file, diags, config);
    else
        add_sarif(r, file, diags);
}

void report_end(struct report *r)
{
    if (r->format == REPORT_JSON || r->format == REPORT_SARIF) {
        json_t *all = r->format == REPORT_JSON ? json_of(r) : sarif_of(r);
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
    }
    json_decref(r->files);
    json_decref(r->faults);
    free(r->folder);
    free(r);
}
