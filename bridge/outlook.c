#include "outlook.h"

#include "action/action.h"
#include "reading.h"
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

/* " log {...}", with templates of the lane as they are. */
static void put_call(FILE *out, const struct cw_call *call)
{
    json_t *args = tell_read(call->args, 0);
    json_t *shown = json_is_object(args) ? action_shown_args(args, NULL) : NULL;
    auto_free char *text = json_object_size(shown) ? json_dumps(shown, JSON_COMPACT) : NULL;
    fprintf(out, "%s%s%s", call->action, text ? " " : "", text ? text : "");
    json_decref(shown);
    json_decref(args);
}

static struct cw_text what_is_done(const struct cw_effect *f, struct cw_arena *arena)
{
    size_t len = 0;
    char *text;
    FILE *out = tell_open(&text, &len);
    for (size_t i = 0; i < f->n_calls; i++) {
        fputs(i ? ", " : "", out);
        put_call(out, &f->calls[i]);
    }
    tell_close(out);
    struct cw_text made = copy(arena, (struct cw_text){text, len});
    free(text);
    return made;
}

struct outlook outlook_of(const struct cw_ruleset *rules, struct store *store,
                          const struct store_run *run, int64_t now_ms, struct cw_arena *arena)
{
    struct cw_error fault;
    struct reading reading = {store, arena, &fault};
    const struct cw_facts_reader facts = reading_facts(&reading);
    struct cw_due_run due = {run->rule,      run->person, run->key,
                             run->condition, run->vars,   run->due_ms};
    struct cw_plan plan = {0};
    struct cw_error why;
    int64_t at_ms = run->due_ms > now_ms ? run->due_ms : now_ms;
    enum cw_status st = cw_decide_due(rules, &due, &facts, at_ms, arena, &plan, &why);
    if (st == CW_NOMEM)
        return (struct outlook){.what = CW_TEXT("it takes more memory than a run may")};
    if (st && st != CW_ENOENT)
        return (struct outlook){.what = CW_TEXT("the journal cannot be read")};
    if (st)
        return (struct outlook){.is_lost = true, .what = copy(arena, cw_text_of(why.text))};
    const struct cw_effect *f = &plan.effects[0];
    bool acts = f->kind == CW_EFFECT_RUN;
    return (struct outlook){.acts = acts,
                            .what = acts && f->n_calls ? what_is_done(f, arena) : f->reason};
}
