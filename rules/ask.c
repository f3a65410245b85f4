/* ask: cw_condition_ask, which reads what is left of a condition and asks it of facts.
 *
 * The text is {"all":[...]}, {"any":[...]}, {"not":...}, {"timer":["running",...]},
 * {"paused_by":"rule"}, {"started_by":"rule"}, {"timer.x":matcher} or {"state.x":matcher}; nothing
 * else. The empty text holds. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "buf.h"
#include "fact.h"
#include "tape.h"

enum { ASK_DEPTH = 128, ARENA_BYTES = 64 * 1024 };

struct ask {
    const struct cw_facts *facts;
    struct cw_arena *arena;
    char *why;
    size_t why_size;
    bool inverted; /* inside a `not`: what is so is what failed */
    struct cw_error *err;
};

static enum cw_status ask(struct ask *a, const struct cw_value *value, unsigned depth,
                          enum cw_truth *out);

static enum cw_status malformed(struct ask *a)
{
    return cw_fail(a->err, CW_ESYNTAX, "this is no condition about facts");
}

static enum cw_status no_memory(struct ask *a)
{
    return cw_fail(a->err, CW_NOMEM, "no memory for a condition");
}

static void because(struct ask *a, enum cw_truth truth, const char *what, struct cw_text is,
                    struct cw_text want)
{
    if (!a->why || truth != (a->inverted ? CW_TRUE : CW_FALSE))
        return;
    snprintf(a->why, a->why_size, a->inverted ? "%s %.*s" : "%s %.*s, not %.*s", what,
             (int)(is.len > 100 ? 100 : is.len), is.at, (int)(want.len > 100 ? 100 : want.len),
             want.at);
}

static enum cw_status ask_timer(struct ask *a, const struct cw_value *states, enum cw_truth *out)
{
    struct cwr_buf wanted = cwr_buf_in(a->arena);
    struct cw_text text, is = cw_text_of(cwr_timer_word(a->facts->timer));
    enum cw_truth truth = CW_FALSE;
    if (states->kind != CW_LIST || !cw_value_count(states))
        return malformed(a);
    for (size_t i = 0; i < cw_value_count(states); i++) {
        struct cw_value state;
        if (cw_value_item(states, i, a->arena, &state))
            return no_memory(a);
        if (state.kind != CW_STRING ||
            !(cw_text_is(state.text, "running") || cw_text_is(state.text, "paused") ||
              cw_text_is(state.text, "stopped")))
            return malformed(a);
        if (cw_text_is(state.text, cwr_timer_word(a->facts->timer)))
            truth = CW_TRUE;
        cwr_buf_puts(&wanted, i ? " or " : "");
        cwr_buf_put(&wanted, state.text);
    }
    if (cwr_buf_end(&wanted, &text))
        return no_memory(a);
    *out = a->facts->timer == CW_TIMER_UNKNOWN ? CW_UNKNOWN : truth;
    because(a, *out, "the timer is", is, text);
    return CW_OK;
}

static enum cw_status ask_rule(struct ask *a, const char *what, struct cw_text is,
                               const struct cw_value *want, enum cw_truth *out)
{
    if (want->kind != CW_STRING || !want->text.len)
        return malformed(a);
    bool same = is.len == want->text.len && memcmp(is.at, want->text.at, is.len) == 0;
    *out = a->facts->timer == CW_TIMER_UNKNOWN ? CW_UNKNOWN : same ? CW_TRUE : CW_FALSE;
    because(a, *out, what, is.len ? is : CW_TEXT("nobody of ours"), want->text);
    return CW_OK;
}

static enum cw_status ask_many(struct ask *a, bool any, const struct cw_value *list, unsigned depth,
                               enum cw_truth *out)
{
    enum cw_truth stop = any ? CW_TRUE : CW_FALSE, result = any ? CW_FALSE : CW_TRUE;
    if (list->kind != CW_LIST || !cw_value_count(list))
        return malformed(a);
    for (size_t i = 0; i < cw_value_count(list); i++) {
        struct cw_value item;
        enum cw_truth one;
        if (cw_value_item(list, i, a->arena, &item))
            return no_memory(a);
        enum cw_status status = ask(a, &item, depth + 1, &one);
        if (status)
            return status;
        if (result != stop && one != (any ? CW_FALSE : CW_TRUE))
            result = one;
    }
    *out = result;
    return CW_OK;
}

static enum cw_status ask_not(struct ask *a, const struct cw_value *value, unsigned depth,
                              enum cw_truth *out)
{
    a->inverted = !a->inverted;
    enum cw_status status = ask(a, value, depth + 1, out);
    a->inverted = !a->inverted;
    if (!status && *out != CW_UNKNOWN)
        *out = *out == CW_TRUE ? CW_FALSE : CW_TRUE;
    return status;
}

/* As much of it as there is room for, cut between characters. */
static void say(const struct ask *a, const char *text)
{
    size_t len = strlen(text);
    if (len >= a->why_size)
        for (len = a->why_size - 1; len && ((unsigned char)text[len] & 0xC0) == 0x80;)
            len--;
    memcpy(a->why, text, len);
    a->why[len] = '\0';
}

/* {"timer.for":{"at_least":"3 hours"}} */
static enum cw_status ask_fact(struct ask *a, size_t fact, const struct cw_value *matcher,
                               enum cw_truth *out)
{
    struct cwr_asked asked = {.name = cw_text_of(cwr_fact_path(fact))};
    const char *why = NULL;
    enum cw_status status = cwr_fact_compare(a->facts, fact, a->arena, &asked.value, &asked.told);
    if (status == CW_EBUSY) {
        *out = CW_UNKNOWN;
        return CW_OK;
    }
    if (status)
        return no_memory(a);
    status = cwr_ask_matcher(&asked, matcher, a->arena, out, &why, a->err);
    if (why && a->why && (status || *out == (a->inverted ? CW_TRUE : CW_FALSE)))
        say(a, why);
    return status;
}

static enum cw_status ask_word(struct ask *a, struct cw_text word, const struct cw_value *inner,
                               unsigned depth, enum cw_truth *out)
{
    if (cw_text_is(word, "all") || cw_text_is(word, "any"))
        return ask_many(a, cw_text_is(word, "any"), inner, depth, out);
    if (cw_text_is(word, "not"))
        return ask_not(a, inner, depth, out);
    if (cw_text_is(word, "timer"))
        return ask_timer(a, inner, out);
    if (cw_text_is(word, "paused_by"))
        return ask_rule(a, "paused by", a->facts->paused_by, inner, out);
    if (cw_text_is(word, "started_by"))
        return ask_rule(a, "started by", a->facts->started_by, inner, out);
    for (size_t i = 0; i < CWR_FACTS; i++)
        if (cw_text_is(word, cwr_fact_path(i)))
            return ask_fact(a, i, inner, out);
    if (!cwr_is_state(word))
        return malformed(a);
    *out = CW_UNKNOWN; /* the decision's to ask, not the lane's */
    return CW_OK;
}

static enum cw_status ask(struct ask *a, const struct cw_value *value, unsigned depth,
                          enum cw_truth *out)
{
    struct cw_value inner;
    struct cw_text word;
    enum cw_status status =
        depth > ASK_DEPTH ? CW_ENOENT : cwr_json_only(value, a->arena, &word, &inner);
    if (status)
        return status == CW_NOMEM ? no_memory(a) : malformed(a);
    return ask_word(a, word, &inner, depth, out);
}

/* For what is folded and copied of the facts. */
static size_t room_for(const struct cw_facts *facts)
{
    const struct cw_work *w = facts->work;
    if (!w)
        return 0;
    return 8 *
           (w->task.len + w->task_name.len + w->project.len + w->type_of_work.len + w->note.len);
}

enum cw_status cw_condition_ask(struct cw_text condition, const struct cw_facts *facts,
                                enum cw_truth *out, char *why, size_t why_size,
                                struct cw_error *err)
{
    if (why && why_size)
        why[0] = '\0';
    if (!condition.len) {
        *out = CW_TRUE;
        return CW_OK;
    }
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(ARENA_BYTES + condition.len * 64 + room_for(facts));
    struct ask a = {facts, arena, why_size ? why : NULL, why_size, false, err};
    enum cw_status status = CW_OK;
    enum cw_truth truth = CW_UNKNOWN;
    if (!json || !arena)
        status = cw_fail(err, CW_NOMEM, "no memory for a condition");
    if (!status)
        status = cw_json_read(json, condition, err);
    if (!status) {
        struct cw_value root = cw_json_root(json);
        status = ask(&a, &root, 0, &truth);
    }
    if (why && why_size && status != CW_ELIMIT && (status || truth != CW_FALSE))
        why[0] = '\0';
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    if (!status)
        *out = truth;
    return status;
}
