/* compile_answer: what is answered (ack, reply, challenge), and what `send` would send. */
#include "compile.h"

#include <string.h>

static bool read_status(struct cw_text text, int *out)
{
    if (text.len != 3 || text.at[0] != '2' || text.at[1] < '0' || text.at[1] > '9' ||
        text.at[2] < '0' || text.at[2] > '9')
        return false;
    *out = 200 + (text.at[1] - '0') * 10 + (text.at[2] - '0');
    return true;
}

static bool is_header_text(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] > '~')
            return false;
    return text.len > 0;
}

static void compile_reply(struct compile *c, const struct cw_node *node, enum roots roots,
                          struct reply *out)
{
    if (!compile_is(c, node, CW_NODE_MAP, "{ status, type, body }"))
        return;
    compile_keys(c, node, grammar_reply);
    const struct cw_node *status = cw_node_get(node, "status"), *type = cw_node_get(node, "type"),
                         *body = cw_node_get(node, "body");
    if (status && !read_status(cw_node_text(status), &out->status))
        compile_fault(c, status, "bad-value", NULL, "a status of 200 to 299 belongs here");
    if (type && (cw_node_is_null(type) || !is_header_text(cw_node_text(type))))
        compile_fault(c, type, "bad-value", NULL, "not a media type");
    else if (type)
        out->type = compile_copy(c, cw_node_text(type)).at;
    if (body)
        out->body = compile_template(c, body, roots);
}

static void compile_challenge(struct compile *c, const struct cw_node *node, struct challenge *out)
{
    if (!compile_is(c, node, CW_NODE_MAP, "{ when, is, reply }"))
        return;
    compile_keys(c, node, grammar_challenge);
    const struct cw_node *when = cw_node_get(node, "when"), *is = cw_node_get(node, "is"),
                         *reply = cw_node_get(node, "reply");
    out->reply = c->source->ack;
    if (!when || !is) {
        compile_fault(c, node, "missing-key", NULL, "`%s` is missing", when ? "is" : "when");
        return;
    }
    out->when = compile_template(c, when, ROOTS_DELIVERY);
    if (compile_is(c, is, CW_NODE_SCALAR, "a text"))
        out->is = compile_copy(c, cw_node_text(is));
    if (reply)
        compile_reply(c, reply, ROOTS_DELIVERY, &out->reply);
}

static void compile_challenges(struct compile *c)
{
    const struct cw_node *node = compile_get(c, "challenge");
    if (!node || !compile_is(c, node, CW_NODE_SEQ, "a list of challenges"))
        return;
    size_t n = cw_node_count(node);
    struct challenge *all = compile_take(c, n * sizeof *all);
    for (size_t i = 0; i < n; i++)
        compile_challenge(c, cw_node_item(node, i), &all[i]);
    c->source->challenges = all;
    c->source->n_challenges = n;
}

/* ---- send: only presets have it ---- */

static void compile_guess(struct compile *c, const struct cw_node *node, struct send_guess *out)
{
    static const struct key keys[] = {{.name = "has"}, {.name = "value"}, {.name = NULL}};
    struct cw_error err;
    if (!compile_is(c, node, CW_NODE_MAP, "{ has, value }"))
        return;
    compile_keys(c, node, keys);
    const struct cw_node *has = cw_node_get(node, "has"), *value = cw_node_get(node, "value");
    if (value)
        out->value = compile_copy(c, cw_node_text(value));
    bool seq = has && cw_node_kind(has) == CW_NODE_SEQ;
    size_t n = !has ? 0 : seq ? cw_node_count(has) : 1;
    for (size_t i = 0; i < n && i < 4; i++) {
        const struct cw_node *item = seq ? cw_node_item(has, i) : has;
        if (cw_path_parse(compile_copy(c, cw_node_text(item)), c->source->arena, &out->has[i],
                          &err))
            compile_fault_in(c, item, "bad-path", &err);
        out->n_has = i + 1;
    }
}

static void compile_header(struct compile *c, const struct cw_node *key,
                           const struct cw_node *value, struct send_header *out)
{
    bool seq = cw_node_kind(value) == CW_NODE_SEQ;
    struct send_guess *guesses = compile_take(c, (cw_node_count(value) + 1) * sizeof *guesses);
    out->name = compile_copy(c, cw_node_text(key));
    out->uuid = !seq && cw_text_is(cw_node_text(value), "uuid");
    out->n = seq ? cw_node_count(value) : 1;
    for (size_t i = 0; seq && i < out->n; i++)
        compile_guess(c, cw_node_item(value, i), &guesses[i]);
    if (!seq)
        guesses[0].value = compile_copy(c, cw_node_text(value));
    out->guesses = guesses;
}

static void compile_send(struct compile *c)
{
    const struct cw_node *node = c->preset ? cw_node_get(c->preset, "send") : NULL;
    if (!node || !compile_is(c, node, CW_NODE_MAP, "headers"))
        return;
    size_t n = cw_node_count(node);
    struct send_header *headers = compile_take(c, n * sizeof *headers);
    for (size_t i = 0; i < n; i++)
        compile_header(c, cw_node_key(node, i), cw_node_value(node, i), &headers[i]);
    c->source->send = headers;
    c->source->n_send = n;
}

void compile_answers(struct compile *c)
{
    const struct cw_node *ack = compile_get(c, "ack"), *reply = compile_get(c, "reply");
    c->source->ack = (struct reply){.status = 202, .type = "text/plain; charset=utf-8"};
    c->source->told = (struct reply){.status = 200, .type = "text/plain; charset=utf-8"};
    if (ack)
        compile_reply(c, ack, ROOTS_DELIVERY, &c->source->ack);
    if (reply)
        compile_reply(c, reply, ROOTS_REPLY, &c->source->told);
    compile_challenges(c);
    compile_send(c);
}
