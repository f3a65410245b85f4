/* Rules text, compiled: no text may crash, hang or leak, what compiles must match an event, and
 * what it leaves to be asked and rendered must be readable. */
#include <stdint.h>

#include "../support/lab.h"
#include "../support/marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is kept of a sign of life is read again when the silence is complete. */
static void read_marks(struct lab *lab)
{
    for (size_t i = 0; i < lab->plan.n; i++)
        if (lab->plan.effects[i].kind == CW_EFFECT_MARK &&
            strcmp(lab->plan.effects[i].mark, "absent") == 0 &&
            cw_json_read(lab->json, lab->plan.effects[i].value, NULL))
            abort();
}

static void read_rest(struct lab *lab)
{
    struct cw_work work = {.task = CW_TEXT("KEY-1"), .note = CW_TEXT("n"), .since_ms = 1};
    struct cw_facts facts = {.timer = CW_TIMER_RUNNING, .work = &work, .now_ms = 1000000};
    for (size_t i = 0; i < lab->plan.n; i++) {
        const struct cw_effect *effect = &lab->plan.effects[i];
        struct cw_error err;
        enum cw_truth truth;
        char why[200];
        if (effect->kind != CW_EFFECT_RUN || effect->due_ms > 1772445600000)
            continue; /* hours are still to be asked */
        enum cw_status status =
            cw_condition_ask(effect->condition, &facts, &truth, why, sizeof why, &err);
        if (status && status != CW_ELIMIT && status != CW_NOMEM)
            abort();
        for (size_t k = 0; k < effect->n_calls; k++)
            if (cw_json_read(lab->json, effect->calls[k].args, &err))
                abort();
    }
}

/* The same event twice, the schedules' next time, and every silence. */
static void play(struct lab *lab, const struct cw_ruleset *rules)
{
    struct marks marks = {.n = 0};
    struct cw_absence items[MARKS];
    const struct cw_facts_reader reader = {.mark = marks_get, .ctx = &marks};
    struct cw_event clock = {.source = CW_TEXT("clock"), .type = CW_TEXT("x")};
    for (int i = 0; i < 2; i++) {
        if (lab_event(lab, "github", "git", "push", "{\"ref\":\"main\",\"user\":[\"ada\",\"x\"]}"))
            lab_run(lab, rules, &reader);
        read_marks(lab);
        marks_keep(&marks, &lab->plan);
        read_rest(lab);
    }
    for (size_t i = 0; i < marks.n; i++)
        items[i] = (struct cw_absence){cw_text_of(marks.rows[i].rule),
                                       cw_text_of(marks.rows[i].person->name), marks.rows[i].key};
    cw_arena_reset(lab->arena);
    if (cw_next_tick(lab->matcher, rules, 1772445600000, 1772445600000, lab->arena,
                     &clock.received_ms))
        abort();
    if (clock.received_ms < INT64_MAX &&
        cw_match_tick(lab->matcher, rules, &clock, clock.received_ms, NULL, lab->arena,
                      &lab->matches) == CW_OK)
        lab_decide(lab, rules, &reader);
    clock.received_ms = 1772445600000;
    if (cw_match_absent(lab->matcher, rules, &clock, items, marks.n, NULL, lab->arena,
                        &lab->matches) == CW_OK)
        lab_decide(lab, rules, &reader);
    marks_clear(&marks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cw_doc_limits limits = {.bytes = 1 << 16, .nodes = 4096};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    struct cw_text text = {(const char *)data, size};
    cw_diags_file(diags, "f", text);
    enum cw_status status = cw_doc_parse("f", text, &limits, diags, &doc);
    if (!status)
        status = cw_ruleset_compile(doc, &lab_catalogue, diags, &rules);
    if ((status != CW_OK) != (cw_diags_count(diags, CW_ERROR) > 0))
        abort(); /* refused without a word, or accepted with an error */
    cw_doc_destroy(doc);
    if (!status) {
        struct lab *lab = lab_create();
        play(lab, rules);
        lab_destroy(lab);
    } else {
        free(cw_diags_render(diags, true));
    }
    cw_ruleset_unref(rules);
    cw_diags_destroy(diags);
    return 0;
}
