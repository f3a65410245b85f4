/* fact: timer.state, timer.for and their like. */
#include "fact.h"

#include <string.h>

#include "buf.h"
#include "grammar.h"
#include "moment.h"

static const struct {
    const char *path;
    enum cwr_fact_kind kind;
    size_t at; /* of a text: in struct cw_work */
} rows[] = {
    {"timer.state", CWR_FACT_STATE, 0},
    {"timer.for", CWR_FACT_SPAN, 0},
    {"timer.since", CWR_FACT_MOMENT, 0},
    {"timer.task", CWR_FACT_TEXT, offsetof(struct cw_work, task)},
    {"timer.task_name", CWR_FACT_TEXT, offsetof(struct cw_work, task_name)},
    {"timer.project", CWR_FACT_TEXT, offsetof(struct cw_work, project)},
    {"timer.type_of_work", CWR_FACT_TEXT, offsetof(struct cw_work, type_of_work)},
    {"timer.note", CWR_FACT_TEXT, offsetof(struct cw_work, note)},
};
_Static_assert(sizeof rows / sizeof rows[0] == CWR_FACTS, "one row for each");

const char *cwr_fact_path(size_t i)
{
    return rows[i].path;
}

size_t cwr_fact_named(struct cw_text name)
{
    size_t i = 0;
    while (i < CWR_FACTS && !cw_text_is(name, rows[i].path + strlen("timer.")))
        i++;
    return i;
}

enum cwr_fact_kind cwr_fact_kind_of(size_t i)
{
    return rows[i].kind;
}

const char *cwr_timer_word(enum cw_timer timer)
{
    return timer == CW_TIMER_UNKNOWN ? "unknown" : cwr_timer_words[timer - CW_TIMER_RUNNING];
}

enum cw_status cwr_fact_span(int64_t ms, struct cw_arena *arena, struct cw_text *out)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } units[] = {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
    struct cwr_buf buf = cwr_buf_in(arena);
    int64_t left = ms < 0 ? 0 : ms / 1000;
    size_t first = 0;
    while (first < 3 && left < units[first].seconds)
        first++;
    for (size_t i = first; i == first || (i == first + 1 && first < 2); i++) {
        long long n = left / units[i].seconds;
        left %= units[i].seconds;
        if (n || i == first)
            cwr_buf_printf(&buf, "%s%lld %s%s", buf.len ? " " : "", n, units[i].word,
                           n == 1 ? "" : "s");
    }
    return cwr_buf_end(&buf, out);
}

static enum cw_status get_since(int64_t ms, struct cw_arena *arena, struct cw_value *out)
{
    char text[CWR_MOMENT_SIZE];
    struct cw_text made = cwr_moment_print(ms, text);
    made.at = cw_arena_copy(arena, made);
    if (!made.at)
        return CW_NOMEM;
    *out = cw_value_string(made);
    return CW_OK;
}

static enum cw_status get_work(const struct cw_facts *facts, size_t row, struct cw_arena *arena,
                               struct cw_value *out)
{
    const struct cw_work *work = facts->work;
    struct cw_text text;
    *out = (struct cw_value){.kind = CW_MISSING};
    if (rows[row].kind == CWR_FACT_TEXT) {
        memcpy(&text, (const char *)work + rows[row].at, sizeof text);
        if (text.len)
            *out = cw_value_string(text);
        return CW_OK;
    }
    if (!work->since_ms)
        return CW_OK;
    if (rows[row].kind == CWR_FACT_MOMENT)
        return get_since(work->since_ms, arena, out);
    if (cwr_fact_span(facts->now_ms - work->since_ms, arena, &text))
        return CW_NOMEM;
    *out = cw_value_string(text);
    return CW_OK;
}

/* Returns: CW_EBUSY when it is not known. */
static enum cw_status get(const struct cw_facts *facts, size_t row, struct cw_arena *arena,
                          struct cw_value *out)
{
    bool state = rows[row].kind == CWR_FACT_STATE;
    if (facts->timer == CW_TIMER_UNKNOWN || (!state && !facts->work))
        return CW_EBUSY;
    if (!state)
        return get_work(facts, row, arena, out);
    *out = cw_value_string(cw_text_of(cwr_timer_word(facts->timer)));
    return CW_OK;
}

enum cw_status cw_facts_get(const struct cw_facts *facts, struct cw_path path,
                            struct cw_arena *arena, struct cw_value *out)
{
    size_t row = path.n == 2 ? cwr_fact_named(path.steps[1].name) : CWR_FACTS;
    if (row < CWR_FACTS)
        return get(facts, row, arena, out);
    *out = (struct cw_value){.kind = CW_MISSING};
    return CW_OK;
}

/* "the timer has been running for 2 hours 10 minutes" */
static enum cw_status tell_span(const struct cw_facts *facts, int64_t ms, struct cw_arena *arena,
                                const char **told)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text span, made;
    if (cwr_fact_span(ms, arena, &span))
        return CW_NOMEM;
    cwr_buf_printf(&buf, "the timer has been %s for ", cwr_timer_word(facts->timer));
    cwr_buf_put(&buf, span);
    if (cwr_buf_end(&buf, &made))
        return CW_NOMEM;
    *told = made.at;
    return CW_OK;
}

enum cw_status cwr_fact_compare(const struct cw_facts *facts, size_t i, struct cw_arena *arena,
                                struct cw_value *out, const char **told)
{
    enum cw_status status = get(facts, i, arena, out);
    *told = NULL;
    if (status || out->kind == CW_MISSING || rows[i].kind != CWR_FACT_SPAN)
        return status;
    struct cwr_buf buf = cwr_buf_in(arena);
    int64_t ms = facts->now_ms - facts->work->since_ms;
    ms = ms < 0 ? 0 : ms;
    cwr_buf_printf(&buf, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
    out->kind = CW_NUMBER;
    status = cwr_buf_end(&buf, &out->text);
    return status ? status : tell_span(facts, ms, arena, told);
}
