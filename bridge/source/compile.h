/* compile: what the halves of the compiler share. A key of the user's map hides the preset's. */
#ifndef SOURCE_COMPILE_H
#define SOURCE_COMPILE_H

#include "../grammar.h"
#include "parts.h"

enum roots {
    ROOTS_DELIVERY,
    ROOTS_SIGNED,
    ROOTS_EVENT,
    ROOTS_REPLY
}; /* which paths a template may read */

struct compile {
    const struct source_deps *deps;
    struct source *source;
    const struct cw_node *key, *user, *preset; /* preset: NULL when there is none */
    const char *preset_name;
    bool failed;
};

/* Adds an error at a node; `hint` may be NULL. */
void compile_fault(struct compile *c, const struct cw_node *at, const char *code, const char *hint,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
void compile_later(struct compile *c, const struct cw_node *at, const char *word);
/* An unknown word: finds the nearest of the NULL-ended list for the hint. */
void compile_unknown(struct compile *c, const struct cw_node *at, const char *code,
                     const char *what, const char *const *words);
bool compile_is(struct compile *c, const struct cw_node *node, enum cw_node_kind kind,
                const char *what);
/* True when an unknown key of the source was probably meant to be `key`. */
bool compile_meant(const struct compile *c, const char *key);
/* Every key of the map must be in the table; those for later are refused by name. */
void compile_keys(struct compile *c, const struct cw_node *map, const struct key *keys);
const struct cw_node *compile_get(const struct compile *c, const char *key);
struct cw_text compile_copy(struct compile *c, struct cw_text text);
void *compile_take(struct compile *c, size_t size);
bool compile_is_name(struct cw_text text);  /* [a-z][a-z0-9_]* */
bool compile_is_token(struct cw_text text); /* what HTTP calls so: a header's name */

/* compile_extract.c. NULL and false: a fault was added. */
const struct cw_template *compile_template(struct compile *c, const struct cw_node *node,
                                           enum roots roots);
bool compile_roots(struct compile *c, const struct cw_node *node, const struct cw_template *tpl,
                   enum roots roots);
/* A fault in the text of a scalar, at its offset. */
void compile_fault_in(struct compile *c, const struct cw_node *node, const char *code,
                      const struct cw_error *err);
void compile_extract(struct compile *c, const struct cw_node *node, struct extract *out);
void compile_events(struct compile *c); /* type id user fields types headers batch dedupe */

/* compile_content.c: `node` NULL is ${body} */
void compile_content(struct compile *c, const struct cw_node *node, struct verify *out);

/* compile_verify.c */
void compile_verify(struct compile *c);

/* compile_answer.c */
void compile_answers(struct compile *c); /* ack reply challenge send */

#endif
