/* condition: looks at a compiled condition; see condition.h.
 *
 * Worked example: `if: { event.ref: main, timer: paused, paused_by: idle }` on an event whose ref
 * is main is unknown with the residual {"all":[{"timer":["paused"]},{"paused_by":"idle"}]}; on any
 * other event it is false and has none. Truth follows Kleene: false wins in all, true wins in any,
 * not leaves unknown as it is. */
#include "condition.h"

#include <string.h>

#include "buf.h"
#include "matcher.h"

static struct cwr_answer answer(enum cw_truth truth)
{
    return (struct cwr_answer){.truth = truth};
}

struct cw_value cwr_look_get(const struct cwr_ref *ref, struct cwr_look *look)
{
    struct cw_value value = {.kind = CW_MISSING};
    enum cw_status status = CW_OK;
    struct cwr_cached *cached;
    switch (ref->root) {
    case CWR_ROOT_EVENT:
        cached = &look->matcher->values[ref->slot];
        if (cached->stamp != look->matcher->stamp) {
            status = cwr_event_get(look->event, ref->path, look->arena, &cached->value);
            cached->stamp = status ? 0 : look->matcher->stamp;
        }
        value = cached->value;
        break;
    case CWR_ROOT_MATCH:
        if (ref->slot < look->n_captures && ref->path.n == 2)
            value = look->captures[ref->slot];
        break;
    case CWR_ROOT_USER:
        if (look->person)
            value = cwr_person_get(look->person, ref->path);
        break;
    case CWR_ROOT_SOURCE:
        status = cwr_source_get(look->event, ref->path, look->arena, &value);
        break;
    case CWR_ROOT_ITEM:
        if (look->item)
            status = cw_value_get(look->item, cw_path_skip(ref->path, 1), look->arena, &value);
        break;
    case CWR_ROOT_COUNT:
        if (look->count.len)
            value = (struct cw_value){.kind = CW_NUMBER, .text = look->count};
        break;
    case CWR_ROOT_TIMER:
    case CWR_ROOT_SECRET:
    case CWR_ROOT_ENV:
    case CWR_ROOT_STATE:
    case CWR_ROOT_NOW:
        break;
    }
    if (!status)
        return value;
    look->status = status;
    return (struct cw_value){.kind = CW_MISSING};
}

static struct cwr_answer look_predicate(const struct cwr_condition *c, struct cwr_look *look)
{
    const struct cwr_predicate *predicate = c->predicate;
    if (predicate->ref.root == CWR_ROOT_USER && !look->person)
        return answer(CW_UNKNOWN);
    struct cw_value value = cwr_look_get(&predicate->ref, look);
    return answer(cwr_predicate_test(predicate, &value, look));
}

static struct cwr_answer look_during(const struct cwr_condition *c, struct cwr_look *look)
{
    bool holds = false;
    if (!look->person)
        return answer(CW_UNKNOWN);
    if (look->keep_hours)
        return (struct cwr_answer){CW_UNKNOWN, c->during->residual};
    enum cw_status status =
        cwr_during_ask(look->calendar, c->during, look->person, look->now_ms, look->arena, &holds,
                       look->tracing ? &look->reason : NULL);
    if (status)
        look->status = status;
    if (look->tracing)
        look->place = c->place;
    return answer(holds ? CW_TRUE : CW_FALSE);
}

/* {"all":[a,b]}; a single part stands for itself. */
static struct cw_text join(const char *word, const struct cw_text *parts, size_t n,
                           struct cwr_look *look)
{
    struct cwr_buf buf = cwr_buf_in(look->arena);
    struct cw_text made = {NULL, 0};
    if (n < 2)
        return n ? parts[0] : made;
    cwr_buf_printf(&buf, "{\"%s\":[", word);
    for (size_t i = 0; i < n; i++) {
        cwr_buf_puts(&buf, i ? "," : "");
        cwr_buf_put(&buf, parts[i]);
    }
    cwr_buf_puts(&buf, "]}");
    if (cwr_buf_end(&buf, &made))
        look->status = CW_NOMEM;
    return made;
}

/* What captures hold before a branch of `any`, to undo a branch that fails. */
struct saved {
    struct cw_value captures[CWR_REGEX_GROUPS];
};

static void save(const struct cwr_look *look, struct saved *saved)
{
    if (look->n_captures)
        memcpy(saved->captures, look->captures, look->n_captures * sizeof saved->captures[0]);
}

static void restore(struct cwr_look *look, const struct saved *saved)
{
    if (look->n_captures)
        memcpy(look->captures, saved->captures, look->n_captures * sizeof saved->captures[0]);
}

static struct cwr_answer look_many(const struct cwr_condition *c, struct cwr_look *look)
{
    bool any = c->kind == CWR_ANY;
    enum cw_truth stop = any ? CW_TRUE : CW_FALSE, result = any ? CW_FALSE : CW_TRUE;
    struct cw_text *parts = NULL;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct saved saved;
        if (any)
            save(look, &saved);
        struct cwr_answer one = cwr_condition_look(&c->items[i], look);
        if (one.truth == stop || look->status)
            return answer(stop);
        if (any && one.truth == CW_FALSE)
            restore(look, &saved);
        if (one.truth != CW_UNKNOWN)
            continue;
        result = CW_UNKNOWN;
        if (!parts)
            parts = cw_arena_take(look->arena, c->n * sizeof *parts);
        if (!parts) {
            look->status = CW_NOMEM;
            return answer(CW_FALSE);
        }
        if (one.residual.len)
            parts[n++] = one.residual;
    }
    struct cwr_answer made = {result, {NULL, 0}};
    if (result == CW_UNKNOWN)
        made.residual = join(any ? "any" : "all", parts, n, look);
    return made;
}

static struct cwr_answer look_not(const struct cwr_condition *c, struct cwr_look *look)
{
    struct cwr_answer made = cwr_condition_look(&c->items[0], look);
    if (made.truth == CW_UNKNOWN) {
        if (made.residual.len) {
            struct cw_text inner = made.residual;
            struct cwr_buf buf = cwr_buf_in(look->arena);
            cwr_buf_puts(&buf, "{\"not\":");
            cwr_buf_put(&buf, inner);
            cwr_buf_puts(&buf, "}");
            if (cwr_buf_end(&buf, &made.residual))
                look->status = CW_NOMEM;
        }
        return made;
    }
    if (made.truth == CW_TRUE && look->tracing && c->items[0].kind != CWR_DURING) {
        look->reason = "what `not` speaks of is so";
        look->place = c->place;
    }
    return answer(made.truth == CW_TRUE ? CW_FALSE : CW_TRUE);
}

struct cwr_answer cwr_condition_look(const struct cwr_condition *c, struct cwr_look *look)
{
    if (c->residual.len)
        return (struct cwr_answer){CW_UNKNOWN, c->residual};
    switch (c->kind) {
    case CWR_PREDICATE:
        return look_predicate(c, look);
    case CWR_DURING:
        return look_during(c, look);
    case CWR_NOT:
        return look_not(c, look);
    default:
        return look_many(c, look);
    }
}

/* ---- Reasons ---- */

static const char *const failures[] = {
    [CWR_OP_IS] = "not",
    [CWR_OP_IS_NOT] = "which it must not be:",
    [CWR_OP_IN] = "none of",
    [CWR_OP_NOT_IN] = "which is one of",
    [CWR_OP_CONTAINS] = "which does not contain",
    [CWR_OP_STARTS_WITH] = "which does not start with",
    [CWR_OP_ENDS_WITH] = "which does not end with",
    [CWR_OP_LIKE] = "not like",
    [CWR_OP_MATCHES] = "which does not match",
    [CWR_OP_EXISTS] = "exists:",
    [CWR_OP_ABOVE] = "not above",
    [CWR_OP_BELOW] = "not below",
    [CWR_OP_AT_LEAST] = "not at least",
    [CWR_OP_AT_MOST] = "not at most",
    [CWR_OP_BEFORE] = "not before",
    [CWR_OP_AFTER] = "not after",
    [CWR_OP_ANY_ITEM] = "no item of which fits",
    [CWR_OP_EVERY_ITEM] = "not every item of which fits",
};

enum { SHOWN_BYTES = 60 };

/* At most 60 bytes of a text, cut between characters. */
static void show(struct cwr_buf *buf, struct cw_text text)
{
    size_t len = text.len;
    if (len > SHOWN_BYTES)
        for (len = SHOWN_BYTES; len && ((unsigned char)text.at[len] & 0xC0) == 0x80;)
            len--;
    cwr_buf_put(buf, (struct cw_text){text.at, len});
    cwr_buf_puts(buf, len < text.len ? "..." : "");
}

/* Returns: the value as text. */
static struct cw_text show_value(struct cwr_look *look, const struct cwr_predicate *predicate,
                                 const struct cw_value *value, struct cwr_buf *buf)
{
    struct cw_text text = CW_TEXT("null");
    if (value->kind != CW_NULL && cw_value_text(value, look->arena, &text))
        look->status = CW_NOMEM;
    if (look->told) {
        cwr_buf_puts(buf, look->told);
        return text;
    }
    show(buf, predicate->ref.name);
    cwr_buf_puts(buf, " is ");
    show(buf, text);
    return text;
}

void cwr_look_explain(struct cwr_look *look, const struct cwr_predicate *predicate,
                      const struct cwr_test *failed, const struct cw_value *value)
{
    struct cwr_buf buf = cwr_buf_in(look->arena);
    struct cw_text text, made;
    if (value->kind == CW_MISSING) {
        show(&buf, predicate->ref.name);
        cwr_buf_puts(&buf, " is missing");
    } else {
        text = show_value(look, predicate, value, &buf);
        cwr_buf_printf(&buf, ", %s ", failures[failed->op]);
        show(&buf, failed->shown);
        if (failed->op == CWR_OP_IS && text.len == failed->shown.len &&
            (!text.len || memcmp(text.at, failed->shown.at, text.len) == 0))
            cwr_buf_puts(&buf, " (of another type)"); /* true, not "true" */
        if (look->limit)
            cwr_buf_puts(&buf, " (the pattern hit a limit)");
    }
    if (cwr_buf_end(&buf, &made))
        look->status = CW_NOMEM;
    if (look->status)
        return;
    look->reason = made.at;
    look->place = failed->place;
}
