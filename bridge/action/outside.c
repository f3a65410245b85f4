#include "action/outside.h"

#include "action/late.h"

#include "tell.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RENDER_BYTES = 4 << 20, HEADER_BYTES = 4096 };

/* ---- Headers ---- */

/* Those that say how the request itself is sent are libcurl's. */
static bool is_own(struct cw_text name)
{
    static const char *const own[] = {"Host",       "Content-Length", "Transfer-Encoding",
                                      "Connection", "Expect",         "TE",
                                      "Trailer",    "Upgrade",        "Keep-Alive"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (name.len == strlen(own[i]) && strncasecmp(name.at, own[i], name.len) == 0)
            return true;
    return name.len >= 6 && strncasecmp(name.at, "Proxy-", 6) == 0;
}

static const char *header_name_fault(struct cw_text name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-.^_`|~";
    if (!name.len || name.len > 100 || strspn(name.at, token) < name.len)
        return "is not the name of a header";
    return is_own(name) ? "is a header that requests get by themselves" : NULL;
}

static bool is_header_value(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '\t' && (text.at[i] < ' ' || text.at[i] > '~'))
            return false;
    return text.len && text.len <= HEADER_BYTES && text.at[0] != ' ';
}

/* ---- What is written in the configuration ---- */

/* Each ${...} as one letter, since what is in it is not known yet. */
static char *without_templates(struct cw_text text)
{
    char *out = xmalloc(text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *end = memchr(text.at + i, '}', text.len - i);
        if (text.at[i] != '$' || i + 1 >= text.len || text.at[i + 1] != '{' || !end) {
            out[n++] = text.at[i];
            continue;
        }
        out[n++] = 'x';
        i = (size_t)(end - text.at);
    }
    out[n] = '\0';
    return out;
}

static enum cw_status judge_url(struct cw_text text, const char *const *plain, struct cw_error *err)
{
    auto_free char *url = without_templates(text);
    bool all_is_late = text.len > 1 && text.at[0] == '$' && text.at[1] == '{';
    return all_is_late ? CW_OK : transport_check_url(url, plain, err);
}

enum cw_status action_judge(void *ctx, const char *action, const char *argument,
                            struct cw_text name, struct cw_text text, struct cw_error *err)
{
    (void)action;
    if (strcmp(argument, "url") == 0 || strcmp(argument, "chat") == 0)
        return judge_url(text, ctx, err);
    const char *fault = header_name_fault(name);
    auto_free char *value = without_templates(text);
    if (fault)
        return cw_fail(err, CW_EINVAL, "`%.*s` %s", (int)(name.len > 100 ? 100 : name.len), name.at,
                       fault);
    if (!is_header_value(cw_text_of(value)))
        return cw_fail(err, CW_EINVAL, "the value of a header is one line of plain characters");
    return CW_OK;
}

/* ---- Rendering what was left for this moment ---- */

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    const struct action_turn *t = ctx;
    struct cw_text root = path.steps[0].name;
    const char *value = NULL;
    char name[200];
    (void)arena;
    (void)err;
    if (path.n == 2 && cw_text_is(root, "user") && cw_text_is(path.steps[1].name, "chat")) {
        value = t->person->chat;
    } else if (path.n == 2) {
        snprintf(name, sizeof name, "%.*s.%.*s", (int)root.len, root.at,
                 (int)path.steps[1].name.len, path.steps[1].name.at);
        value = people_outside(t->people, cw_text_of(name));
    }
    *out = value ? cw_value_string(cw_text_of(value)) : (struct cw_value){.kind = CW_MISSING};
    return CW_OK;
}

struct rendering {
    const struct action_turn *t;
    struct cw_arena *arena;
    struct cw_error *err;
};

/* A template of the journal becomes its value. */
static json_t *render_leaf(void *ctx, const json_t *text)
{
    const struct rendering *r = ctx;
    if (!json_is_string(text))
        return json_deep_copy(late_known(text));
    const struct cw_scope scope = {look_up, (void *)r->t, r->t->person->zone};
    struct cw_text from = {json_string_value(text), json_string_length(text)}, printed;
    const struct cw_template *tpl = NULL;
    struct cw_value made;
    enum cw_status st = cw_template_parse(from, r->arena, &tpl, r->err);
    if (!st)
        st = cw_template_render(tpl, &scope, r->arena, &made, r->err);
    if (st == CW_NOMEM || (!st && cw_value_print(&made, r->arena, &printed)))
        abort();
    return st ? NULL : tell_read(printed, JSON_DECODE_ANY);
}

/* The argument as it leaves. Returns: a new value, NULL when it is not given or after a fault; only
 * then err->text is not empty. */
static json_t *argument(const struct rendering *r, const char *name)
{
    const json_t *open = json_object_get(json_object_get(r->t->args, "${}"), name);
    r->err->text[0] = '\0';
    return open ? late_map(open, render_leaf, (void *)r)
                : json_incref(json_object_get(r->t->args, name));
}

/* ---- The request ---- */

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void outside_wipe(struct outside *q)
{
    wipe(q->url);
    wipe(q->body);
    for (size_t i = 0; i < q->n_headers; i++)
        wipe(q->headers[i]);
    free(q->headers);
    *q = (struct outside){0};
}

static bool add_header(struct outside *q, const char *name, const json_t *value,
                       struct cw_error *err)
{
    struct cw_text text = {json_string_value(value), json_string_length(value)};
    if (header_name_fault(cw_text_of(name)) || !text.at || !is_header_value(text)) {
        cw_fail(err, CW_EINVAL, "the header %s is not one line of plain characters", name);
        return false;
    }
    q->headers = xrealloc(q->headers, (q->n_headers + 2) * sizeof *q->headers);
    q->headers[q->n_headers++] = xprintf("%s: %.*s", name, (int)text.len, text.at);
    q->headers[q->n_headers] = NULL;
    return true;
}

static bool add_headers(struct outside *q, const json_t *map, struct cw_error *err)
{
    const char *name;
    json_t *value;
    bool good = true;
    json_object_foreach((json_t *)map, name, value)
    {
        good = good && add_header(q, name, value, err);
    }
    return good;
}

static bool set_url(const struct rendering *r, struct outside *q, json_t *url)
{
    const char *text = json_string_value(url);
    size_t len = json_string_length(url);
    bool good = text && strlen(text) == len &&
                transport_check_url(text, r->t->people->target.plain_hosts, r->err) == CW_OK;
    if (good)
        q->url = xstrdup(text);
    else if (!r->err->text[0])
        cw_fail(r->err, CW_EINVAL, "there is no address");
    return good;
}

char *outside_stored(const struct action_turn *t, const char *name)
{
    const struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    struct cw_json *json = cw_json_create();
    struct cw_value root, found = {.kind = CW_MISSING};
    struct cw_text text = {NULL, 0};
    if (!json)
        abort();
    if (t->args_text.len && cw_json_read(json, t->args_text, NULL) == CW_OK) {
        root = cw_json_root(json);
        if (cw_value_get(&root, (struct cw_path){&step, 1}, t->arena, &found) ||
            cw_value_print(&found, t->arena, &text))
            abort();
    }
    cw_json_destroy(json);
    return found.kind != CW_MISSING ? xtext(text) : NULL;
}

static bool set_body(const struct rendering *r, struct outside *q, const json_t *json)
{
    bool is_get = strcmp(q->method, "GET") == 0;
    if (json && is_get) {
        cw_fail(r->err, CW_EINVAL, "a GET carries no json");
        return false;
    }
    q->body = json ? outside_stored(r->t, "json") : NULL;
    if (json && !q->body)
        q->body = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!q->body || strlen(q->body) <= OUTSIDE_BODY_BYTES)
        return true;
    cw_fail(r->err, CW_ELIMIT, "what is to be sent is larger than 256 KiB");
    return false;
}

/* One argument after the other: none of them lives longer than it must. */
static bool make_call(const struct rendering *r, struct outside *q)
{
    const char *method = step_text(r->t->args, "method");
    q->method = call_method(method);
    json_t *url = argument(r, "url");
    bool good = (url || !r->err->text[0]) && set_url(r, q, url);
    json_decref(url);
    json_t *headers = good ? argument(r, "headers") : NULL;
    good = good && !r->err->text[0] && add_headers(q, headers, r->err);
    json_decref(headers);
    json_t *json = good ? argument(r, "json") : NULL;
    good = good && !r->err->text[0] && set_body(r, q, json);
    json_decref(json);
    return good;
}

static bool make_notice(const struct rendering *r, struct outside *q)
{
    const char *name = notify_recipient(r->t);
    const struct person *person = name ? people_find(r->t->people, name) : NULL;
    json_t *body = json_pack("{s:s}", "text", step_text(r->t->args, "text"));
    json_t *url = person && person->chat ? json_string(person->chat) : NULL;
    q->method = "POST";
    r->err->text[0] = '\0';
    bool good = url && set_url(r, q, url);
    q->body = good ? json_dumps(body, JSON_COMPACT) : NULL;
    if (!url)
        cw_fail(r->err, CW_ENOENT, person ? "there is no `chat` address" : "there is no such user");
    json_decref(body);
    json_decref(url);
    return good;
}

bool outside_make(const struct action_turn *t, struct outside *out, struct cw_error *err)
{
    struct cw_arena *arena = xarena(RENDER_BYTES);
    const struct rendering r = {t, arena, err};
    struct outside q = {0};
    bool good = strcmp(t->name, "notify") == 0 ? make_notice(&r, &q) : make_call(&r, &q);
    cw_arena_destroy(arena);
    if (good)
        *out = q;
    else
        outside_wipe(&q);
    return good;
}

bool outside_remake(const struct action_turn *stored, struct outside *out, struct cw_error *err)
{
    struct action_turn t = *stored;
    t.args = late_args(stored->args, stored->progress);
    bool good = outside_make(&t, out, err);
    json_decref(t.args);
    return good;
}

/* ---- Verdicts ---- */

bool outside_send(const struct action_turn *t, const char *method, const char *what,
                  const char *body, struct action_verdict *out, struct cw_error *err)
{
    struct outside q;
    if (!outside_make(t, &q, err))
        return false;
    auto_free char *host = transport_host(q.url);
    *out = step_end(t, ACTION_SEND, "%s", "");
    out->method = method;
    out->path = step_end(t, ACTION_SEND, "%s", what).reason;
    out->body = body ? cw_arena_copy(t->arena, cw_text_of(body)) : NULL;
    out->host = cw_arena_copy(t->arena, cw_text_of(host));
    outside_wipe(&q);
    step_remember(t, "turn", "act");
    return true;
}

/* Kept as the age that the call had, whatever becomes of the clock. */
static int64_t begun_ms(const struct action_turn *t)
{
    json_t *begun = json_object_get(t->progress, "begun");
    int64_t age_ms = t->now_ms - t->created_ms;
    if (!begun && json_object_set_new(t->progress, "begun", json_integer(age_ms)) != 0)
        abort();
    return begun ? t->created_ms + json_integer_value(begun) : t->now_ms;
}

bool outside_is_over(const struct action_turn *t)
{
    int64_t from_ms = begun_ms(t); /* what was before a restart has held up nobody since */
    if (from_ms < t->loaded_ms)
        from_ms = t->loaded_ms;
    return t->now_ms - from_ms > OUTSIDE_TRY_MS;
}

const char *outside_over(const struct action_turn *t)
{
    const char *why = step_text(t->progress, "why");
    return step_end(t, ACTION_DEAD, "gave up after %d seconds%s%s", OUTSIDE_HOLD_MS / 1000,
                    why ? ": " : "", why ? why : "")
        .reason;
}

static const char *said(const struct action_turn *t, const char *more)
{
    return step_end(t, ACTION_DEAD, "the host answered %d%s", t->answer->status, more).reason;
}

static enum outside_end again(const struct action_turn *t, enum action_cause cause, const char *why,
                              struct action_verdict *out)
{
    step_remember(t, "why", why);
    *out = step_retry(t, cause, why);
    out->outside = true;
    return OUTSIDE_AGAIN;
}

enum outside_end outside_judge(const struct action_turn *t, struct action_verdict *out,
                               const char **why)
{
    const struct transport_answer *a = t->answer;
    int status = a->status;
    if (a->outcome == TRANSPORT_NOT_SENT)
        return again(t, ACTION_UNREACHED, a->error ? a->error : "no connection", out);
    *why = "no answer came; it may have arrived, and is not sent again";
    if (a->outcome == TRANSPORT_LOST)
        return OUTSIDE_FAILED;
    if (status >= 200 && status < 300)
        return OUTSIDE_DONE;
    if (status == 429)
        return again(t, ACTION_THROTTLED, said(t, ""), out);
    if (status == 408 || status >= 500)
        return again(t, ACTION_FAILED, said(t, ""), out);
    *why = said(t, status >= 300 && status < 400 ? ", and redirects are not followed" : "");
    return OUTSIDE_FAILED;
}
