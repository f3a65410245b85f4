/* compile_every: the trigger { every: mon-fri 20:00 }. */
#include "buf.h"
#include "compile.h"

bool cwr_compile_every(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out)
{
    const struct cw_node *node = cw_node_get(map, "every");
    struct cw_text text;
    struct cw_error err = {0};
    if (!c->catalogue->clock) {
        cwr_later(c, cw_node_place(map), CW_TEXT("every"));
        return false;
    }
    cwr_check_keys(c, map, &cwr_every_keys);
    if (!cwr_want_text(c, node, "a schedule", &text))
        return false;
    struct cwr_schedule *every = cwr_take(c, sizeof *every);
    struct cwr_buf buf = cwr_buf_in(c->arena);
    cwr_buf_puts(&buf, "every ");
    cwr_buf_put(&buf, text);
    c->no_memory |= cwr_buf_end(&buf, &out->shown) != CW_OK;
    if (c->no_memory)
        return false;
    if (cwr_schedule_parse(text, every, &err)) {
        cwr_fault(c, node, "bad-value", cwr_mean_days(node), "%s", err.text);
        return false;
    }
    out->kind = CW_TRIGGER_EVERY;
    out->every = every;
    out->place = cwr_keep_place(c, cw_node_place(node));
    c->at.rule->ticks = true;
    return true;
}

void cwr_check_every(struct cwr_compiler *c, const struct cwr_rule *rule, bool has_user)
{
    for (size_t i = 0; !has_user && i < rule->when.n; i++)
        if (rule->when.items[i].every)
            cwr_fault_at(c, rule->when.items[i].place, "missing-key", NULL,
                         "a schedule is about nobody, so the rule needs `user`");
}
