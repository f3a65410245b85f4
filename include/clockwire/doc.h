/* doc: text that people and machines send, with places: YAML documents and the diagnostics about
 * them, JSON events, values and paths into them.
 *
 * YAML is a strict subset (no anchors, aliases, tags, merge keys, directives, second documents,
 * duplicate keys); every node knows its file, line and column. JSON is exactly RFC 8259 and is read
 * in one validating pass over the bytes without a tree of heap objects.
 *
 * A configuration goes cw_doc_parse -> cw_ruleset_compile (rules.h), both with one cw_diags, then
 * cw_diags_render. A host that reads `include` calls cw_doc_add for each further file, and
 * cw_doc_join, in between. An event goes cw_json_read -> cw_json_root -> cw_match (rules.h). */
#ifndef CLOCKWIRE_DOC_H
#define CLOCKWIRE_DOC_H

#include <stdbool.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Diagnostics: faults in what people write, all of them in one run ---- */

enum cw_severity { CW_ERROR, CW_WARNING, CW_NOTE };

struct cw_place {
    const char *file; /* NULL when unknown */
    uint32_t line;    /* from 1; 0 when unknown */
    uint32_t column;  /* from 1, in characters */
    uint32_t width;   /* characters to underline, at least 1 */
};

struct cw_diag {
    enum cw_severity severity;
    const char *code; /* stable, such as "unknown-key"; the list is rules/diag.def */
    struct cw_place place;
    const char *text; /* one line; control bytes are escaped */
    const char *hint; /* "did you mean `when`?", or NULL */
};

struct cw_diags;

/* Collects the faults of any number of files. */
struct cw_diags *cw_diags_create(void);
void cw_diags_destroy(struct cw_diags *diags);
/* Remembers the text of a file so that its lines can be shown. Owns: a copy. */
void cw_diags_file(struct cw_diags *diags, const char *file, struct cw_text text);
/* Everything is copied. `code` is one of rules/diag.def. Limits: 200 diagnostics are kept, more are
 * counted; texts of 1 KiB. A memory shortage is kept as a diagnostic. */
void cw_diags_add(struct cw_diags *diags, enum cw_severity severity, const char *code,
                  struct cw_place place, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
size_t cw_diags_count(const struct cw_diags *diags,
                      enum cw_severity severity);    /* unkept ones too */
size_t cw_diags_total(const struct cw_diags *diags); /* those kept, for cw_diags_get */
/* In the order of file (as they came), line, column. Lives: until the next add or destroy. */
const struct cw_diag *cw_diags_get(const struct cw_diags *diags, size_t i);
/* Renders all: `file:line:column: error[code]: text`, the line, a caret, the hint. The text is the
 * caller's to free(). Returns: NULL when memory is short. */
char *cw_diags_render(const struct cw_diags *diags, bool colour);

/* The table of codes, rules/diag.def, for tools that show it. Returns: NULL behind the end. */
struct cw_diag_code {
    const char *code;
    enum cw_severity severity; /* the usual one */
    const char *text;          /* what it means, one sentence or more */
};
const struct cw_diag_code *cw_diags_code(size_t i);

/* The nearest of `words` to a mistyped one, or NULL when none is near. */
const char *cw_nearest(struct cw_text word, const char *const *words, size_t n);

/* ---- YAML documents ---- */

struct cw_doc;
struct cw_node;
enum cw_node_kind { CW_NODE_SCALAR, CW_NODE_SEQ, CW_NODE_MAP };

struct cw_doc_limits {
    size_t bytes;   /* of the text; 0: 64 MiB */
    size_t nodes;   /* 0: 4 million */
    unsigned depth; /* 0: 32; flow collections at most 16 */
    size_t entry;   /* nodes of one rule, person, source, ...; 0: 10,000 */
    bool mend;      /* a file with faults in some of its entries is taken without these */
};

/* Reads one document. `file` is its name in places. Faults go to `diags` (needed), which also
 * remembers the text (cw_diags_file); a document that is taken may have warnings. `limits` may be
 * NULL. Returns: CW_ESYNTAX or CW_ELIMIT when it is refused, CW_NOMEM. Owns: the caller destroys
 * *out; nodes live as long as it; `text` and `file` are copied. Limits: texts of 64 KiB; 1 MiB of
 * bytes without a value. */
enum cw_status cw_doc_parse(const char *file, struct cw_text text,
                            const struct cw_doc_limits *limits, struct cw_diags *diags,
                            struct cw_doc **out) CW_CHECKED;
void cw_doc_destroy(struct cw_doc *doc);
/* Whether entries (rules, people, sources) are left out because of their faults, which have been
 * told: with limits.mend, so that the faults in the others are found in the same run. No ruleset is
 * made of such a document. Limits: files of 256 KiB, 10 faults. */
bool cw_doc_is_partial(const struct cw_doc *doc);
/* Reads one more file into a document: one that its `include`, or that of another file, names. The
 * host finds and reads files. Its `limits` hold for all files together. *out_root is this file's
 * own root. Returns: as cw_doc_parse; the document itself stays as it was. */
enum cw_status cw_doc_add(struct cw_doc *doc, const char *file, struct cw_text text,
                          struct cw_diags *diags, const struct cw_node **out_root) CW_CHECKED;
/* Makes one of all files, in their order: sections that are lists or mappings are put together,
 * `include` is gone, `version` is the first file's. From then on cw_doc_root is the whole; every
 * node keeps the place in its file. Returns: CW_ESYNTAX when two files give the same name, or the
 * same section differently, CW_NOMEM. */
enum cw_status cw_doc_join(struct cw_doc *doc, struct cw_diags *diags) CW_CHECKED;
/* Never NULL; an empty document is an empty scalar. */
const struct cw_node *cw_doc_root(const struct cw_doc *doc);

/* The kind says which of the functions below apply; asking a node of another kind is the caller's
 * fault (cw_node_text, _count and _get are the exceptions: empty, 0, NULL). */
enum cw_node_kind cw_node_kind(const struct cw_node *node);
struct cw_place cw_node_place(const struct cw_node *node);
struct cw_text cw_node_text(const struct cw_node *node); /* scalars; ends with NUL; else empty */
bool cw_node_is_plain(const struct cw_node *node);       /* a scalar without quotes */
bool cw_node_is_null(const struct cw_node *node);        /* plain, and nothing, ~ or null */
size_t cw_node_count(const struct cw_node *node);        /* items or pairs; 0 for scalars */
/* Item, key and value: `i` must be smaller than the count. */
const struct cw_node *cw_node_item(const struct cw_node *seq, size_t i);
const struct cw_node *cw_node_key(const struct cw_node *map, size_t i);
const struct cw_node *cw_node_value(const struct cw_node *map, size_t i);
const struct cw_node *cw_node_get(const struct cw_node *map, const char *key); /* or NULL */

/* "10 minutes": digits, one blank, millisecond|second|minute|hour|day[s]; a day is 24 hours.
 * Returns: CW_ESYNTAX, CW_ELIMIT. Limits: 3650 days. */
enum cw_status cw_duration_parse(struct cw_text text, int64_t *out_ms,
                                 struct cw_error *err) CW_CHECKED;

/* RFC 3339, or "2026-03-02 10:00" (":30" may follow; a day alone is its midnight) as a wall clock
 * of `zone` shows it, whose TZif bytes are `tzif` (empty: UTC): of a doubled hour the first time,
 * of a missing one the moment of the change. `arena` is for passing use. */
enum cw_status cw_moment_parse(struct cw_text text, struct cw_text zone, struct cw_text tzif,
                               struct cw_arena *arena, int64_t *out_ms,
                               struct cw_error *err) CW_CHECKED;

/* ---- Values ---- */

enum cw_kind { CW_MISSING = 0, CW_NULL, CW_BOOL, CW_NUMBER, CW_STRING, CW_LIST, CW_OBJECT };

struct cw_json;

/* One value. Plain data, copied freely; what it points to lives as long as the JSON text and
 * reader, or the arena, that it came from. */
struct cw_value {
    enum cw_kind kind;
    bool truth;                   /* CW_BOOL */
    struct cw_text text;          /* CW_STRING: decoded; CW_NUMBER: the digits as sent */
    const struct cw_value *items; /* CW_LIST: made by a [*] or by the host; NULL: in `json` */
    size_t n_items;
    const struct cw_json *json; /* CW_LIST, CW_OBJECT: in this JSON text at `node` */
    uint32_t node;
};

struct cw_value cw_value_string(struct cw_text text);
/* Items of a list (0 for other kinds), and the i-th (missing behind the end); strings with escapes
 * are decoded into `arena`. Walking up from 0 is linear. */
size_t cw_value_count(const struct cw_value *value);
enum cw_status cw_value_item(const struct cw_value *list, size_t i, struct cw_arena *arena,
                             struct cw_value *out) CW_CHECKED;
/* The value as text for people and requests: strings as they are, numbers as sent, true/false,
 * null as "", lists and objects as JSON. Lives: in `arena` or the value. */
enum cw_status cw_value_text(const struct cw_value *value, struct cw_arena *arena,
                             struct cw_text *out) CW_CHECKED;
/* The value as JSON, UTF-8, without blanks; missing prints as null, a lone surrogate as U+FFFD;
 * names given twice stay twice. Lives: in `arena`. */
enum cw_status cw_value_print(const struct cw_value *value, struct cw_arena *arena,
                              struct cw_text *out) CW_CHECKED;

/* ---- JSON: one validating pass, then look-ups ---- */

/* A reader, reused for many texts; it keeps a tape of 16 bytes per value, no tree. The values of
 * a text are gone with the next cw_json_read. */
struct cw_json *cw_json_create(void);
void cw_json_destroy(struct cw_json *json);
/* Validates `text` (borrowed, must outlive the values) by RFC 8259: UTF-8 checked, no BOM, depth
 * at most 512; duplicate names are legal and the last one counts; numbers keep their digits; a lone
 * surrogate escape reads as U+FFFD. Returns: CW_ESYNTAX with err->at, CW_ELIMIT, CW_NOMEM; the
 * root is missing then. */
enum cw_status cw_json_read(struct cw_json *json, struct cw_text text,
                            struct cw_error *err) CW_CHECKED;
/* Limits: a budget for the tape; 0 is 64 MiB. */
void cw_json_limit(struct cw_json *json, size_t tape_bytes);
struct cw_value cw_json_root(const struct cw_json *json);

/* Legal JSON that two readers may read differently; a host that takes orders from it may refuse. */
enum cw_json_doubt {
    CW_JSON_LONE_SURROGATE = 1, /* somewhere in the text; read as U+FFFD */
    CW_JSON_NAME_TWICE = 2      /* a look-up since cw_json_read met its name twice in one object */
};
unsigned cw_json_doubts(const struct cw_json *json); /* cw_json_doubt, or-ed */

/* ---- Paths: names with dots, [0], [-1], [*], ['odd name'] ---- */

enum cw_step_kind { CW_STEP_NAME, CW_STEP_INDEX, CW_STEP_EACH };
struct cw_step {
    enum cw_step_kind kind;
    int32_t index;       /* negative counts from the end */
    struct cw_text name; /* decoded */
};
struct cw_path {
    const struct cw_step *steps;
    size_t n;
};

/* Compiles a path. Names outside of quotes hold no blanks, quotes, brackets or any of |\,*?=<>!&;
 * in ['...'] the escapes are \' and \\. Limits: 1 KiB, 32 steps. Returns: CW_ESYNTAX with err->at,
 * CW_NOMEM. Lives: *out in `arena`. */
enum cw_status cw_path_parse(struct cw_text text, struct cw_arena *arena, struct cw_path *out,
                             struct cw_error *err) CW_CHECKED;
/* Without its first steps; at most path.n. */
struct cw_path cw_path_skip(struct cw_path path, size_t steps);
/* Follows a path. *out is CW_MISSING when there is nothing; with [*] it is a list of what was
 * found (missing when the thing under [*] is no list). Returns: CW_NOMEM only. */
enum cw_status cw_value_get(const struct cw_value *from, struct cw_path path,
                            struct cw_arena *arena, struct cw_value *out) CW_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
