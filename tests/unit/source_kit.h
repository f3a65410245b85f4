/* source_kit: a source from a few lines of YAML, and a request to hand to it. */
#ifndef SOURCE_KIT_H
#define SOURCE_KIT_H

#include "check.h"
#include "log.h"
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIT_HEADERS = 40 };
#define KIT_NOW_MS 1780000000000LL

struct kit {
    struct source *source; /* NULL: it was refused; see text */
    struct cw_diags *diags;
    char *text; /* the diagnostics, rendered */
    struct source_scratch *scratch;
    struct cw_arena *arena;
    struct http_header headers[KIT_HEADERS];
    struct http_request request;
    struct source_delivery got;
};

/* Compiles `NAME: { ... }`, whatever the first key of the document is. */
static inline void kit_open(struct kit *kit, const char *yaml)
{
    memset(kit, 0, sizeof *kit);
    log_setup(LOG_ERROR, LOG_JSON, 2);
    kit->diags = cw_diags_create();
    kit->arena = cw_arena_create(64 << 20);
    kit->scratch = source_scratch_create();
    struct secrets *secrets = secrets_create("/nonexistent");
    struct cw_doc *doc = NULL;
    const struct source_deps deps = {secrets, kit->diags, CW_ERROR, NULL};
    cw_diags_file(kit->diags, "test.yaml", cw_text_of(yaml));
    enum cw_status status = CW_ESYNTAX;
    if (!cw_doc_parse("test.yaml", cw_text_of(yaml), NULL, kit->diags, &doc))
        status = source_compile(cw_node_key(cw_doc_root(doc), 0),
                                cw_node_value(cw_doc_root(doc), 0), &deps, &kit->source);
    CHECK_INT(status != CW_OK, cw_diags_count(kit->diags, CW_ERROR) > 0);
    kit->text = cw_diags_render(kit->diags, false);
    cw_doc_destroy(doc);
    secrets_destroy(secrets);
    kit->request = (struct http_request){.method = CW_TEXT("POST"),
                                         .path = CW_TEXT("/hooks/x"),
                                         .headers = kit->headers,
                                         .peer = "127.0.0.1"};
}

static inline bool kit_good(struct kit *kit, const char *yaml)
{
    kit_open(kit, yaml);
    if (!CHECK(kit->source != NULL))
        fprintf(stderr, "%s\n%s", yaml, kit->text);
    return kit->source != NULL;
}

static inline void kit_close(struct kit *kit)
{
    source_destroy(kit->source);
    source_scratch_destroy(kit->scratch);
    cw_arena_destroy(kit->arena);
    cw_diags_destroy(kit->diags);
    free(kit->text);
}

static inline void kit_header(struct kit *kit, const char *name, const char *value)
{
    if (kit->request.n_headers == KIT_HEADERS)
        exit(1);
    kit->headers[kit->request.n_headers++] =
        (struct http_header){cw_text_of(name), cw_text_of(value)};
}

static inline enum source_verdict kit_send(struct kit *kit, struct cw_text body, int64_t now_ms)
{
    kit->request.body = body;
    cw_arena_reset(kit->arena);
    source_receive(kit->source, kit->scratch, &kit->request, now_ms, kit->arena, &kit->got);
    return kit->got.verdict;
}

/* Sends with the headers that `sign` makes. */
static inline enum source_verdict kit_signed(struct kit *kit, struct cw_text body, int64_t now_ms)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct http_header *headers;
    struct cw_error err = {0};
    size_t n = 0;
    enum source_verdict verdict = SOURCE_DENIED;
    if (CHECK_INT(source_sign(kit->source, body, now_ms, arena, &headers, &n, &err), CW_OK)) {
        kit->request.headers = headers;
        kit->request.n_headers = n;
        verdict = kit_send(kit, body, now_ms);
        kit->request.headers = kit->headers;
        kit->request.n_headers = 0;
    } else {
        fprintf(stderr, "  %s\n", err.text);
    }
    cw_arena_destroy(arena);
    return verdict;
}

/* A field of the i-th event as text, "" when it is missing. */
static inline const char *kit_field(struct kit *kit, size_t i, const char *name)
{
    if (i >= kit->got.n_events)
        return "(no such event)";
    const struct cw_event *event = &kit->got.events[i].event;
    struct cw_text text = {"", 0};
    for (size_t f = 0; f < event->n_fields; f++)
        if (cw_text_is(event->fields[f].name, name) &&
            cw_value_text(&event->fields[f].value, kit->arena, &text))
            exit(1);
    return cw_arena_copy(kit->arena, text);
}

static inline const char *kit_str(struct kit *kit, struct cw_text text)
{
    return cw_arena_copy(kit->arena, text);
}

static inline const char *kit_user(struct kit *kit, size_t i)
{
    struct cw_text text = {"", 0};
    if (i < kit->got.n_events && kit->got.events[i].event.user.kind != CW_MISSING &&
        cw_value_text(&kit->got.events[i].event.user, kit->arena, &text))
        exit(1);
    return cw_arena_copy(kit->arena, text);
}

/* Reads NAME.headers: first line "METHOD target", then Name: value. Keeps *text. */
static inline void kit_headers_file(struct kit *kit, const char *path, char **text)
{
    *text = check_read(path, NULL);
    kit->request.n_headers = 0;
    char *save, *line = strtok_r(*text, "\n", &save);
    char *target = line ? strchr(line, ' ') : NULL;
    if (!target)
        exit(1);
    *target++ = '\0';
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    kit->request.method = cw_text_of(line);
    kit->request.path = cw_text_of(target);
    kit->request.query = cw_text_of(query);
    while ((line = strtok_r(NULL, "\n", &save))) {
        char *value = strchr(line, ':');
        if (!value)
            exit(1);
        *value++ = '\0';
        while (*value == ' ')
            value++;
        kit_header(kit, line, value);
    }
}

#endif
