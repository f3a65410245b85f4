/* source: what one provider's requests look like, all of it from declarative YAML.
 *
 * verify before parse: nothing of a body is looked at before it is proven genuine. A source is
 * immutable after compile; the scratch belongs to one thread. */
#ifndef SOURCE_H
#define SOURCE_H

#include "../secret.h"
#include "http/http.h"

#include <clockwire/rules.h>

struct source;
struct source_scratch; /* JSON reader, MAC contexts */

struct source_deps {
    struct secrets *secrets;
    struct cw_diags *diags;
    enum cw_severity missing_secret; /* CW_ERROR for the daemon, CW_WARNING for `check` */
    const char *preset_folder;       /* NULL: only the built-in presets */
};

/* Compiles `name: { path, preset, verify, ... }` over its preset. Faults go to deps->diags at
 * their place. Returns: CW_EINVAL when there was an error. */
enum cw_status source_compile(const struct cw_node *key, const struct cw_node *map,
                              const struct source_deps *deps, struct source **out) CW_CHECKED;
void source_destroy(struct source *source); /* wipes its secrets */

const char *source_name(const struct source *source);
const char *source_path(const struct source *source);
const char *source_family(const struct source *source);       /* or NULL */
const char *const *source_types(const struct source *source); /* NULL-ended, or NULL: any */
/* Of any type those that are known to come, "x_*" for all that begin so; NULL-ended, or NULL. */
const char *const *source_known_types(const struct source *source);
bool source_names_users(const struct source *source);
bool source_takes(const struct source *source, struct cw_text method);
const char *source_allow(const struct source *source); /* "POST" or "GET, POST": for 405 */
size_t source_body_limit(const struct source *source, size_t otherwise);

struct source_scratch *source_scratch_create(void);
void source_scratch_destroy(struct source_scratch *scratch);

enum source_verdict {
    SOURCE_EVENTS, /* genuine and decoded: 0..n events */
    SOURCE_ANSWER, /* a handshake or probe: send `answer`, keep nothing */
    SOURCE_DENIED, /* not genuine: 401, nothing but a counter */
    SOURCE_REFUSED /* genuine but not decodable: `answer` says 400 (or what the preset says) */
};

struct source_event {
    struct cw_event event;
    struct cw_value entry;  /* of awork: the time entry that it tells of, CW_MISSING: none */
    struct cw_text keys[3]; /* "id:...", "sha:...", "key:...": any of them seen: a duplicate */
    size_t n_keys;
};

struct source_delivery {
    enum source_verdict verdict;
    struct http_answer answer; /* for all but DENIED; for EVENTS: after the commit */
    const char *reason;        /* of DENIED and REFUSED: one line without payload or secrets */
    const struct source_event *events;
    size_t n_events;
    struct cw_text payload; /* the body as it may be kept: without the token that proved it */
};

/* Verifies and decodes. Lives: *out lies in `arena`, the scratch and the request until the next
 * call. Limits: 1,000 events in a batch. Never fails but for memory (which ends the process). */
void source_receive(const struct source *source, struct source_scratch *scratch,
                    const struct http_request *request, int64_t now_ms, struct cw_arena *arena,
                    struct source_delivery *out);

/* What to answer when a rule has something to say, as the source's senders expect it; the text
 * alone when `source` is NULL. Lives: in `arena`, or it is `text` itself. */
void source_tell(const struct source *source, struct cw_text text, struct cw_arena *arena,
                 struct http_answer *out);

/* The headers with which the provider would send this body: for `clockwire send` and tests.
 * Lives: in `arena`. Returns: CW_EINVAL when the source's scheme cannot be signed here. */
enum cw_status source_sign(const struct source *source, struct cw_text body, int64_t now_ms,
                           struct cw_arena *arena, struct http_header **headers, size_t *n,
                           struct cw_error *err) CW_CHECKED;

#endif
