/* fact: timer.state, timer.for and their like. */
#include "fact.h"

#include <string.h>

#include "buf.h"
#include "moment.h"

enum kind { STATE, SPAN, SINCE, TEXT };

static const struct {
    const char *name;
    enum kind kind;
    size_t at; /* TEXT: in struct cw_work */
} rows[] = {
    {"state", STATE, 0},
    {"for", SPAN, 0},
    {"since", SINCE, 0},
    {"task", TEXT, offsetof(struct cw_work, task)},
    {"task_name", TEXT, offsetof(struct cw_work, task_name)},
    {"project", TEXT, offsetof(struct cw_work, project)},
    {"type_of_work", TEXT, offsetof(struct cw_work, type_of_work)},
    {"note", TEXT, offsetof(struct cw_work, note)},
};
_Static_assert(sizeof rows / sizeof rows[0] == CWR_FACTS, "one name for each");

static size_t row_of(struct cw_text name)
{
    size_t i = 0;
    while (i < CWR_FACTS && !cw_text_is(name, rows[i].name))
        i++;
    return i;
}

bool cwr_fact_is(struct cw_text name)
{
    return row_of(name) < CWR_FACTS;
}

size_t cwr_fact_names(const char *names[CWR_FACTS])
{
    for (size_t i = 0; i < CWR_FACTS; i++)
        names[i] = rows[i].name;
    return CWR_FACTS;
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
    if (rows[row].kind == TEXT) {
        memcpy(&text, (const char *)work + rows[row].at, sizeof text);
        if (text.len)
            *out = cw_value_string(text);
        return CW_OK;
    }
    if (!work->since_ms)
        return CW_OK;
    if (rows[row].kind == SINCE)
        return get_since(work->since_ms, arena, out);
    if (cwr_fact_span(facts->now_ms - work->since_ms, arena, &text))
        return CW_NOMEM;
    *out = cw_value_string(text);
    return CW_OK;
}

enum cw_status cw_facts_get(const struct cw_facts *facts, struct cw_path path,
                            struct cw_arena *arena, struct cw_value *out)
{
    static const char *const words[] = {"unknown", "running", "paused", "stopped"};
    size_t row = path.n == 2 ? row_of(path.steps[1].name) : CWR_FACTS;
    if (row == CWR_FACTS) {
        *out = (struct cw_value){.kind = CW_MISSING};
        return CW_OK;
    }
    if (facts->timer == CW_TIMER_UNKNOWN || (rows[row].kind != STATE && !facts->work))
        return CW_EBUSY;
    if (rows[row].kind != STATE)
        return get_work(facts, row, arena, out);
    *out = cw_value_string(cw_text_of(words[facts->timer]));
    return CW_OK;
}
