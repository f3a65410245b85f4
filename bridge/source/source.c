/* source: from a request to events: verify, decode, answer probes, split, build. */
#include "../xalloc.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

void source_destroy(struct source *source)
{
    if (!source)
        return;
    for (size_t i = 0; i < source->n_verify; i++)
        verify_wipe(&source->verify[i]);
    cw_arena_destroy(source->arena); /* the source itself lies in it */
}

const char *source_name(const struct source *source)
{
    return source->name;
}

const char *source_path(const struct source *source)
{
    return source->path;
}

const char *source_family(const struct source *source)
{
    return source->family;
}

const char *const *source_types(const struct source *source)
{
    return source->types;
}

const char *const *source_known_types(const struct source *source)
{
    return source->known;
}

bool source_names_users(const struct source *source)
{
    return source->user.n > 0;
}

bool source_takes(const struct source *source, struct cw_text method)
{
    for (size_t i = 0; i < source->n_methods; i++)
        if (cw_text_is(method, source->methods[i]))
            return true;
    return false;
}

const char *source_allow(const struct source *source)
{
    return source->allow;
}

size_t source_body_limit(const struct source *source, size_t otherwise)
{
    return source->body_limit ? source->body_limit : otherwise;
}

struct source_scratch *source_scratch_create(void)
{
    struct source_scratch *scratch = xcalloc(1, sizeof *scratch);
    scratch->json = cw_json_create();
    scratch->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    scratch->digest = EVP_MD_CTX_new();
    if (!scratch->json || !scratch->sha256 || !scratch->digest)
        abort(); /* as xmalloc: no memory at the start */
    return scratch;
}

void source_scratch_destroy(struct source_scratch *scratch)
{
    if (!scratch)
        return;
    for (size_t i = 0; i < SCRATCH_MACS; i++)
        EVP_MAC_CTX_free(scratch->macs[i].ctx);
    EVP_MD_CTX_free(scratch->digest);
    EVP_MD_free(scratch->sha256);
    cw_json_destroy(scratch->json);
    free(scratch);
}

/* ---- Receiving ---- */

static void refuse(struct source_delivery *out, int status, const char *reason)
{
    if (!reason)
        reason = "the delivery needs too much memory";
    *out = (struct source_delivery){.verdict = SOURCE_REFUSED, .reason = reason};
    out->answer.status = status;
    out->answer.type = "text/plain; charset=utf-8";
    out->answer.body = cw_text_of(reason);
}

static struct http_answer answer(struct scope *scope, const struct reply *reply)
{
    struct http_answer made = {.status = reply->status};
    struct cw_value value = {.kind = CW_MISSING};
    if (reply->body)
        value = scope_render(scope, reply->body);
    made.body = scope_text(scope, &value);
    if (made.body.len) /* a copy: the answer may outlive the source, which a reload replaces */
        made.type = scope_printf(scope, "%s", reply->type);
    return made;
}

static bool is_plain(const struct http_request *request)
{
    size_t count;
    struct cw_text coding = scope_header(request, CW_TEXT("Content-Encoding"), &count);
    return !count || (count == 1 && coding.len == 8 && !memcmp(coding.at, "identity", 8));
}

static const struct challenge *challenge_of(struct scope *scope)
{
    const struct source *source = scope->source;
    for (size_t i = 0; i < source->n_challenges; i++) {
        struct cw_value value = scope_render(scope, source->challenges[i].when);
        struct cw_text text = scope_text(scope, &value), is = source->challenges[i].is;
        if (text.len && text.len == is.len && memcmp(text.at, is.at, is.len) == 0)
            return &source->challenges[i];
    }
    return NULL;
}

/* What holds the items: a list, or a missing value when the body is the one event. */
static const char *find_items(struct scope *scope, struct cw_value *out)
{
    *out = (struct cw_value){.kind = CW_MISSING};
    if (scope->is_lines) {
        *out = scope->body;
    } else if (scope->source->has_batch) {
        if (cw_value_get(&scope->body, scope->source->batch, scope->arena, out))
            scope->out_of_memory = true;
        if (out->kind != CW_LIST)
            return "there is no list of events in the body";
    }
    return out->kind == CW_LIST && cw_value_count(out) > SOURCE_BATCH
               ? "more than 1,000 events in one delivery"
               : NULL;
}

/* A bad item is dropped alone; when all are bad the delivery is refused. */
static void build(struct scope *scope, const struct verify *by, const struct cw_value *items,
                  struct source_delivery *out)
{
    bool batch = items->kind == CW_LIST;
    size_t n = batch ? cw_value_count(items) : 1, good = 0;
    struct source_event *events = scope_take(scope, n * sizeof *events);
    const char *reason = NULL;
    for (size_t i = 0; events && i < n && !scope->out_of_memory; i++) {
        scope->item = scope->body;
        if (batch && cw_value_item(items, i, scope->arena, &scope->item))
            scope->out_of_memory = true;
        if (scope->is_lines)
            scope->body = scope->item;
        good += event_build(scope, by, i, batch, &events[good], &reason);
    }
    out->events = events;
    out->n_events = good;
    if (scope->out_of_memory || (n && !good))
        refuse(out, 400, scope->out_of_memory ? NULL : reason);
}

/* Orders are taken from objects and lists of them, and only from what every reader reads alike. */
static const char *find_doubt(struct scope *scope)
{
    enum cw_kind kind = scope->body.kind;
    if (kind != CW_MISSING && kind != CW_OBJECT && kind != CW_LIST)
        return "the body is neither an object nor a list";
    unsigned doubts = cw_json_doubts(scope->scratch->json);
    if (kind == CW_MISSING || !doubts)
        return NULL;
    return doubts & CW_JSON_NAME_TWICE ? "a name that is read here stands twice in the body"
                                       : "the body has half of a surrogate pair";
}

static void decode(struct scope *scope, const struct verify *by, struct source_delivery *out)
{
    if (!is_plain(scope->request)) {
        refuse(out, 415, "encoded bodies (Content-Encoding) are not taken");
        return;
    }
    if (!decode_body(scope)) {
        refuse(out, 400, scope->body_fault);
        return;
    }
    const struct challenge *challenge = challenge_of(scope);
    if (challenge) {
        out->verdict = SOURCE_ANSWER;
        out->answer = answer(scope, &challenge->reply);
        return;
    }
    struct cw_value items;
    const char *fault = find_items(scope, &items);
    if (!fault) {
        out->verdict = SOURCE_EVENTS;
        out->answer = answer(scope, &scope->source->ack);
        build(scope, by, &items, out);
        fault = find_doubt(scope);
    }
    if (fault)
        refuse(out, 400, fault);
}

void source_receive(const struct source *source, struct source_scratch *scratch,
                    const struct http_request *request, int64_t now_ms, struct cw_arena *arena,
                    struct source_delivery *out)
{
    struct scope scope = {
        .source = source, .scratch = scratch, .request = request, .arena = arena, .now_ms = now_ms};
    *out = (struct source_delivery){.verdict = SOURCE_DENIED};
    const struct verify *by = verify_request(&scope, &out->reason);
    if (!by)
        return;
    struct cw_text payload = hide_proof(&scope);
    decode(&scope, by, out);
    out->payload = payload;
}

/* ---- Telling ---- */

void source_tell(const struct source *source, struct cw_text text, struct cw_arena *arena,
                 struct http_answer *out)
{
    struct scope scope = {.source = source, .arena = arena, .told = text};
    struct cw_value value = {.kind = CW_MISSING};
    if (source && source->told.body)
        value = scope_render(&scope, source->told.body);
    struct cw_text body = scope_text(&scope, &value);
    *out = (struct http_answer){.status = 200, .type = "text/plain; charset=utf-8", .body = text};
    if (!body.len)
        return;
    out->status = source->told.status;
    out->body = body;
    out->type = scope_printf(&scope, "%s", source->told.type);
}
