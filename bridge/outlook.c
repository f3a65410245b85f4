#include "outlook.h"

#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static struct cw_text copy(struct cw_arena *arena, struct cw_text text)
{
    text.at = cw_arena_copy(arena, text);
    if (!text.at)
        abort();
    return text;
}

static struct cw_text what_is_done(const struct cw_effect *f, struct cw_arena *arena)
{
    size_t len = 0;
    char *text;
    FILE *out = tell_open(&text, &len);
    for (size_t i = 0; i < f->n_calls; i++) {
        struct cw_text args = f->calls[i].args;
        bool has_args = args.len > 2; /* {} */
        fprintf(out, "%s%s%s%.*s", i ? ", " : "", f->calls[i].action, has_args ? " " : "",
                has_args ? (int)args.len : 0, args.at);
    }
    tell_close(out);
    struct cw_text made = copy(arena, (struct cw_text){text, len});
    free(text);
    return made;
}

struct outlook outlook_of(const struct cw_ruleset *rules, const struct store_run *run,
                          int64_t now_ms, struct cw_arena *arena)
{
    struct cw_due_run due = {run->rule,      run->person, run->key,
                             run->condition, run->vars,   run->due_ms};
    struct cw_plan plan = {0};
    struct cw_error why;
    int64_t at_ms = run->due_ms > now_ms ? run->due_ms : now_ms;
    enum cw_status st = cw_decide_due(rules, &due, NULL, at_ms, arena, &plan, &why);
    if (st == CW_NOMEM)
        return (struct outlook){.what = CW_TEXT("it takes more memory than a run may")};
    if (st)
        return (struct outlook){.is_lost = true, .what = copy(arena, cw_text_of(why.text))};
    const struct cw_effect *f = &plan.effects[0];
    bool acts = f->kind == CW_EFFECT_RUN;
    return (struct outlook){.acts = acts,
                            .what = acts && f->n_calls ? what_is_done(f, arena) : f->reason};
}
