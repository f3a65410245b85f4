/* Any bytes as a delivery: the first byte picks the source, the second the Content-Type, the rest
 * is the body, after a line for the query. All sources here believe everybody or sign themselves,
 * so that the bytes get past the door. */
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const yaml[] = {
    "a: { path: /a, preset: github, verify: none }",
    "a: { path: /a, preset: calcom, verify: none }",
    "a: { path: /a, preset: generic, verify: none }",
    "a: { path: /a, type: '${body.kind}', user: '${body.email}', verify: none, batch: events, "
    "fields: { x: '${item.x | upper}', y: '${query.y}', z: '${form.z | default: none}' }, dedupe: "
    "{ key: '${event.x}/${event.type}' } }",
    "a: { path: /a, decode: [form, form.payload], type: ['${form.t}', '${body.t}'], verify: { "
    "token: 0123456789abcdef, from: '${form.token}' } }",
    "a: { path: /a, type: x, verify: { hmac: sha256, header: S, list: { separator: ',', version: "
    "'v1=' }, content: '${sig.t}.${form.payload}', time: { from: '${sig.t}', tolerance: 1 minute "
    "}, secret: 0123456789abcdef } }",
    "a: { path: /a, preset: generic, verify: { basic: 'a:0123456789abcdef' } }",
    "a: { path: /a, preset: github, verify: { secret: 0123456789abcdef } }",
    "a: { path: /a, preset: mattermost, verify: { token: [first-0123456789, 0123456789abcdef] } }",
};

enum { N_SOURCES = sizeof yaml / sizeof yaml[0] };

static const char *const types[] = {"application/json", "application/x-www-form-urlencoded",
                                    "application/x-ndjson", "text/plain"};

static struct source *sources[N_SOURCES];
static struct source_scratch *scratch;

static void setup(void)
{
    struct cw_diags *diags = cw_diags_create();
    struct secrets *secrets = secrets_create(NULL);
    const struct source_deps deps = {secrets, diags, CW_ERROR, NULL};
    for (size_t i = 0; i < N_SOURCES; i++) {
        struct cw_doc *doc;
        if (cw_doc_parse("fuzz", cw_text_of(yaml[i]), NULL, diags, &doc))
            abort();
        const struct cw_node *root = cw_doc_root(doc);
        if (source_compile(cw_node_key(root, 0), cw_node_value(root, 0), &deps, &sources[i])) {
            fputs(cw_diags_render(diags, false), stderr);
            abort();
        }
        cw_doc_destroy(doc);
    }
    secrets_destroy(secrets);
    cw_diags_destroy(diags);
    scratch = source_scratch_create();
}

/* Looks at everything that was handed out, so that a sanitizer sees what is dangling. */
static size_t touch(struct cw_text text)
{
    size_t sum = 0;
    for (size_t i = 0; i < text.len; i++)
        sum += (unsigned char)text.at[i];
    return sum;
}

static size_t look(const struct source_delivery *got, bool is_token, struct cw_arena *arena)
{
    static const char token[] = "0123456789abcdef";
    size_t sum = touch(got->answer.body) + (got->reason ? strlen(got->reason) : 0);
    /* What proved a delivery is not kept with it. */
    if (is_token && got->payload.len &&
        memmem(got->payload.at, got->payload.len, token, sizeof token - 1))
        abort();
    sum += touch(got->payload);
    for (size_t i = 0; i < got->n_events; i++) {
        const struct source_event *e = &got->events[i];
        struct cw_text text;
        sum += touch(e->event.id) + touch(e->event.type) + touch(e->event.provider_type);
        for (size_t k = 0; k < e->n_keys; k++)
            sum += touch(e->keys[k]);
        for (size_t f = 0; f < e->event.n_fields; f++)
            if (!cw_value_text(&e->event.fields[f].value, arena, &text))
                sum += touch(text);
        if (!e->event.type.len || !e->event.id.len || !e->n_keys)
            abort(); /* each event has a type, an id and something to be known by */
        if (!cw_value_print(&e->event.user, arena, &text))
            sum += touch(text);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!scratch)
        setup();
    if (size < 2)
        return 0;
    const char *at = (const char *)data + 2;
    const char *end = memchr(at, '\n', size - 2);
    size_t query = end ? (size_t)(end - at) : 0, skip = end ? query + 1 : 0;
    struct cw_text first = {at, query}, body = {at + skip, size - 2 - skip};
    const struct http_header headers[] = {{CW_TEXT("Content-Type"), cw_text_of(types[data[1] % 4])},
                                          {CW_TEXT("X-GitHub-Event"), CW_TEXT("push")},
                                          {CW_TEXT("X-GitHub-Delivery"), CW_TEXT("1")},
                                          {CW_TEXT("S"), first},
                                          {CW_TEXT("Authorization"), first},
                                          {CW_TEXT("X-Hub-Signature-256"), first}};
    const struct http_request request = {.method = CW_TEXT("POST"),
                                         .path = CW_TEXT("/a"),
                                         .query = first,
                                         .headers = headers,
                                         .n_headers = 6,
                                         .body = body};
    struct cw_arena *arena = cw_arena_create(data[1] & 4 ? 20000 : 64 << 20);
    struct source_delivery got;
    source_receive(sources[data[0] % N_SOURCES], scratch, &request, 1780000000000, arena, &got);
    if (look(&got, data[0] % N_SOURCES == N_SOURCES - 1, arena) == SIZE_MAX)
        abort(); /* so that looking is not optimised away */
    cw_arena_destroy(arena);
    return 0;
}
