/* report: what `check` found, in one of four forms of the same rows: text for people, json, sarif
 * (2.1.0) and github (workflow commands). Text and github are printed as the files come, json and
 * sarif at the end. */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "../config.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_SARIF, REPORT_GITHUB };

struct report;

/* Returns: false when there is no such form. NULL is text. */
bool report_format_named(const char *name, enum report_format *out);

struct report *report_create(enum report_format format);
/* The diagnostics of one configuration; `config` is NULL when it has errors. */
void report_add(struct report *report, const char *file, const struct cw_diags *diags,
                const struct config *config);
/* Prints what is not printed yet. */
void report_end(struct report *report);

#endif
