/* grammar: the keys of the mappings that the daemon reads beside the rules: sources and tests.
 *
 * The readers look keys up here, "did you mean" chooses among them, and the JSON Schema is made of
 * them. The settings have a table of their own, config.def. */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include <clockwire/error.h>
#include <stdbool.h>

enum key_state { KEY_OPTIONAL, KEY_REQUIRED, KEY_LATER }; /* later: not in this build */

struct key {
    const char *name; /* NULL ends a table */
    const char *form; /* what its value looks like: a definition of the schema; or NULL */
    enum key_state state;
    const char *help; /* one sentence; editors show it */
};

extern const struct key grammar_source[];
extern const struct key grammar_pick[], grammar_first[], grammar_all[];
extern const struct key grammar_dedupe[], grammar_challenge[], grammar_reply[];
/* The schemes of `verify`. */
extern const struct key grammar_hmac[], grammar_bearer[], grammar_basic[], grammar_token[];
extern const struct key grammar_equals[];
extern const struct key grammar_list[], grammar_time[], grammar_place[];
extern const struct key grammar_test[], grammar_step[];

/* Words, NULL-ended. */
extern const char *const grammar_digests[], *const grammar_encodings[];
extern const char *const grammar_key_encodings[], *const grammar_time_units[];
extern const char *const grammar_decoders[], *const grammar_timers[];
extern const char *const grammar_payloads[], *const grammar_levels[]; /* in the order of enums */
extern const char *const grammar_formats[], *const grammar_policies[];

enum { GRAMMAR_WORDS = 64 };

/* Returns: NULL when the table has no such key. */
const struct key *grammar_find(const struct key *keys, struct cw_text name);
/* The names of those that are not for later, NULL-ended, for "did you mean". */
size_t grammar_words(const struct key *keys, const char *words[GRAMMAR_WORDS]);

#endif
